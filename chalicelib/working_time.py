"""Time that counts: all of it, or only the city's working time. Pure.

A moment counts when the clock on the wall shows working hours on a day that is no holiday. Between
two moments passes what really passed, so that an hour is an hour also where clocks are changed.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

DAY = timedelta(days=1)

# From and to, since the day's first midnight by the clock on the wall.
Span = tuple[timedelta, timedelta]


class Calendar(Struct, frozen=True):
    """When a city works: spans of each weekday, Monday first, each day's in order and apart.

    At least one weekday has a span; without this no work would ever be done.
    """

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = frozenset()


def after(start: datetime, amount: timedelta, calendar: Calendar | None) -> datetime:
    """The first moment by which `amount` has passed since `start`; in UTC.

    In working time of the calendar, or in calendar time where there is none.
    """
    start = start.astimezone(UTC)
    if calendar is None or not amount:
        return start + amount
    for opens, closes in _spans(start, calendar):
        if opens + amount <= closes:
            return opens + amount
        amount -= closes - opens
    raise AssertionError("a calendar has no last day")


def between(start: datetime, end: datetime, calendar: Calendar | None) -> timedelta:
    """How much time passes from `start` to `end`; none when `end` comes first."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return timedelta(0)
    if calendar is None:
        return end - start
    passed = timedelta(0)
    for opens, closes in _spans(start, calendar):
        if opens >= end:
            return passed
        passed += min(closes, end) - opens
    raise AssertionError("a calendar has no last day")


def _spans(start: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """The working spans from `start` on, in UTC and in order, none of them empty."""
    # Where clocks are set forward, spans that the day skips may begin after the next ones do.
    until = start
    # A whole day has been left out on some islands: yesterday's work may not be over.
    day = start.astimezone(calendar.zone).date() - DAY
    while True:
        for opens, closes in () if day in calendar.holidays else calendar.week[day.weekday()]:
            since, until = until, max(until, _moment(day, closes, calendar.zone))
            since = max(since, _moment(day, opens, calendar.zone))
            if since < until:
                yield since, until
        day += DAY


def _moment(day: date, since_midnight: timedelta, zone: ZoneInfo) -> datetime:
    """When the clock on the wall shows it: for the first time, where it does so twice."""
    return (datetime.combine(day, time()) + since_midnight).replace(tzinfo=zone).astimezone(UTC)
