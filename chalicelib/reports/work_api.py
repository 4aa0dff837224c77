"""HTTP of agencies' work: the queue, whose desk a report is on, notes, many reports at once."""

from typing import Any

from msgspec import Struct

from chalicelib import clock
from chalicelib.errors import (
    NotAllowed,
    NotInDirectory,
    Problem,
    ReportChanged,
    ReportNotFound,
    Unprocessable,
)
from chalicelib.people.identity import Caller
from chalicelib.photos.models import photos_of
from chalicelib.reports import bulk, map_check, notes, queue, rerouting
from chalicelib.reports.bulk import Changes, Results
from chalicelib.reports.map_check import MapCheck, MapChecked
from chalicelib.reports.models import find
from chalicelib.reports.notes import Assignment, NewNote, NoteView
from chalicelib.reports.queue import QueuePage, QueueQuery
from chalicelib.reports.rerouting import Reroute, Rerouted
from chalicelib.reports.views import ReportView, report_view
from chalicelib.web import Asked, Routes, problem_content

routes = Routes(__name__, "work")

BULK_LIMIT = 512 * 1024


class Notes(Struct, frozen=True):
    """A report's internal notes, the oldest first."""

    items: list[NoteView]
    next: None = None


@routes.get("/v1/agency/reports", problems=(Unprocessable,))
def list_queue(query: QueueQuery, caller: Caller) -> QueuePage:
    """The agency's own reports, private ones too: the open ones, what is due next first."""
    return queue.page(query, caller, clock.now())


@routes.post("/v1/agency/reports/status", body_limit=BULK_LIMIT)
def change_many(body: Changes, caller: Caller, asked: Asked) -> Results:
    """Move up to 100 reports through their life cycle; each has its own result."""

    def rendered(problem: Problem) -> dict[str, Any]:
        return problem_content(problem, asked.language, "")

    return bulk.change(body, caller, clock.now, rendered)


@routes.post(
    "/v1/reports/{report_id}/assignee",
    problems=(ReportNotFound, NotAllowed, ReportChanged),
)
def assign_report(report_id: str, body: Assignment, caller: Caller, asked: Asked) -> ReportView:
    """Put the report on an officer's desk, or take it off; the public does not see it."""
    _must_see(report_id, caller)
    report = notes.assign(report_id, body, caller, clock.now())
    return report_view(report, photos_of(report.id), caller, asked.language)


@routes.post(
    "/v1/reports/{report_id}/notes",
    status=201,
    problems=(ReportNotFound, NotAllowed, Unprocessable),
)
def add_note(report_id: str, body: NewNote, caller: Caller) -> NoteView:
    """Note something for colleagues; neither the public nor any webhook gets it."""
    _must_see(report_id, caller)
    return notes.add(report_id, body, caller, clock.now())


@routes.get("/v1/reports/{report_id}/notes", problems=(ReportNotFound, NotAllowed))
def list_notes(report_id: str, caller: Caller) -> Notes:
    """The internal notes on a report, and on whose desk it has been."""
    _must_see(report_id, caller)
    return Notes(notes.listed(report_id, caller))


@routes.post("/v1/admin/agencies/{id}/status-map/check", problems=(NotInDirectory, ReportNotFound))
def check_status_map(id: str, body: MapCheck, asked: Asked) -> MapChecked:
    """Try an agency's status map, on a report if one is named; nothing is changed."""
    return map_check.check(id, body, asked.language, clock.now())


@routes.post("/v1/admin/reroute")
def reroute_reports(body: Reroute) -> Rerouted:
    """Bring open reports to whom they belong by the directory as it is now; first a dry run."""
    return rerouting.reroute(body)


def _must_see(report_id: str, caller: Caller) -> None:
    """ReportNotFound where even that there is such a report is private."""
    if not find(report_id).visible_to(caller):
        raise ReportNotFound
