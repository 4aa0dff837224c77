"""Days, ISO weeks, months and years on the city's clock. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

Kind = Literal["day", "week", "month", "year"]

_FORMS: list[tuple[Kind, re.Pattern[str]]] = [
    ("day", re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)),
    ("week", re.compile(r"(\d{4})-W(\d{2})", re.ASCII)),
    ("month", re.compile(r"(\d{4})-(\d{2})", re.ASCII)),
    ("year", re.compile(r"(\d{4})", re.ASCII)),
]


class Period(Struct, frozen=True):
    """A span of whole local days from `first` to `last`: start <= time < end, aware, in UTC."""

    kind: Kind
    label: str
    first: date
    last: date
    start: datetime
    end: datetime


def parse(label: str, zone: ZoneInfo) -> Period:
    """`2026-11-24`, `2026-W48`, `2026-11` or `2026` in that zone; ValueError when it is none."""
    for kind, form in _FORMS:
        if found := form.fullmatch(label):
            return _period(kind, label, [int(group) for group in found.groups()], zone)
    raise ValueError(f"{label!r} is no period")


def last_complete(kind: Kind, at: datetime, zone: ZoneInfo) -> Period:
    """The latest period of that kind that has ended by `at`."""
    return before(current(kind, at, zone), zone)


def before(period: Period, zone: ZoneInfo) -> Period:
    """The period of the same kind that comes before; ValueError when there is none."""
    return parse(_label(period.kind, _earlier(period.first)), zone)


def current(kind: Kind, at: datetime, zone: ZoneInfo) -> Period:
    """The period of that kind that `at` lies in."""
    return parse(_label(kind, at.astimezone(zone).date()), zone)


def parts(period: Period) -> list[str]:
    """The labels of a year's months, or of the days of anything shorter."""
    if period.kind == "year":
        return [f"{period.label}-{month:02d}" for month in range(1, 13)]
    days = (period.last - period.first).days + 1
    return [(period.first + timedelta(days=n)).isoformat() for n in range(days)]


def _period(kind: Kind, label: str, numbers: list[int], zone: ZoneInfo) -> Period:
    try:
        first = _first_day(kind, numbers)
        following = _next(kind, first)
        start, end = _midnight(first, zone), _midnight(following, zone)
    except OverflowError:
        raise ValueError(f"{label!r} lies at the end of the calendar") from None
    return Period(kind, label, first, _earlier(following), start, end)


def _earlier(day: date) -> date:
    try:
        return day - timedelta(days=1)
    except OverflowError:
        raise ValueError("the calendar has no earlier day") from None


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
            return day.isoformat()[:7]
        case "year":
            return day.isoformat()[:4]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
