"""What staff puts right in a report: of what kind the problem is, and where it is.

The reporter's own words stay the reporter's. When the corrected kind or place belongs to another
agency by the routes, the report goes there: from an officer that is a hand-over like any other,
which counts, and the third of which goes to the coordinator; a moderator's is none.
"""

from datetime import datetime
from typing import Any

from chalicelib.agencies import directory, routing
from chalicelib.agencies.directory import Directory
from chalicelib.clock import text
from chalicelib.errors import Fault, ReportClosed, Unprocessable
from chalicelib.people.identity import Caller
from chalicelib.reports import lifecycle, progress, service_level
from chalicelib.reports.changing import Step
from chalicelib.reports.models import Report
from chalicelib.reports.particulars import checked, fill, move_to, told, with_given
from chalicelib.reports.permission import actor_of
from chalicelib.reports.recurrence import recurrence_of

FIELDS = frozenset({"category", "location", "address", "answers"})
"""What staff can correct."""


def put_right(report: Report, given: dict[str, Any], caller: Caller, at: datetime) -> Step | None:
    """Correct the report; nothing when it says so already.

    Raises NotAllowed, ReportClosed, Unprocessable, and CallEmergency as a new report does.
    """
    actor = actor_of(report, caller)
    if not lifecycle.is_open(report.status):
        raise ReportClosed(current=report.status, version=int(report.version))
    if faults := [Fault(name, "fault.reporters_own") for name in given if name not in FIELDS]:
        raise Unprocessable(*faults)
    before, belonged = told(report), _belongs_to(report, directory.current())
    _rewrite(report, given, at)
    now = told(report)
    changed = [name for name in now if now[name] != before[name]]
    if not changed:
        return None
    facts: dict[str, Any] = {"actor": actor, "changed": changed}
    if "location" in changed:
        location = before["location"]
        facts["previous_location"] = {"lat": location.lat, "lon": location.lon}
    entry = {"kind": "edited", "by": actor, "agency": caller.agency_id, "changed": changed}
    to = _belongs_to(report, directory.current())
    # Whom it was handed to against the routes keeps it, unless the correction changes their answer.
    if to in (None, belonged, report.agency):
        return Step("report.edited", facts, entry)
    return _moved(report, to, at, facts, entry)


def _rewrite(report: Report, given: dict[str, Any], at: datetime) -> None:
    book, wanted = directory.current(), with_given(report, given)
    # An officer need not know what the category asks of its reporters.
    category, chain = checked(wanted, book, at, complete=False)
    if category.private and not report.private:
        raise Unprocessable(Fault("category", "fault.private_category"))
    fill(report, wanted)
    if "category" not in given and "location" not in given:
        return
    move_to(report, wanted, chain)
    report.recurrence_of = recurrence_of(report.point, report.category, category, at)
    # What was promised stays promised, or an officer could get more time by calling it otherwise.
    if not report.first_response_due and not report.resolve_due:
        service_level.begin(report, category, book.calendar)


def _belongs_to(report: Report, book: Directory) -> str | None:
    chain = book.areas.chain(report.point)
    return routing.responsible(report.category, chain, book.routes, book.coordinator)


def _moved(
    report: Report, to: str | None, at: datetime, facts: dict[str, Any], entry: dict[str, Any]
) -> Step:
    facts["previous_agency_id"] = report.agency
    if facts["actor"] == "moderator":
        report.hand_to(to)
        return Step("report.routed", facts, entry)
    facts |= {"previous_status": report.status, "named_agency_id": to}
    report.status, report.reason = "referred", None
    report.first_response_at = report.first_response_at or text(at)
    event, kind = progress.hand_over(report, to)
    kinds = {"kind": kind} if kind == "escalated" else {}
    return Step(event, facts, {**entry, **kinds, "status": report.status})
