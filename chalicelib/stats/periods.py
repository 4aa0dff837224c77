"""Days, ISO weeks, months and years on the city's clock. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

Kind = Literal["day", "week", "month", "year"]

_FORMS: list[tuple[Kind, re.Pattern[str]]] = [
    ("day", re.compile(r"(\d{4})-(\d{2})-(\d{2})")),
    ("week", re.compile(r"(\d{4})-W(\d{2})")),
    ("month", re.compile(r"(\d{4})-(\d{2})")),
    ("year", re.compile(r"(\d{4})")),
]


class Period(Struct, frozen=True):
    """A span of whole local days: start <= time < end, both aware, in UTC."""

    kind: Kind
    label: str
    start: datetime
    end: datetime


def parse(label: str, zone: ZoneInfo) -> Period:
    """`2026-11-24`, `2026-W48`, `2026-11` or `2026` in that zone; ValueError when it is none."""
    for kind, form in _FORMS:
        if found := form.fullmatch(label):
            first = _first_day(kind, [int(group) for group in found.groups()])
            return Period(kind, label, _midnight(first, zone), _midnight(_next(kind, first), zone))
    raise ValueError(f"{label!r} is no period")


def last_complete(kind: Kind, at: datetime, zone: ZoneInfo) -> Period:
    """The latest period of that kind that has ended by `at`."""
    today = at.astimezone(zone).date()
    inside = _label(kind, today)
    before = parse(inside, zone).start - timedelta(hours=1)
    return parse(_label(kind, before.astimezone(zone).date()), zone)


def _first_day(kind: Kind, numbers: list[int]) -> date:
    if kind == "week":
        return date.fromisocalendar(numbers[0], numbers[1], 1)
    return date(*[*numbers, 1, 1][:3])


def _next(kind: Kind, first: date) -> date:
    match kind:
        case "day":
            return first + timedelta(days=1)
        case "week":
            return first + timedelta(days=7)
        case "month":
            return (first + timedelta(days=31)).replace(day=1)
        case "year":
            return first.replace(year=first.year + 1)


def _label(kind: Kind, day: date) -> str:
    match kind:
        case "day":
            return day.isoformat()
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year:04d}-W{week:02d}"
        case "month":
            return f"{day:%Y-%m}"
        case "year":
            return f"{day:%Y}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
