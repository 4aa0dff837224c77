"""Correcting a report, and withdrawing it while nobody has acted."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from chalicelib.agencies import directory
from chalicelib.errors import AlreadyActedOn, Fault, Unprocessable
from chalicelib.moderation import cases, word_lists
from chalicelib.moderation.models import REPORT
from chalicelib.people.identity import Caller
from chalicelib.reports import misfiled
from chalicelib.reports.changing import Step, apply
from chalicelib.reports.models import Report
from chalicelib.reports.particulars import (
    Address,
    Answers,
    CategoryId,
    Description,
    Location,
    ObservedAt,
    checked,
    fill,
    place,
    told,
    with_given,
)
from chalicelib.reports.permission import illegal, must_be_reporter, must_lead_to


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """The fields to be changed; null takes away what is optional.

    Another category without `answers` begins with none.
    """

    category: CategoryId | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    location: Location | UnsetType = UNSET
    address: Address | UnsetType | None = UNSET
    answers: Answers | UnsetType = UNSET
    share_identity: bool | UnsetType = UNSET
    observed_at: ObservedAt | UnsetType | None = UNSET


class Withdrawal(Struct, frozen=True, forbid_unknown_fields=True):
    """That the report is taken back, and why if the reporter wants to say."""

    note: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None


def correct(
    report_id: str, body: Correction, caller: Caller, at: datetime, only: int | None = None
) -> Report:
    """Change what the report says, and all that follows from it; nothing when it says so already.

    The reporter's while nobody has acted, staff's as `misfiled.put_right` says. Raises what
    `changing.apply` raises, NotAllowed for all others, AlreadyActedOn, and Unprocessable or
    CallEmergency as a new report does.
    """
    given = {
        name: getattr(body, name)
        for name in body.__struct_fields__
        if getattr(body, name) is not UNSET
    }

    def change(report: Report) -> Step | None:
        if caller.staff and not (report.is_reporter(caller) and not _acted_on(report)):
            return misfiled.put_right(report, given, caller, at)
        return _by_reporter(report, given, caller, at)

    report = apply(report_id, change, at, only)
    if word_lists.found(f"{report.description}\n{report.address or ''}", directory.current()):
        cases.report(report.id, REPORT, "words", at)
    return report


def withdraw(
    report_id: str, body: Withdrawal, caller: Caller, at: datetime, only: int | None = None
) -> Report:
    """Take the report back; IllegalTransition when somebody has acted on it."""

    def change(report: Report) -> Step:
        must_be_reporter(report, caller)
        must_lead_to("withdrawn", report, "reporter", at)
        if _acted_on(report):
            raise illegal("withdrawn", report, [])
        facts = {"previous_status": report.status, "actor": "reporter", "note": body.note}
        report.status = "withdrawn"
        entry = {"kind": "status", "by": "reporter", "status": "withdrawn", "note": body.note}
        return Step("report.status_changed", facts, entry)

    return apply(report_id, change, at, only)


def _by_reporter(
    report: Report, given: dict[str, Any], caller: Caller, at: datetime
) -> Step | None:
    must_be_reporter(report, caller)
    if _acted_on(report):
        raise AlreadyActedOn(current=report.status, version=int(report.version))
    before, agency = told(report), report.agency
    location = {"lat": float(report.lat), "lon": float(report.lon)}
    _rewrite(report, given, at)
    if report.share_identity != before["share_identity"]:
        report.share_contact(caller)
    changed = [name for name, value in told(report).items() if value != before[name]]
    if not changed:
        return None
    facts: dict[str, Any] = {"actor": "reporter", "changed": changed}
    if "location" in changed:
        facts["previous_location"] = location
    if report.agency != agency:
        facts["previous_agency_id"] = agency
    entry = {"kind": "edited", "by": "reporter", "changed": changed}
    return Step("report.edited" if report.agency == agency else "report.routed", facts, entry)


def _acted_on(report: Report) -> bool:
    """Whether an agency has done anything with it; having become an original is such a thing."""
    answered = report.first_response_at is not None
    return report.status != "submitted" or answered or bool(report.duplicate_ids)


def _rewrite(report: Report, given: dict[str, Any], at: datetime) -> None:
    book, wanted = directory.current(), with_given(report, given)
    category, chain = checked(wanted, book, at)
    if category.private and not report.private:
        # Its photos are public already.
        raise Unprocessable(Fault("category", "fault.private_category"))
    fill(report, wanted)
    if "category" in given or "location" in given:
        place(report, wanted, category, chain, book, at)
