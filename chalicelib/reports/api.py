"""HTTP of reports: submit, read, list by place, and move through the life cycle."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib import clock, web
from chalicelib.errors import (
    CallEmergency,
    Fault,
    IdempotencyMismatch,
    IllegalTransition,
    InvalidInput,
    NotAllowed,
    ReportChanged,
    ReportNotFound,
    Unprocessable,
)
from chalicelib.people.identity import STAFF, Caller
from chalicelib.photos import uploads
from chalicelib.photos.models import photos_of
from chalicelib.photos.uploads import Upload
from chalicelib.reports import listing, progress, submission
from chalicelib.reports.listing import ListQuery, ReportPage
from chalicelib.reports.models import Report, find, timeline
from chalicelib.reports.progress import Confirmation, StatusChange
from chalicelib.reports.submission import NewReport
from chalicelib.reports.views import ReportView, UpdateView, report_view, update_view
from chalicelib.web import GEOJSON, Asked, Reply, Routes

routes = Routes(__name__, "reports")

KEY_LENGTH = 255


class CreatedReport(ReportView, frozen=True, kw_only=True):
    """A new report; `tracking_code` is shown here and never again."""

    tracking_code: str | None
    uploads: list[Upload]


class Updates(Struct, frozen=True):
    """A report's public timeline, the oldest entry first."""

    items: list[UpdateView]
    next: Annotated[str | None, Meta(description="always null: a timeline is one page")] = None


@routes.post(
    "/v1/reports", status=201, problems=(CallEmergency, IdempotencyMismatch, Unprocessable)
)
def create_report(body: NewReport, caller: Caller, asked: Asked) -> Reply[CreatedReport]:
    """Send a report. The answer has the tracking code and one upload form for each photo."""
    at = clock.now()
    sent = submission.submit(body, asked.body, caller, _idempotency_key(asked), at)
    waiting = [photo for photo in sent.photos if photo.state == "waiting"]
    knower = Caller(caller.sub, caller.role, caller.agency_id, sent.tracking_code)
    view = report_view(sent.report, sent.photos, knower)
    created = CreatedReport(
        **{name: getattr(view, name) for name in view.__struct_fields__},
        tracking_code=sent.tracking_code,
        uploads=[uploads.upload(photo, at) for photo in waiting],
    )
    headers = {"Location": f"/v1/reports/{sent.report.id}", "Cache-Control": "no-store"}
    if sent.replayed:
        headers["idempotent-replayed"] = "true"
    return Reply(created, 201, headers=headers)


@routes.get("/v1/reports", problems=(Unprocessable,))
def list_reports(query: ListQuery, asked: Asked) -> Reply[ReportPage]:
    """Reports near a point, nearest first, or in a box, newest first."""
    found = listing.page(query)
    if GEOJSON in asked.headers.get("accept", ""):
        return Reply(listing.geojson(found), media_type=GEOJSON)
    return Reply(found)


@routes.get("/v1/reports/{report_id}", problems=(ReportNotFound,))
def show_report(report_id: str, caller: Caller) -> ReportView:
    """One report in full."""
    report = _visible(report_id, caller)
    return report_view(report, photos_of(report.id), caller)


@routes.get("/v1/reports/{report_id}/updates", problems=(ReportNotFound,))
def list_updates(report_id: str, caller: Caller) -> Updates:
    """What happened to the report, the oldest entry first."""
    report = _visible(report_id, caller)
    return Updates([update_view(update) for update in timeline(report.id)])


@routes.post(
    "/v1/reports/{report_id}/status",
    roles=STAFF,
    problems=(ReportNotFound, NotAllowed, IllegalTransition, ReportChanged, Unprocessable),
)
def change_status(report_id: str, body: StatusChange, caller: Caller, asked: Asked) -> ReportView:
    """Move the report through its life cycle, in the name of its agency."""
    only = _matched(_visible(report_id, caller), caller, asked)
    report = progress.change_status(report_id, body, caller, clock.now(), only)
    return report_view(report, photos_of(report.id), caller)


@routes.post(
    "/v1/reports/{report_id}/confirmation",
    problems=(ReportNotFound, NotAllowed, IllegalTransition, ReportChanged),
)
def confirm_report(report_id: str, body: Confirmation, caller: Caller, asked: Asked) -> ReportView:
    """The reporter's word on a claimed fix: confirms it, or reopens the report."""
    only = _matched(_visible(report_id, caller), caller, asked)
    report = progress.confirm(report_id, body, caller, clock.now(), only)
    return report_view(report, photos_of(report.id), caller)


def _visible(report_id: str, caller: Caller) -> Report:
    report = find(report_id)
    if not report.visible_to(caller):
        raise ReportNotFound
    return report


def _matched(report: Report, caller: Caller, asked: Asked) -> int | None:
    """The one version that `If-Match` lets be changed; None where the caller named none."""
    if "if-match" not in asked.headers:
        return None
    web.match(asked.headers, report_view(report, photos_of(report.id), caller))
    return int(report.version)


def _idempotency_key(asked: Asked) -> str | None:
    key: str | None = asked.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= KEY_LENGTH:
        raise InvalidInput(Fault("Idempotency-Key", "fault.too_long", {"limit": KEY_LENGTH}))
    return key
