"""Duplicates: a report becomes one of another, and can be taken apart from it again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from chalicelib.clock import text
from chalicelib.errors import Fault, ReportNotFound, Unprocessable
from chalicelib.people.identity import Caller
from chalicelib.reports import moving
from chalicelib.reports.changing import Change, Step, apply, changed_meanwhile
from chalicelib.reports.models import Report, find
from chalicelib.reports.permission import actor_of, illegal, must_lead_to, same_officer_faults

Note = Annotated[str, Meta(min_length=1, max_length=2000)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]

# Their ids go along with every event of the original.
DUPLICATES_LIMIT = 500


class Merge(Struct, frozen=True, forbid_unknown_fields=True):
    """Of which report this one is a duplicate."""

    duplicate_of: Id
    note: Note | None = None


class Unmerge(Struct, frozen=True, forbid_unknown_fields=True):
    """That it is none after all."""

    note: Note | None = None


def merge(
    report_id: str,
    original_id: str | None,
    note: str | None,
    caller: Caller,
    at: datetime,
    only: int | None = None,
    faults: Sequence[Fault] = (),
    notes: dict[str, str] | None = None,
) -> Report:
    """Make the report a duplicate; its supporters and followers move to the original.

    `faults` are those that the caller has found already, `notes` is the note in both languages.
    Raises what `changing.apply` raises, NotAllowed, IllegalTransition, and Unprocessable when the
    original cannot be one.
    """

    def change(report: Report) -> Step:
        actor = actor_of(report, caller)
        must_lead_to("duplicate", report, actor, at)
        original = _original(original_id, report, caller, faults)
        before, report.status = report.status, "duplicate"
        report.status_before, report.reason = before, None
        report.duplicate_of = original.id
        report.first_response_at = report.first_response_at or text(at)
        original.duplicate_ids = [*(original.duplicate_ids or []), report.id]
        told = {"by": actor, "agency": caller.agency_id, "note": note, "notes": notes}
        return _step("merged", report, original, before, told)

    return _with_its_people(report_id, change, at, only)


def unmerge(
    report_id: str, note: str | None, caller: Caller, at: datetime, only: int | None = None
) -> Report:
    """Give the report back the status it had, and the supporters and followers it brought.

    Raises what `changing.apply` raises, NotAllowed, and IllegalTransition when it is no duplicate.
    """

    def change(report: Report) -> Step:
        actor = actor_of(report, caller)
        if report.status != "duplicate":
            raise illegal("unmerged", report, [])
        original = _still_there(report.duplicate_of)
        report.status, report.status_before = report.status_before, None
        report.duplicate_of = None
        told = {"by": actor, "agency": caller.agency_id, "note": note}
        if original is None:
            # Erased by its reporter, with the people who had been brought there.
            facts = {"previous_status": "duplicate", "actor": actor, "note": note}
            return Step(
                "report.unmerged", facts, {**told, "kind": "status", "status": report.status}
            )
        left = [id for id in original.duplicate_ids or [] if id != report.id]
        original.duplicate_ids = left or None
        return _step("unmerged", report, original, "duplicate", told)

    return _with_its_people(report_id, change, at, only)


def _still_there(report_id: str) -> Report | None:
    try:
        return find(report_id)
    except ReportNotFound:
        return None


def _with_its_people(report_id: str, change: Change, at: datetime, only: int | None) -> Report:
    """Apply the change, and move the supporters and followers that it orders to be moved."""

    def change_at_rest(report: Report) -> Step | None:
        if report.moving is not None:
            raise changed_meanwhile(report)
        return change(report)

    # An earlier move that a dying request has left half done.
    moving.finish(find(report_id))
    moving.finish(apply(report_id, change_at_rest, at, only))
    return find(report_id)


def _step(kind: str, report: Report, original: Report, before: str, told: dict[str, Any]) -> Step:
    """What both tell in one transaction; it also orders the people to be moved."""
    report.moving = f"{original.id}#{int(report.version) + 1}"
    facts = {"actor": told["by"], "note": told["note"]}
    # The original's timeline is public: it names no private report.
    about = None if report.withheld else str(report.id)
    beside = Step(
        f"report.{kind}",
        {**facts, "duplicate_id": report.id},
        {**told, "kind": kind, "about": about},
    )
    return Step(
        f"report.{kind}",
        {**facts, "previous_status": before},
        {**told, "kind": "status", "status": report.status, "about": original.id},
        ((original, beside),),
    )


def _original(id: str | None, report: Report, caller: Caller, faults: Sequence[Fault]) -> Report:
    """The original; Unprocessable with all that speaks against the merge, `faults` among it."""
    try:
        original = find(id or "")
        wrong = _against(original, report, caller)
    except ReportNotFound:
        original, wrong = report, [("fault.no_original", {})]
    found = [Fault("duplicate_of", key, facts) for key, facts in wrong]
    found = [*faults, *found, *same_officer_faults(report, caller)]
    if found:
        raise Unprocessable(*found)
    return original


def _against(
    original: Report, report: Report, caller: Caller
) -> list[tuple[str, dict[str, object]]]:
    if (
        original.id == report.id
        or original.status in ("duplicate", "withdrawn")
        or not original.visible_to(caller)
    ):
        return [("fault.no_original", {})]
    found: list[tuple[str, dict[str, object]]] = []
    if report.duplicate_ids:
        # Chains are never made: whoever follows one report follows one original.
        found.append(("fault.has_duplicates", {}))
    if original.withheld and not report.withheld:
        found.append(("fault.private_original", {}))
    if len(original.duplicate_ids or []) >= DUPLICATES_LIMIT:
        found.append(("fault.too_many_duplicates", {"limit": DUPLICATES_LIMIT}))
    return found
