"""From an arrived original to clean public pictures, or a reason why not. Safe to run twice."""

import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct
from pynamodb.exceptions import TransactWriteError, UpdateError
from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.observability import logger
from chalicelib.photos import uploads
from chalicelib.photos.models import Photo
from chalicelib.reports.models import Report, find
from chalicelib.settings import settings

CACHE_FOREVER = "public, max-age=31536000, immutable"


class _Key(Struct):
    key: str
    size: int = 0


class _Object(Struct):
    object: _Key


class _Record(Struct):
    s3: _Object


class _Notification(Struct):
    """What S3 sends; its first test message has no records."""

    Records: list[_Record] = []


def process(message: str, at: datetime) -> None:
    """Handle one S3 notification (JSON): every object of it becomes a photo, or is removed."""
    notification = msgspec.json.decode(message, type=_Notification)
    for record in notification.Records:
        _process_object(unquote_plus(record.s3.object.key), at)


def _process_object(key: str, at: datetime) -> None:
    photo = _expected(key)
    if photo is None:
        logger.warning("no slot asked for this object", key=key)
        aws.s3().delete_object(Bucket=settings.uploads_bucket, Key=key)
    elif photo.state == "waiting":
        _settle(photo, key, at)


def _expected(key: str) -> Photo | None:
    """The slot that an object belongs to; None when nobody asked for it."""
    try:
        report_id, photo_id = uploads.ids_of(key)
        return Photo.get(report_id, f"photo#{photo_id}", consistent_read=True)
    except (ValueError, Photo.DoesNotExist):
        return None


def _settle(photo: Photo, key: str, at: datetime) -> None:
    # Pillow costs 70 ms of start-up; only this function ever needs them.
    from chalicelib.photos.derivatives import Derived, Rejected, derive

    body = _original(key)
    if body is None:
        return
    try:
        derived: Derived = derive(body)
    except Rejected as rejected:
        _reject(photo, rejected.reason)
        return
    report = find(photo.id)
    photo.folder = _folder(report, body)
    _publish(photo.folder, derived, private=bool(report.private))
    photo.width, photo.height = derived.width, derived.height
    photo.thumbhash, photo.dhash = derived.thumbhash, f"{derived.dhash:016x}"
    photo.evidence, photo.state = msgspec.to_builtins(derived.evidence), "ready"
    _announce(photo, at)


def _original(key: str) -> bytes | None:
    """The object's bytes; None when it has gone meanwhile."""
    try:
        body: bytes = aws.s3().get_object(Bucket=settings.uploads_bucket, Key=key)["Body"].read()
    except aws.s3().exceptions.NoSuchKey:
        return None
    return body


def _folder(report: Report, original: bytes) -> str:
    """Named after the content, so that a second run writes the same keys.

    The report's id is mixed in: equal pictures in two reports must not point at each other, and
    nobody who has a picture can compute where somebody else's copy of it is.
    """
    name = hashlib.sha256(report.id.encode() + original).hexdigest()[:32]
    return f"{'private' if report.private else 'photos'}/{name}"


def _publish(folder: str, derived: Any, private: bool) -> None:
    for picture in derived.derivatives:
        aws.s3().put_object(
            Bucket=settings.photos_bucket,
            Key=f"{folder}/{picture.name}",
            Body=picture.body,
            ContentType=picture.content_type,
            CacheControl="private, no-store" if private else CACHE_FOREVER,
        )


def _reject(photo: Photo, reason: str) -> None:
    try:
        photo.update(
            actions=[Photo.state.set("rejected"), Photo.reason.set(reason)],
            condition=Photo.state == "waiting",
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return
    logger.info("photo rejected", report=photo.id, photo=photo.photo_id, reason=reason)


def _announce(photo: Photo, at: datetime) -> None:
    """`ready`, the report's thumbnail and the event, in one transaction; again if outrun."""
    for _ in range(5):
        report = find(photo.id)
        before = int(report.version)
        report.version = before + 1
        if photo.purpose == "evidence" and not report.thumb and not report.private:
            report.thumb = photo.folder
        event = report.event("report.photo_ready", at, photo_id=photo.photo_id)
        if _stored(photo, report, before, event):
            logger.info("photo ready", report=photo.id, photo=photo.photo_id)
            return
        if Photo.get(photo.id, photo.item, consistent_read=True).state != "waiting":
            return
    raise RuntimeError(f"Report {photo.id} changes faster than its photo can be announced")


def _stored(photo: Photo, report: Report, before: int, event: Any) -> bool:
    try:
        with TransactWrite(connection=aws.connection()) as transaction:
            transaction.save(photo, condition=Photo.state == "waiting")
            transaction.save(report, condition=Report.version == before)
            transaction.save(event)
    except TransactWriteError as error:
        codes = {reason.code for reason in error.cancellation_reasons if reason}
        if codes & {"ConditionalCheckFailed", "TransactionConflict"}:
            return False
        raise
    return True
