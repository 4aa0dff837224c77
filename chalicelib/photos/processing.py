"""Messages of the photo queue: originals that arrived, and orders to redact. Safe to run twice."""

from datetime import datetime

import msgspec
from msgspec import Struct

from chalicelib import aws
from chalicelib.arrivals import Arrival
from chalicelib.errors import ReportNotFound
from chalicelib.observability import logger
from chalicelib.photos import pictures, uploads
from chalicelib.photos.models import FAILED, Photo, find_photo
from chalicelib.photos.redaction import Order
from chalicelib.photos.settling import reject, settle
from chalicelib.settings import settings

# The last receive before SQS puts a message among the dead letters (the queue's maxReceiveCount).
# Nothing is tried on it: a file that kills the worker could not be given up afterwards.
LAST_RECEIVE = 5


class GivenUp(Exception):
    """The message has failed too often; its photo says so, and it goes to the dead letters."""


class _Message(Struct):
    """What S3 sends, or what moderation does; S3's first test message has neither."""

    Records: list[Arrival] = []
    redact: Order | None = None


def process(message: str, at: datetime, received: int = 1) -> None:
    """Handle one message (JSON), received for the `received`-th time.

    Each of its objects becomes a photo, or is refused, or removed where no slot waits for it.
    Raises GivenUp on the last receive, when the photo has been marked as failed.
    """
    parsed = msgspec.json.decode(message, type=_Message)
    for record in parsed.Records:
        _process_object(record.key, record.etag, at, received)
    if parsed.redact is not None:
        _redact(parsed.redact, at, received)


def _process_object(key: str, etag: str, at: datetime, received: int) -> None:
    photo = _expected(key)
    if photo is not None and (photo.state == "waiting" or photo.failed):
        _give_up_in_time(photo, received)
        _take(photo, key, at)
    elif photo is None or photo.etag != etag:
        # The same notification may come twice; another object for a used slot is nobody's.
        logger.warning("no slot waits for this object", key=key)
        if photo is None:
            _remove_pictures(key)
        _remove(key)


def _expected(key: str) -> Photo | None:
    """The photo that an object belongs to; None when nobody asked for it."""
    try:
        return find_photo(*uploads.ids_of(key))
    except (ValueError, Photo.DoesNotExist):
        return None


def _remove_pictures(key: str) -> None:
    """Those that an earlier try made of this object, if its slot was erased while it ran."""
    try:
        report_id, photo_id = uploads.ids_of(key)
    except ValueError:
        return
    body, _ = pictures.read(settings.uploads_bucket, key)
    slot = Photo(report_id, f"photo#{photo_id}", photo_id=photo_id)
    if body is not None:
        for private in (False, True):
            pictures.remove(pictures.folder_of(slot, body, private))


def _take(photo: Photo, key: str, at: datetime) -> None:
    body, photo.etag = pictures.read(settings.uploads_bucket, key)
    if body is None:
        # Removed since S3 told of it.
        return
    try:
        settle(photo, body, at)
    except ReportNotFound:
        # Erased since the photo's slot was read.
        _remove(key)
    if photo.state == "rejected":
        # Of no use to anybody, and perhaps hostile.
        _remove(key)


def _redact(order: Order, at: datetime, received: int) -> None:
    photo = find_photo(order.report_id, order.photo_id)
    if photo.state == "redacting":
        try:
            _give_up_in_time(photo, received)
        except GivenUp:
            # Better no picture than one that shows what a moderator wants hidden.
            pictures.remove(order.folder)
            raise
        settle(photo, _source(photo, order), at)
        photo = find_photo(order.report_id, order.photo_id)
    if photo.folder != order.folder:
        pictures.remove(order.folder)


def _source(photo: Photo, order: Order) -> bytes:
    """The original as it was, else the largest picture; empty, so refused, when both are gone."""
    key = uploads.key_of(photo.id, photo.photo_id)
    body, etag = pictures.read(settings.uploads_bucket, key)
    if body is not None and etag == photo.etag:
        return body
    return pictures.largest(order.folder) or b""


def _give_up_in_time(photo: Photo, received: int) -> None:
    if received >= LAST_RECEIVE:
        reject(photo, FAILED)
        raise GivenUp(f"{photo.id} {photo.photo_id}")


def _remove(key: str) -> None:
    aws.s3().delete_object(Bucket=settings.uploads_bucket, Key=key)
