"""Moving a report through its life cycle: one guarded transaction of report, update and event."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.clock import text
from chalicelib.errors import (
    Fault,
    IllegalTransition,
    NotAllowed,
    NotIdentified,
    PreconditionFailed,
    ReportChanged,
    Unprocessable,
)
from chalicelib.people.identity import Caller
from chalicelib.photos.models import photos_of
from chalicelib.reports import lifecycle
from chalicelib.reports.lifecycle import Actor
from chalicelib.reports.models import Report, find, update_of

Note = Annotated[str, Meta(min_length=1, max_length=2000)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]


class StatusChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What an agency does with a report; the life-cycle table decides whether it may."""

    status: Id
    note: Note | None = None
    reason: Id | None = None
    refer_to: Id | None = None
    duplicate_of: Id | None = None
    proof_photo_ids: Annotated[list[Id], Meta(max_length=5)] = []


class Confirmation(Struct, frozen=True, forbid_unknown_fields=True):
    """The reporter's word on a claimed fix: `fixed` false reopens the report."""

    fixed: bool
    rating: Annotated[int, Meta(ge=1, le=5)] | None = None
    comment: Note | None = None


Change = Callable[[Report], tuple[str, dict[str, Any], dict[str, Any]]]


def change_status(
    report_id: str, body: StatusChange, caller: Caller, at: datetime, only: int | None = None
) -> Report:
    """Apply an officer's or moderator's step and return the report as stored.

    `only` is the one version that may be changed. Raises ReportNotFound, NotAllowed,
    IllegalTransition, Unprocessable, PreconditionFailed when the version is another than `only`,
    and ReportChanged for the loser of a race.
    """

    def change(report: Report) -> tuple[str, dict[str, Any], dict[str, Any]]:
        actor = _actor(report, caller)
        _must_lead_to(body.status, report, actor)
        _complete(body, report, caller)
        facts = {"previous_status": report.status, "actor": actor, "note": body.note}
        if body.reason:
            facts["reason"] = body.reason
        if body.status == "referred":
            facts["previous_agency_id"] = report.agency
        _enter(report, body, caller, at)
        told: dict[str, Any] = {
            "kind": "status",
            "by": actor,
            "agency": caller.agency_id,
            "note": body.note,
        }
        told |= {"status": report.status, "reason": body.reason}
        told |= {"photo_ids": body.proof_photo_ids or None}
        type = "report.routed" if body.status == "referred" else "report.status_changed"
        return type, facts, told

    return _apply(report_id, change, at, only)


def confirm(
    report_id: str, body: Confirmation, caller: Caller, at: datetime, only: int | None = None
) -> Report:
    """The second key: the reporter confirms the claimed fix, or disputes it and reopens."""

    def change(report: Report) -> tuple[str, dict[str, Any], dict[str, Any]]:
        if not report.is_reporter(caller):
            raise NotAllowed(roles=["reporter"]) if caller.sub else NotIdentified
        status = "confirmed" if body.fixed else "reopened"
        _must_lead_to(status, report, "reporter")
        facts = {"previous_status": report.status, "actor": "reporter", "rating": body.rating}
        report.status = status
        report.reason = report.reason if body.fixed else None
        report.rating = body.rating or report.rating
        told = {"kind": "confirmation", "by": "reporter", "status": status, "note": body.comment}
        return ("report.confirmed" if body.fixed else "report.disputed"), facts, told

    return _apply(report_id, change, at, only)


def _apply(report_id: str, change: Change, at: datetime, only: int | None) -> Report:
    """Make the change on the report as it is; again when only its photos changed meanwhile."""
    seen = None
    for _ in range(5):
        report = find(report_id)
        if only not in (None, report.version):
            raise PreconditionFailed
        # A referral may leave the status as it was; a photo changes neither of the two.
        if seen not in (None, (report.status, report.agency)):
            raise ReportChanged(version=int(report.version), current=report.status)
        seen, before = (report.status, report.agency), int(report.version)
        type, facts, told = change(report)
        report.version = before + 1
        report.updated_at = text(at)
        report.place_in_indexes()
        if _stored(report, before, update_of(report, at, **told), report.event(type, at, **facts)):
            return report
    raise ReportChanged(version=int(report.version), current=report.status)


def _stored(report: Report, before: int, *told: Any) -> bool:
    try:
        with TransactWrite(connection=aws.connection()) as transaction:
            transaction.save(report, condition=Report.version == before)
            for row in told:
                transaction.save(row, condition=type(row)._hash_key_attribute().does_not_exist())
    except TransactWriteError as error:
        codes = {reason.code for reason in error.cancellation_reasons if reason}
        if codes & {"ConditionalCheckFailed", "TransactionConflict"}:
            return False
        raise
    return True


def _actor(report: Report, caller: Caller) -> Actor:
    if caller.role == "officer" and caller.acts_for(report.agency):
        return "agency"
    if caller.role in ("moderator", "admin"):
        return "moderator"
    if caller.sub is None:
        raise NotIdentified
    raise NotAllowed(roles=["officer", "moderator"])


def _must_lead_to(status: str, report: Report, actor: Actor) -> None:
    legal = lifecycle.legal_next(report.status, actor)
    if status not in legal:
        raise IllegalTransition(
            current=report.status, wanted=status, legal=legal, version=int(report.version)
        )


def _complete(body: StatusChange, report: Report, caller: Caller) -> None:
    """Unprocessable naming all that this step needs and lacks."""
    faults = [*_reason_faults(body), *_target_faults(body, report), *_proof_faults(body, report)]
    # Whoever closed it before was disputed, or it would not be open: also after steps in between.
    if not lifecycle.is_open(body.status) and report.resolved_by == caller.sub:
        faults.append(Fault("status", "fault.same_officer"))
    if faults:
        raise Unprocessable(*faults)


def _reason_faults(body: StatusChange) -> list[Fault]:
    allowed = lifecycle.REASONS.get(body.status)
    if allowed is None:
        return [Fault("reason", "fault.no_reason_here")] if body.reason else []
    if body.reason not in allowed:
        return [Fault("reason", "fault.reason", {"allowed": ", ".join(allowed)})]
    return []


def _target_faults(body: StatusChange, report: Report) -> list[Fault]:
    faults = []
    if body.status == "referred":
        if body.refer_to not in directory.current().agencies:
            faults.append(Fault("refer_to", "fault.no_agency"))
        elif body.refer_to == report.agency:
            faults.append(Fault("refer_to", "fault.same_agency"))
    elif body.refer_to is not None:
        faults.append(Fault("refer_to", "fault.not_here", {"status": "referred"}))
    if body.status == "duplicate":
        if not body.duplicate_of or not _is_original(body.duplicate_of, report):
            faults.append(Fault("duplicate_of", "fault.no_original"))
    elif body.duplicate_of is not None:
        faults.append(Fault("duplicate_of", "fault.not_here", {"status": "duplicate"}))
    return faults


def _is_original(report_id: str, report: Report) -> bool:
    """Whether `report_id` can be the original: another report, itself no duplicate."""
    try:
        original = Report.get(report_id, "report")
    except Report.DoesNotExist:
        return False
    return original.id != report.id and original.status not in ("duplicate", "withdrawn")


def _proof_faults(body: StatusChange, report: Report) -> list[Fault]:
    ready = [
        photo.photo_id
        for photo in (photos_of(report.id) if body.status == "resolved" else [])
        if photo.purpose == "proof" and photo.state == "ready"
    ]
    if not set(body.proof_photo_ids) <= set(ready):
        return [Fault("proof_photo_ids", "fault.no_proof_photo")]
    category = directory.current().categories.get(report.category)
    demanded = category is not None and category.proof_required and body.reason == "fixed"
    if body.status == "resolved" and demanded and not body.proof_photo_ids:
        return [Fault("proof_photo_ids", "fault.proof_required")]
    return []


def _enter(report: Report, body: StatusChange, caller: Caller, at: datetime) -> None:
    """What entering the new status sets on the report."""
    report.status = body.status
    report.reason = body.reason
    report.duplicate_of = body.duplicate_of
    if body.status in lifecycle.AGENCY_ACTIONS and report.first_response_at is None:
        report.first_response_at = text(at)
    if body.status == "resolved":
        report.resolved_at, report.resolved_by = text(at), caller.sub
    if body.status == "referred":
        report.agency = body.refer_to
