"""Taking a report: checked against the directory, routed, and stored in one transaction."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.agencies.models import Category
from chalicelib.clock import base32, new_id, text
from chalicelib.errors import IdempotencyMismatch
from chalicelib.idempotency import STRONG_KEY_LENGTH
from chalicelib.keys import signing_key
from chalicelib.moderation import cases, word_lists
from chalicelib.moderation.models import REPORT
from chalicelib.people import budgets, tracking
from chalicelib.people.budgets import Sender
from chalicelib.people.identity import Caller
from chalicelib.photos.models import Photo, photos_of, slots
from chalicelib.places.areas import Area
from chalicelib.places.point import Point
from chalicelib.reports import standing
from chalicelib.reports.models import Number, Report, Submission, find, update_of
from chalicelib.reports.particulars import Particulars, checked, fill, place
from chalicelib.settings import settings

REMEMBERED = timedelta(days=7)


class NewReport(Particulars, frozen=True, forbid_unknown_fields=True):
    """What a citizen sends."""

    photos: Annotated[int, Meta(ge=0, le=5)] = 0
    anonymous: bool = False
    private: bool = False
    client_id: (
        Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")]
        | None
    ) = None


class Submitted(Struct, frozen=True):
    """A stored report; `tracking_code` is known here and never again.

    `book` is the directory by which it was taken: to show it, nobody has to read that again.
    """

    report: Report
    photos: list[Photo]
    tracking_code: str | None
    book: directory.Directory
    replayed: bool = False


class Clash(Exception):
    """The database refused: the number is taken, or the client's key was used already."""


def submit(
    body: NewReport,
    sent: bytes,
    caller: Caller,
    key: str | None,
    at: datetime,
    sender: Sender | None = None,
) -> Submitted:
    """Store a new report with its first update and event; the same client key stores it once.

    `sent` are the body's bytes, `key` the Idempotency-Key; `sender` spends of their budgets. Raises
    Unprocessable naming every fault, CallEmergency, IdempotencyMismatch when the key came with
    another body before, or TooManyRequests.
    """
    known = body.client_id or key
    earlier = _earlier(known, sent, caller) if known else None
    if earlier is not None:
        return earlier
    book = directory.current()
    category, chain = checked(body, book, at)
    if sender is not None:
        # Only what would be stored: nobody is refused the number to call in an emergency.
        budgets.spend("report", sender, at, Point(body.location.lat, body.location.lon))
    for _ in range(5):
        submitted, rows = _compose(body, sent, caller, known, category, chain, book, at)
        try:
            _store(rows)
            return submitted
        except Clash:
            # The same key was sent twice at once, or the number is taken: look, then retry.
            earlier = _earlier(known, sent, caller) if known else None
            if earlier is not None:
                return earlier
    raise Clash


def _compose(
    body: NewReport,
    sent: bytes,
    caller: Caller,
    known: str | None,
    category: Category,
    chain: list[Area],
    book: directory.Directory,
    at: datetime,
) -> tuple[Submitted, list[Any]]:
    report = _report(body, caller, category, chain, book, at)
    code = _tracking_code(known, report.id) if report.reporter is None else None
    report.tracking_hash = tracking.code_hash(code) if code else None
    told = standing.told(report, "report.created", at, "reporter")
    photos = slots(report.id, body.photos, "evidence", report.reporter, at)
    rows: list[Any] = [
        report,
        update_of(report, at, "submitted", "reporter", status="submitted"),
        report.event("report.created", at, actor="reporter", **told),
        Number(id=f"number#{report.number}", report_id=report.id),
        *photos,
    ]
    if word_lists.found(f"{report.description}\n{report.address or ''}", book):
        rows += cases.rows_for(report.id, REPORT, "words", at)
    if known:
        rows.append(_submission(known, sent, caller, report.id, at))
        report.submission = rows[-1].id
    return Submitted(report, photos, code, book), rows


def _report(
    body: NewReport,
    caller: Caller,
    category: Category,
    chain: list[Area],
    book: directory.Directory,
    at: datetime,
) -> Report:
    report = Report(
        id=new_id(at),
        number=f"{settings.number_prefix}-{base32(secrets.randbits(30), 6)}",
        private=body.private or category.private,
        reporter=None if body.anonymous else caller.account,
        by_staff=True if caller.staff else None,
        created_at=text(at),
        updated_at=text(at),
    )
    fill(report, body)
    report.share_contact(caller)
    place(report, body, category, chain, book, at)
    report.place_in_indexes()
    report.place_in_due()
    return report


def _tracking_code(known: str | None, report_id: str) -> str:
    """Random, or made from a client key too long to guess: a repeated request gets it again."""
    if known is None or len(known) < STRONG_KEY_LENGTH:
        return tracking.new_code()
    return tracking.code_from(signing_key(), f"{known} {report_id}")


def _submission(
    known: str, sent: bytes, caller: Caller, report_id: str, at: datetime
) -> Submission:
    return Submission(
        id=_submission_id(known, caller),
        report_id=report_id,
        body_hash=hashlib.sha256(sent).hexdigest(),
        expires=int((at + REMEMBERED).timestamp()),
    )


def _submission_id(known: str, caller: Caller) -> str:
    scope = f"{caller.sub or ''}\n{known}"
    return f"submission#{hashlib.sha256(scope.encode()).hexdigest()}"


def _earlier(known: str, sent: bytes, caller: Caller) -> Submitted | None:
    """What this client key created before; IdempotencyMismatch when it came with another body."""
    try:
        row = Submission.get(_submission_id(known, caller), "submission", consistent_read=True)
    except Submission.DoesNotExist:
        return None
    if row.body_hash != hashlib.sha256(sent).hexdigest():
        raise IdempotencyMismatch
    report = find(row.report_id)
    code = None
    if report.reporter is None and len(known) >= STRONG_KEY_LENGTH:
        code = _tracking_code(known, report.id)
    return Submitted(report, photos_of(report.id), code, directory.current(), replayed=True)


def _store(rows: list[Any]) -> None:
    try:
        with TransactWrite(connection=aws.connection()) as transaction:
            for row in rows:
                transaction.save(row, condition=type(row)._hash_key_attribute().does_not_exist())
    except TransactWriteError as error:
        if aws.outrun(error):
            raise Clash from error
        raise
