"""HTTP of photos: further upload slots for a report, and what moderators black out."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.errors import (
    Fault,
    NotAllowed,
    NotIdentified,
    PhotoNotFound,
    PhotoNotReady,
    ReportChanged,
    ReportNotFound,
    Unprocessable,
)
from chalicelib.people.identity import Caller
from chalicelib.photos import redaction, uploads
from chalicelib.photos.models import photos_of, slots
from chalicelib.photos.redaction import Rectangle
from chalicelib.photos.uploads import Upload
from chalicelib.photos.views import PhotoView, photo_views
from chalicelib.reports.models import Report, find
from chalicelib.web import Asked, Reply, Routes

routes = Routes(__name__, "photos")

EVIDENCE_LIMIT = 5
PROOF_LIMIT = 5


class NewSlots(Struct, frozen=True, forbid_unknown_fields=True):
    """How many photos will follow, and what they show."""

    count: Annotated[int, Meta(ge=1, le=5)] = 1
    purpose: Literal["evidence", "proof"] = "evidence"


class Slots(Struct, frozen=True):
    """One upload form for each photo."""

    uploads: list[Upload]


class NewRedactions(Struct, frozen=True, forbid_unknown_fields=True):
    """What to black out, beside what is black already."""

    rectangles: Annotated[list[Rectangle], Meta(min_length=1, max_length=20)]


@routes.post(
    "/v1/reports/{report_id}/photos",
    status=201,
    problems=(ReportNotFound, NotAllowed, Unprocessable),
)
def add_photos(report_id: str, body: NewSlots, caller: Caller) -> Reply[Slots]:
    """More upload slots: `evidence` by the reporter, `proof` by the agency that has the report."""
    report = find(report_id)
    if not report.visible_to(caller):
        raise ReportNotFound
    at = clock.now()
    _may_add(report, body, caller)
    _must_fit(report, body, at, more=body.count)
    # Whoever holds a tracking code may be signed in: an anonymous report stays anonymous.
    by = report.reporter if report.is_reporter(caller) else caller.sub
    rows = slots(report.id, body.count, body.purpose, by, at)
    for row in rows:
        row.save()
    try:
        _must_fit(report, body, at)
    except Unprocessable:
        # Another request made slots at this moment; together they are too many, so ours go.
        for row in rows:
            row.delete()
        raise
    forms = Slots([uploads.upload(row, at) for row in rows])
    return Reply(forms, 201, kept=uploads.REPEATED)


@routes.post(
    "/v1/admin/moderation/photos/{report_id}/{photo_id}/redactions",
    status=202,
    problems=(ReportNotFound, PhotoNotFound, PhotoNotReady, ReportChanged),
)
def redact_photo(
    report_id: str, photo_id: str, body: NewRedactions, caller: Caller, asked: Asked
) -> PhotoView:
    """Black out parts of a photo. It is hidden at once, and `ready` again when made anew."""
    at = clock.now()
    photo = redaction.redact(report_id, photo_id, body.rectangles, caller, at)
    (view,) = photo_views(find(report_id), [photo], caller, asked.language, at)
    return view


def _may_add(report: Report, body: NewSlots, caller: Caller) -> None:
    by_reporter, by_agency = report.is_reporter(caller), report.in_hands_of(caller)
    if not (by_agency if body.purpose == "proof" else by_reporter or by_agency):
        if caller.sub is None and caller.tracking_code is None:
            raise NotIdentified
        raise NotAllowed(roles=["officer"] if body.purpose == "proof" else ["reporter", "officer"])


def _must_fit(report: Report, body: NewSlots, at: datetime, more: int = 0) -> None:
    """Unprocessable when the slots that are there, and `more`, are over the purpose's limit."""
    limit = PROOF_LIMIT if body.purpose == "proof" else EVIDENCE_LIMIT
    there = [photo for photo in photos_of(report.id) if photo.purpose == body.purpose]
    live = [photo for photo in there if photo.state_at(at) not in ("rejected", "expired")]
    if len(live) + more > limit:
        raise Unprocessable(Fault("count", "fault.too_many_photos", {"limit": limit}))
