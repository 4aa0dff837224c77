"""Taking a report: checked against the directory, routed, and stored in one transaction."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.agencies import directory, routing
from chalicelib.agencies.models import Category, Question
from chalicelib.clock import base32, moment, new_id, text
from chalicelib.errors import CallEmergency, Fault, IdempotencyMismatch, Unprocessable
from chalicelib.keys import signing_key
from chalicelib.people import tracking
from chalicelib.people.identity import Caller
from chalicelib.photos.models import Photo, photos_of, slot
from chalicelib.places.areas import Area
from chalicelib.places.geohash import LATITUDE_LIMIT, Point
from chalicelib.reports.models import (
    TITLE_LENGTH,
    Number,
    Report,
    Submission,
    find,
    geohash_of,
    update_of,
)
from chalicelib.settings import settings

REMEMBERED = timedelta(days=7)
STRONG_KEY_LENGTH = 16

Metres = Annotated[float, Meta(ge=0, le=100_000)]


class Location(Struct, frozen=True, forbid_unknown_fields=True):
    """A point in WGS 84 degrees, with the device's own idea of its accuracy."""

    lat: Annotated[float, Meta(ge=-LATITUDE_LIMIT, le=LATITUDE_LIMIT)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    accuracy_m: Metres | None = None


class NewReport(Struct, frozen=True, forbid_unknown_fields=True):
    """What a citizen sends."""

    category: Annotated[str, Meta(min_length=1, max_length=64)]
    description: Annotated[str, Meta(min_length=1, max_length=4000)]
    location: Location
    accuracy_m: Metres | None = None
    address: Annotated[str, Meta(max_length=300)] | None = None
    answers: Annotated[dict[str, str | float], Meta(max_length=30)] = {}
    photos: Annotated[int, Meta(ge=0, le=5)] = 0
    anonymous: bool = False
    private: bool = False
    share_identity: bool = False
    client_id: (
        Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")] | None
    ) = None
    observed_at: Annotated[str, Meta(max_length=40)] | None = None


class Submitted(Struct, frozen=True):
    """A stored report; `tracking_code` is known here and never again."""

    report: Report
    photos: list[Photo]
    tracking_code: str | None
    replayed: bool = False


class Clash(Exception):
    """The database refused: the number is taken, or the client's key was used already."""


def submit(
    body: NewReport, sent: bytes, caller: Caller, key: str | None, at: datetime
) -> Submitted:
    """Store a new report with its first update and event; the same client key stores it once.

    `sent` are the body's bytes, `key` the Idempotency-Key. Raises Unprocessable naming every
    fault, CallEmergency, or IdempotencyMismatch when the key came with another body before.
    """
    known = body.client_id or key
    earlier = _earlier(known, sent, caller) if known else None
    if earlier is not None:
        return earlier
    book = directory.current()
    category, chain = _checked(body, book, at)
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


def _checked(
    body: NewReport, book: directory.Directory, at: datetime
) -> tuple[Category, list[Area]]:
    """The category and the chain of areas; Unprocessable with all faults, or CallEmergency."""
    faults: list[Fault] = []
    category = book.categories.get(body.category)
    if category is None:
        faults.append(Fault("category", "fault.no_category", {"id": body.category}))
    elif category.emergency is not None:
        number, message = category.emergency.number, category.emergency.message
        raise CallEmergency(number=number, message={"id": message.id, "en": message.en})
    else:
        faults += _answer_faults(body.answers, category.questions)
    if not body.description.strip():
        faults.append(Fault("description", "fault.blank"))
    if "\x00" in body.description:
        faults.append(Fault("description", "fault.characters"))
    chain = book.areas.chain(Point(body.location.lat, body.location.lon))
    if not chain and not settings.accepts_outside:
        faults.append(Fault("location", "fault.outside", {"city": settings.city_name}))
    if body.observed_at is not None and not _past(body.observed_at, at):
        faults.append(Fault("observed_at", "fault.observed_at"))
    if faults or category is None:
        raise Unprocessable(*faults)
    return category, chain


def _past(time: str, at: datetime) -> bool:
    try:
        return moment(time) <= at + timedelta(minutes=5)
    except (ValueError, OverflowError):
        return False


def _answer_faults(answers: Mapping[str, Any], questions: list[Question]) -> list[Fault]:
    asked = {question.id: question for question in questions}
    unknown = [Fault(f"answers.{id}", "fault.unknown") for id in answers if id not in asked]
    missing = [
        Fault(f"answers.{id}", "fault.required")
        for id, question in asked.items()
        if question.required and id not in answers
    ]
    wrong = [
        Fault(f"answers.{id}", "fault.answer", {"expected": asked[id].type})
        for id, answer in answers.items()
        if id in asked and not _fits(answer, asked[id])
    ]
    return unknown + missing + wrong


def _fits(answer: Any, question: Question) -> bool:
    match question.type:
        case "number":
            return isinstance(answer, int | float)
        case "choice":
            return answer in [choice.id for choice in question.choices]
        case _:
            return isinstance(answer, str) and 0 < len(answer) <= 1000


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
    photos = [
        slot(report.id, new_id(at), "evidence", report.reporter, text(at))
        for _ in range(body.photos)
    ]
    rows: list[Any] = [
        report,
        update_of(report, at, "submitted", "reporter", status="submitted"),
        report.event("report.created", at, actor="reporter"),
        Number(id=f"number#{report.number}", report_id=report.id),
        *photos,
    ]
    if known:
        rows.append(_submission(known, sent, caller, report.id, at))
    return Submitted(report, photos, code), rows


def _report(
    body: NewReport,
    caller: Caller,
    category: Category,
    chain: list[Area],
    book: directory.Directory,
    at: datetime,
) -> Report:
    point = Point(round(body.location.lat, 6), round(body.location.lon, 6))
    report = Report(
        id=new_id(at),
        number=f"{settings.number_prefix}-{base32(secrets.randbits(30), 6)}",
        category=body.category,
        description=body.description,
        title=title_of(body.description),
        lat=point.lat,
        lon=point.lon,
        accuracy_m=_accuracy(body),
        geohash=geohash_of(point),
        address=body.address,
        answers=body.answers or None,
        areas=[{"id": area.id, "name": area.name, "level": area.level} for area in chain],
        agency=routing.responsible(body.category, chain, book.routes, book.coordinator),
        private=body.private or category.private,
        share_identity=body.share_identity,
        reporter=None if body.anonymous else caller.sub,
        created_at=text(at),
        updated_at=text(at),
        observed_at=text(moment(body.observed_at)) if body.observed_at else None,
        first_response_due=_due(category, category.first_response_hours, at),
        resolve_due=_due(category, category.resolve_hours, at),
    )
    report.place_in_indexes()
    return report


def _accuracy(body: NewReport) -> float | None:
    accuracy = body.location.accuracy_m or body.accuracy_m
    # DynamoDB refuses numbers nearer to 0 than 1e-130; a centimetre is fine enough.
    return None if accuracy is None else round(accuracy, 2)


def title_of(description: str) -> str:
    """The first line, cut at a word's end to 60 characters: what lists show."""
    line = " ".join(description.split())
    if len(line) <= TITLE_LENGTH:
        return line
    head = line[: TITLE_LENGTH - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[20:] else head) + "…"


def _due(category: Category, hours: float | None, at: datetime) -> str | None:
    # Clocks in working time need the city's hours and holidays, which the directory has not yet.
    if hours is None or category.working_time:
        return None
    return text(at + timedelta(hours=hours))


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
    return Submitted(report, photos_of(report.id), code, replayed=True)


def _store(rows: list[Any]) -> None:
    try:
        with TransactWrite(connection=aws.connection()) as transaction:
            for row in rows:
                transaction.save(row, condition=type(row)._hash_key_attribute().does_not_exist())
    except TransactWriteError as error:
        if _lost_a_race(error):
            raise Clash from error
        raise


def _lost_a_race(error: TransactWriteError) -> bool:
    codes = {reason.code for reason in error.cancellation_reasons if reason}
    return bool(codes & {"ConditionalCheckFailed", "TransactionConflict"})
