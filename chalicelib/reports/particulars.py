"""What a report says: checked against the directory, and what follows from it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct

from chalicelib.agencies import directory, routing
from chalicelib.agencies.models import Category, Question
from chalicelib.clock import moment, text
from chalicelib.errors import CallEmergency, Fault, Unprocessable
from chalicelib.moderation import plain_text
from chalicelib.places.areas import Area
from chalicelib.places.geohash import LATITUDE_LIMIT, Point
from chalicelib.reports import service_level
from chalicelib.reports.models import TITLE_LENGTH, Report, geohash_of
from chalicelib.reports.recurrence import recurrence_of
from chalicelib.settings import settings

CategoryId = Annotated[str, Meta(min_length=1, max_length=64)]
Description = Annotated[str, Meta(min_length=1, max_length=4000)]
Address = Annotated[str, Meta(max_length=300)]
AnswerList = Annotated[list[str], Meta(max_length=200)]
Answers = Annotated[dict[str, str | float | AnswerList], Meta(max_length=30)]
ObservedAt = Annotated[str, Meta(max_length=40)]
Metres = Annotated[float, Meta(ge=0, le=100_000)]


class Location(Struct, frozen=True, forbid_unknown_fields=True):
    """A point in WGS 84 degrees, with the device's own idea of its accuracy."""

    lat: Annotated[float, Meta(ge=-LATITUDE_LIMIT, le=LATITUDE_LIMIT)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    accuracy_m: Metres | None = None


class Particulars(Struct, frozen=True, forbid_unknown_fields=True):
    """What the reporter tells, and may correct while nobody has acted."""

    category: CategoryId
    description: Description
    location: Location
    accuracy_m: Metres | None = None
    address: Address | None = None
    answers: Answers = {}
    share_identity: bool = False
    observed_at: ObservedAt | None = None


def told(report: Report) -> dict[str, Any]:
    """What the report says, by the names of a correction's fields."""
    accuracy = None if report.accuracy_m is None else float(report.accuracy_m)
    return {
        "category": report.category,
        "description": report.description,
        "location": Location(float(report.lat), float(report.lon), accuracy),
        "address": report.address,
        "answers": report.answers or {},
        "share_identity": bool(report.share_identity),
        "observed_at": report.observed_at,
    }


def with_given(report: Report, given: dict[str, Any]) -> Particulars:
    """What the report says when these fields are corrected; another category asks otherwise."""
    if given.get("category", report.category) != report.category:
        given = {"answers": {}, **given}
    return Particulars(**{**told(report), **given})


def checked(
    body: Particulars, book: directory.Directory, at: datetime, complete: bool = True
) -> tuple[Category, list[Area]]:
    """The category and the chain of areas; Unprocessable with all faults, or CallEmergency.

    Unless it is to be `complete`, answers that the category requires may be missing.
    """
    faults: list[Fault] = []
    category = book.categories.get(body.category)
    if category is None:
        faults.append(Fault("category", "fault.no_category", {"id": body.category}))
    elif category.emergency is not None:
        number, message = category.emergency.number, category.emergency.message
        raise CallEmergency(number=number, message={"id": message.id, "en": message.en})
    else:
        faults += _answer_faults(body.answers, category.questions, complete)
    faults += plain_text.faults(body.description, "description")
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


def _answer_faults(
    answers: Mapping[str, Any], questions: list[Question], complete: bool
) -> list[Fault]:
    asked = {question.id: question for question in questions}
    unknown = [Fault(f"answers.{id}", "fault.unknown") for id in answers if id not in asked]
    missing = [
        Fault(f"answers.{id}", "fault.required")
        for id, question in asked.items()
        if complete and question.required and id not in answers
    ]
    wrong = [
        Fault(f"answers.{id}", f"fault.answer.{asked[id].type}", {"choices": _choices(asked[id])})
        for id, answer in answers.items()
        if id in asked and not _fits(answer, asked[id])
    ]
    return unknown + missing + wrong


def _choices(question: Question) -> str:
    return ", ".join(choice.id for choice in question.choices)


def _fits(answer: Any, question: Question) -> bool:
    choices = [choice.id for choice in question.choices]
    match question.type:
        case "number":
            return isinstance(answer, int | float)
        case "choice" | "singlevaluelist":
            return answer in choices
        case "multivaluelist":
            return isinstance(answer, list) and 0 < len(set(answer) & {*choices}) == len(answer)
        case "datetime":
            return isinstance(answer, str) and _is_time(answer)
        case "string":
            return isinstance(answer, str) and 0 < len(answer) <= 255 and answer.isprintable()
    return isinstance(answer, str) and 0 < len(answer) <= 1000


def _is_time(answer: str) -> bool:
    try:
        moment(answer)
    except (ValueError, OverflowError):
        return False
    return True


def fill(report: Report, body: Particulars) -> None:
    """Set what the words alone decide."""
    report.description = plain_text.clean(body.description)
    report.title = title_of(report.description)
    report.address, report.answers = body.address, body.answers or None
    report.share_identity = body.share_identity
    report.observed_at = text(moment(body.observed_at)) if body.observed_at else None


def place(
    report: Report,
    body: Particulars,
    category: Category,
    chain: list[Area],
    book: directory.Directory,
    at: datetime,
) -> None:
    """Set what category and place decide: areas, agency, service level, recurrence."""
    put_at(report, body, chain, book)
    service_level.begin(report, category, book.calendar)
    report.recurrence_of = recurrence_of(report.point, body.category, category, at)


def put_at(report: Report, body: Particulars, chain: list[Area], book: directory.Directory) -> None:
    """Set kind and place, and the agency that they belong to."""
    move_to(report, body, chain)
    report.hand_to(routing.responsible(body.category, chain, book.routes, book.coordinator))


def move_to(report: Report, body: Particulars, chain: list[Area]) -> None:
    """Set kind and place, and leave the agency as it is."""
    point = Point(round(body.location.lat, 6), round(body.location.lon, 6))
    report.category = body.category
    report.lat, report.lon = point.lat, point.lon
    report.accuracy_m, report.geohash = _accuracy(body), geohash_of(point)
    report.areas = [{"id": area.id, "name": area.name, "level": area.level} for area in chain]


def title_of(description: str) -> str:
    """The first line, cut at a word's end to 60 characters: what lists show."""
    line = " ".join(description.split())
    if len(line) <= TITLE_LENGTH:
        return line
    head = line[: TITLE_LENGTH - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[20:] else head) + "…"


def _accuracy(body: Particulars) -> float | None:
    accuracy = body.location.accuracy_m or body.accuracy_m
    # DynamoDB refuses numbers nearer to 0 than 1e-130; a centimetre is fine enough.
    return None if accuracy is None else round(accuracy, 2)
