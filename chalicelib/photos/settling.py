"""What arrived becomes a photo: pictures, evidence, and the transaction that tells of it."""

import time
from datetime import datetime, timedelta
from typing import Any

import msgspec
from pynamodb.exceptions import TransactWriteError, UpdateError

from chalicelib import aws
from chalicelib.audit import recording
from chalicelib.errors import ReportNotFound
from chalicelib.observability import logger
from chalicelib.photos import pictures, reuse
from chalicelib.photos.models import EVIDENCE_KEPT, Photo, PhotoEvidence, evidence_of, find_photo
from chalicelib.reports.models import Report, find

# A photo's state and redactions, as they were read.
Seen = tuple[str, list[dict[str, Any]] | None]


def settle(photo: Photo, body: bytes, at: datetime) -> None:
    """Make the photo `ready` from these bytes, or `rejected`; its redactions are applied.

    Harmless when run twice, or while somebody else changes the photo: then nothing is stored, and
    no picture made here stays behind.
    """
    # Pillow costs 70 ms of start-up; only this function ever needs them.
    from chalicelib.photos.derivatives import Rejected, derive

    seen, began = (photo.state, photo.redactions), time.monotonic()
    try:
        derived = derive(body, [_rectangle(one) for one in photo.redactions or ()])
    except Rejected as rejected:
        reject(photo, rejected.reason)
        return
    report = find(photo.id)
    photo.folder = pictures.folder_of(photo, body, bool(report.private))
    pictures.publish(photo.folder, derived, private=bool(report.private))
    photo.width, photo.height, photo.thumbhash = derived.width, derived.height, derived.thumbhash
    photo.state, photo.reason, photo.expires = "ready", None, None
    # The event's own time: it must not be in the log later than log.SETTLE_TIME.
    done = at + timedelta(seconds=time.monotonic() - began)
    _announce(photo, seen, _evidence(photo, derived, report, at), done)


def reject(photo: Photo, reason: str) -> None:
    """Say why the photo is not shown, unless it has been settled meanwhile."""
    try:
        photo.update(
            actions=[
                Photo.state.set("rejected"),
                Photo.reason.set(reason),
                Photo.expires.remove(),
            ],
            condition=still((photo.state, photo.redactions)),
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return
    logger.info("photo rejected", report=photo.id, photo=photo.photo_id, reason=reason)


def still(seen: Seen) -> Any:
    """The condition that nobody has settled or redacted the photo since it was read."""
    state, redactions = seen
    if redactions is None:
        return (Photo.state == state) & Photo.redactions.does_not_exist()
    return (Photo.state == state) & (Photo.redactions == redactions)


def _rectangle(redaction: dict[str, Any]) -> tuple[float, float, float, float]:
    return redaction["left"], redaction["top"], redaction["right"], redaction["bottom"]


def _evidence(photo: Photo, derived: Any, report: Report, at: datetime) -> list[Any]:
    """The private rows of a new photo. None for a redaction: they are there, or aged out."""
    if photo.redactions:
        return []
    expires = int((at + EVIDENCE_KEPT).timestamp())
    row = PhotoEvidence(
        id=photo.id,
        item=f"evidence#{photo.photo_id}",
        photo_id=photo.photo_id,
        facts=msgspec.to_builtins(derived.evidence),
        dhash=f"{derived.dhash:016x}",
        expires=expires,
    )
    if photo.purpose != "proof":
        return [row]
    siblings = evidence_of(photo.id, at)
    row.used_in = reuse.earlier_uses(photo, derived.dhash, report.agency, siblings) or None
    return [row, *reuse.rows(photo.photo_id, photo.id, derived.dhash, report.agency, expires)]


def _announce(photo: Photo, seen: Seen, private: list[Any], at: datetime) -> None:
    """`ready`, the report's thumbnail and the event, in one transaction; again if outrun."""
    for _ in range(5):
        try:
            report = find(photo.id)
        except ReportNotFound:
            pictures.remove(photo.folder)
            return
        version = int(report.version)
        report.version = version + 1
        if photo.purpose == "evidence" and not report.thumb and not report.private:
            report.thumb = photo.folder
        event = report.event("report.photo_ready", at, photo_id=photo.photo_id)
        guarded = [(photo, still(seen)), (report, Report.version == version)]
        if stored(guarded, [event, *private]):
            logger.info("photo ready", report=photo.id, photo=photo.photo_id)
            return
        if _settled_by_another(photo, seen):
            return
    raise RuntimeError(f"Report {photo.id} changes faster than its photo can be announced")


def stored(guarded: list[tuple[Any, Any]], rows: list[Any]) -> bool:
    """Save all in one transaction; False when a guarded row's condition does not hold."""
    try:
        with recording.transaction() as transaction:
            for row, condition in guarded:
                transaction.save(row, condition=condition)
            for row in rows:
                transaction.save(row)
    except TransactWriteError as error:
        if aws.outrun(error):
            return False
        raise
    return True


def _settled_by_another(photo: Photo, seen: Seen) -> bool:
    """Whether the photo is not as it was `seen`; then nothing made here may stay public."""
    try:
        now: Photo | None = find_photo(photo.id, photo.photo_id)
    except Photo.DoesNotExist:
        # Erased since: what was made for it goes too.
        now = None
    if now is not None and (now.state, now.redactions) == seen:
        return False
    if now is None or now.folder != photo.folder:
        pictures.remove(photo.folder)
    return True
