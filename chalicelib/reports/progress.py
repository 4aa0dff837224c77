"""Moving a report through its life cycle: what agencies do with it, and the reporter's answer."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from chalicelib.agencies import directory, reasons
from chalicelib.agencies.directory import Directory
from chalicelib.clock import text
from chalicelib.errors import Fault, Unprocessable
from chalicelib.people.identity import Caller
from chalicelib.photos.models import photos_of
from chalicelib.reports import lifecycle, merging
from chalicelib.reports.changing import Step, apply
from chalicelib.reports.models import Report
from chalicelib.reports.permission import (
    actor_of,
    must_be_reporter,
    must_lead_to,
    same_officer_faults,
)
from chalicelib.reports.wording import Note, Said, StatusChange, said


class Confirmation(Struct, frozen=True, forbid_unknown_fields=True):
    """The reporter's word on a claimed fix: `fixed` false reopens the report."""

    fixed: bool
    rating: Annotated[int, Meta(ge=1, le=5)] | None = None
    comment: Note | None = None


def change_status(
    report_id: str, asked: StatusChange, caller: Caller, at: datetime, only: int | None = None
) -> Report:
    """Apply an officer's or moderator's step and return the report as stored.

    Raises what `changing.apply` raises, NotAllowed, IllegalTransition, and Unprocessable naming
    all that the step needs and lacks.
    """
    body = said(report_id, asked, caller)
    if body.status == "duplicate":
        faults = [*_not_closing(body), *_not_here(body, "refer_to")]
        told = (body.note, caller, at, only, faults, body.notes)
        return merging.merge(report_id, body.duplicate_of, *told)

    def change(report: Report) -> Step:
        actor = actor_of(report, caller)
        must_lead_to(body.status, report, actor, at)
        _complete(body, report, caller)
        facts = {"actor": actor, "note": body.note, "reason": body.reason}
        facts |= {"previous_status": report.status}
        if body.status == "referred":
            facts |= {"previous_agency_id": report.agency, "named_agency_id": body.refer_to}
        event, kind = _enter(report, body, caller, at)
        entry: dict[str, Any] = {
            "kind": kind,
            "by": actor,
            "agency": caller.agency_id,
            "note": body.note,
        }
        entry |= {"status": report.status, "reason": body.reason, "notes": body.notes}
        return Step(event, facts, entry | {"photo_ids": body.proof_photo_ids or None})

    return apply(report_id, change, at, only)


def confirm(
    report_id: str, body: Confirmation, caller: Caller, at: datetime, only: int | None = None
) -> Report:
    """The second key: the reporter confirms the claimed fix, or disputes it and reopens."""

    def change(report: Report) -> Step:
        must_be_reporter(report, caller)
        status = "confirmed" if body.fixed else "reopened"
        must_lead_to(status, report, "reporter", at)
        facts = {"previous_status": report.status, "actor": "reporter", "rating": body.rating}
        report.status = status
        report.rating = body.rating or report.rating
        if body.fixed:
            report.confirmed_at, report.confirmed_by = text(at), "reporter"
        else:
            _open_again(report)
        entry = {"kind": "confirmation", "by": "reporter", "status": status, "note": body.comment}
        return Step("report.confirmed" if body.fixed else "report.disputed", facts, entry)

    return apply(report_id, change, at, only)


def _enter(report: Report, body: Said, caller: Caller, at: datetime) -> tuple[str, str]:
    """Set what entering the new status sets; the kinds of event and timeline entry that tell it."""
    report.status, report.reason = body.status, body.reason
    if body.status in lifecycle.AGENCY_ACTIONS and report.first_response_at is None:
        report.first_response_at = text(at)
    if body.status in lifecycle.REASONS:
        report.closed_by = caller.sub
    if body.status == "resolved":
        report.resolved_at = text(at)
    if body.status == "reopened":
        _open_again(report)
    if body.status == "referred":
        return hand_over(report, body.refer_to)
    return "report.status_changed", "status"


def _open_again(report: Report) -> None:
    report.reason, report.confirmed_at, report.confirmed_by = None, None, None


def hand_over(report: Report, named: str | None) -> tuple[str, str]:
    """To the agency that was named, but after too many to the coordinator, who then decides."""
    coordinator = directory.current().coordinator
    report.hand_over_count = int(report.hand_over_count or 0) + 1
    bounced = report.hand_over_count >= lifecycle.ESCALATING_HAND_OVER
    if bounced and coordinator is not None and report.agency != coordinator:
        report.hand_to(coordinator)
        report.escalate(coordinator, "hand_overs")
        return "report.escalated", "escalated"
    report.hand_to(named)
    return "report.routed", "status"


def _complete(body: Said, report: Report, caller: Caller) -> None:
    """Unprocessable naming all that this step needs and lacks."""
    closing = body.status in lifecycle.REASONS
    faults = [
        *(_closing_faults(body, report, caller) if closing else _not_closing(body)),
        *_referral_faults(body, report),
        *_not_here(body, "duplicate_of"),
    ]
    if faults:
        raise Unprocessable(*faults)


def _closing_faults(body: Said, report: Report, caller: Caller) -> list[Fault]:
    book = directory.current()
    return [
        *reasons.faults(book.reasons, body.status, body.reason, "reason"),
        *_proof_faults(body, report, book),
        *same_officer_faults(report, caller),
    ]


def _not_closing(body: Said) -> list[Fault]:
    no_reason = [Fault("reason", "fault.no_reason_here")] if body.reason else []
    return [*no_reason, *_proofs_not_here(body)]


# Each goes with one status only.
_TARGETS = {"refer_to": "referred", "duplicate_of": "duplicate"}


def _not_here(body: Said, target: str) -> list[Fault]:
    if getattr(body, target) is None or body.status == _TARGETS[target]:
        return []
    return [Fault(target, "fault.not_here", {"status": _TARGETS[target]})]


def _referral_faults(body: Said, report: Report) -> list[Fault]:
    if body.status != "referred":
        return _not_here(body, "refer_to")
    if body.refer_to not in directory.current().agencies:
        return [Fault("refer_to", "fault.no_agency")]
    if body.refer_to == report.agency:
        return [Fault("refer_to", "fault.same_agency")]
    return []


def _proofs_not_here(body: Said) -> list[Fault]:
    return [Fault("proof_photo_ids", "fault.no_proof_photo")] if body.proof_photo_ids else []


def _proof_faults(body: Said, report: Report, book: Directory) -> list[Fault]:
    if body.status != "resolved":
        return _proofs_not_here(body)
    ready = {
        photo.photo_id
        for photo in photos_of(report.id)
        if photo.purpose == "proof" and photo.state == "ready"
    }
    if not set(body.proof_photo_ids) <= ready:
        return [Fault("proof_photo_ids", "fault.no_proof_photo")]
    category = book.categories.get(report.category)
    demanded = category is not None and category.proof_required and body.reason == "fixed"
    if demanded and not body.proof_photo_ids:
        return [Fault("proof_photo_ids", "fault.proof_required")]
    return []
