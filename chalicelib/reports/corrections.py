"""What the reporter may still do while nobody has acted: correct the report, or withdraw it."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from chalicelib.agencies import directory
from chalicelib.errors import AlreadyActedOn, Fault, Unprocessable
from chalicelib.moderation import cases, word_lists
from chalicelib.moderation.models import REPORT
from chalicelib.people.identity import Caller
from chalicelib.reports.changing import Step, apply
from chalicelib.reports.models import Report
from chalicelib.reports.particulars import (
    Address,
    Answers,
    CategoryId,
    Description,
    Location,
    ObservedAt,
    Particulars,
    checked,
    fill,
    place,
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

    Raises what `changing.apply` raises, NotAllowed for others than the reporter, AlreadyActedOn,
    and Unprocessable or CallEmergency as a new report does.
    """

    def change(report: Report) -> Step | None:
        must_be_reporter(report, caller)
        if _acted_on(report):
            raise AlreadyActedOn(current=report.status, version=int(report.version))
        before, agency = _told(report), report.agency
        location = {"lat": float(report.lat), "lon": float(report.lon)}
        _rewrite(report, body, before, at)
        if report.share_identity != before["share_identity"]:
            report.share_contact(caller)
        changed = [name for name, value in _told(report).items() if value != before[name]]
        if not changed:
            return None
        facts: dict[str, Any] = {"actor": "reporter", "changed": changed}
        if "location" in changed:
            facts["previous_location"] = location
        if report.agency != agency:
            facts["previous_agency_id"] = agency
        entry = {"kind": "edited", "by": "reporter", "changed": changed}
        return Step("report.edited" if report.agency == agency else "report.routed", facts, entry)

    report = apply(report_id, change, at, only)
    if word_lists.found(f"{report.description}\n{report.address or ''}"):
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


def _acted_on(report: Report) -> bool:
    """Whether an agency has done anything with it; having become an original is such a thing."""
    answered = report.first_response_at is not None
    return report.status != "submitted" or answered or bool(report.duplicate_ids)


def _told(report: Report) -> dict[str, Any]:
    """What the report says, by the names of a correction's fields."""
    return {
        "category": report.category,
        "description": report.description,
        "location": Location(float(report.lat), float(report.lon), _metres(report.accuracy_m)),
        "address": report.address,
        "answers": report.answers or {},
        "share_identity": bool(report.share_identity),
        "observed_at": report.observed_at,
    }


def _metres(accuracy: float | None) -> float | None:
    return None if accuracy is None else float(accuracy)


def _rewrite(report: Report, body: Correction, before: dict[str, Any], at: datetime) -> None:
    given = {
        name: getattr(body, name)
        for name in body.__struct_fields__
        if getattr(body, name) is not UNSET
    }
    if given.get("category", report.category) != report.category:
        given = {"answers": {}, **given}
    wanted = Particulars(**{**before, **given})
    book = directory.current()
    category, chain = checked(wanted, book, at)
    if category.private and not report.private:
        # Its photos are public already.
        raise Unprocessable(Fault("category", "fault.private_category"))
    fill(report, wanted)
    if "category" in given or "location" in given:
        place(report, wanted, category, chain, book, at)
