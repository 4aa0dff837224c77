"""A moderator blacks out parts of a photo: hidden at once, shown again without what was there."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from chalicelib import aws
from chalicelib.clock import text
from chalicelib.errors import PhotoNotFound, PhotoNotReady, ReportChanged
from chalicelib.people.identity import Caller
from chalicelib.photos.models import Photo, find_photo
from chalicelib.photos.settling import still, stored
from chalicelib.reports.models import Report, find, update_of
from chalicelib.settings import settings

Fraction = Annotated[float, Meta(ge=0, le=1)]


class Order(Struct, frozen=True):
    """The worker's message: a photo's row has the rectangles, `folder` the pictures to replace."""

    report_id: str
    photo_id: str
    folder: str


class Rectangle(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the upright picture: fractions of its width from the left, of its height from the
    top."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction

    def __post_init__(self) -> None:
        if not (self.left < self.right and self.top < self.bottom):
            raise ValueError("fault.rectangle")


def redact(
    report_id: str, photo_id: str, rectangles: list[Rectangle], by: Caller, at: datetime
) -> Photo:
    """Hide the photo and have it made again without these parts, beside those hidden before.

    Harmless when sent again: what is black stays black. Raises ReportNotFound, PhotoNotFound,
    PhotoNotReady when it has no pictures, or ReportChanged when the report changes all the time.
    """
    for _ in range(5):
        report, photo = find(report_id), _redactable(report_id, photo_id, at)
        if _hidden(report, photo, rectangles, by, at):
            _send(Order(report_id, photo_id, photo.folder))
            return photo
    raise ReportChanged(version=int(report.version), current=report.status)


def _redactable(report_id: str, photo_id: str, at: datetime) -> Photo:
    try:
        photo = find_photo(report_id, photo_id)
    except Photo.DoesNotExist:
        raise PhotoNotFound from None
    # Also while it is being redacted: the message of an earlier order may have been lost.
    if photo.state not in ("ready", "redacting") or photo.folder is None:
        raise PhotoNotReady(state=photo.state_at(at))
    return photo


def _hidden(
    report: Report, photo: Photo, rectangles: list[Rectangle], by: Caller, at: datetime
) -> bool:
    """Store the order with its timeline entry; False when somebody else changed either first."""
    version, state, before = int(report.version), photo.state, photo.redactions
    new = [{**msgspec.to_builtins(one), "by": by.sub, "at": text(at)} for one in rectangles]
    photo.redactions = [*(before or ()), *new]
    photo.state = "redacting"
    report.version = version + 1
    if report.thumb == photo.folder:
        report.thumb = None
    told = update_of(report, at, "redaction", "moderator", photo_ids=[photo.photo_id])
    guarded = [(photo, still((state, before))), (report, Report.version == version)]
    return stored(guarded, [told])


def _send(order: Order) -> None:
    body = msgspec.json.encode({"redact": order}).decode()
    aws.sqs().send_message(QueueUrl=settings.photo_queue_url, MessageBody=body)
