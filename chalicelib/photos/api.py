"""HTTP of photos: further upload slots for a report that exists."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.clock import new_id, text
from chalicelib.errors import Fault, NotAllowed, NotIdentified, ReportNotFound, Unprocessable
from chalicelib.people.identity import Caller
from chalicelib.photos import uploads
from chalicelib.photos.models import photos_of, slot
from chalicelib.photos.uploads import Upload
from chalicelib.reports.models import Report, find
from chalicelib.web import Routes

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


@routes.post(
    "/v1/reports/{report_id}/photos",
    status=201,
    problems=(ReportNotFound, NotAllowed, Unprocessable),
)
def add_photos(report_id: str, body: NewSlots, caller: Caller) -> Slots:
    """More upload slots: `evidence` by the reporter, `proof` by the agency that has the report."""
    report = find(report_id)
    if not report.visible_to(caller):
        raise ReportNotFound
    _may_add(report, body, caller)
    at = clock.now()
    # Whoever holds a tracking code may be signed in: an anonymous report stays anonymous.
    by = caller.sub if body.purpose == "proof" else report.reporter
    rows = [slot(report.id, new_id(at), body.purpose, by, text(at)) for _ in range(body.count)]
    for row in rows:
        row.save()
    return Slots([uploads.upload(row, at) for row in rows])


def _may_add(report: Report, body: NewSlots, caller: Caller) -> None:
    by_reporter, by_agency = report.is_reporter(caller), caller.acts_for(report.agency)
    if not (by_agency if body.purpose == "proof" else by_reporter or by_agency):
        if caller.sub is None and caller.tracking_code is None:
            raise NotIdentified
        raise NotAllowed(roles=["officer"] if body.purpose == "proof" else ["reporter", "officer"])
    limit = PROOF_LIMIT if body.purpose == "proof" else EVIDENCE_LIMIT
    there = [photo for photo in photos_of(report.id) if photo.purpose == body.purpose]
    live = [photo for photo in there if photo.state != "rejected"]
    if len(live) + body.count > limit:
        raise Unprocessable(Fault("count", "fault.too_many_photos", {"limit": limit}))
