"""The figures the plain way: each report's story is followed through the log, and then counted.

Slow, in memory, and it knows nothing of counters, standings or previous values.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from math import ceil, floor
from typing import Any

from msgspec import Struct

from chalicelib.clock import moment
from chalicelib.events.models import Envelope
from chalicelib.reports import lifecycle
from chalicelib.settings import settings
from chalicelib.stats.periods import Period
from chalicelib.stats.scopes import Scope


class History(Struct):
    """What one report's events add up to."""

    created: datetime
    category: str = ""
    place: tuple[float, float] = (0, 0)
    agency: str | None = None
    areas: list[str] = []
    due: datetime | None = None
    status: str = "submitted"
    confirmed_by: str | None = None
    spam: bool = False
    first_response: datetime | None = None
    claimed: datetime | None = None
    closed: datetime | None = None
    disputed: bool = False
    reopened: bool = False
    hand_overs: int = 0
    rating: int | None = None

    @property
    def counts(self) -> bool:
        return self.status != "withdrawn" and not self.spam


def recount(
    events: Iterable[Envelope], period: Period, scope: Scope, until: datetime
) -> dict[str, Any]:
    """The figures of a period as they are at `until`, in the form of the API's answer."""
    log = sorted(events, key=lambda one: (one.data.report_id, one.data.version))
    everything = [one for one in histories(log).values() if _admits(scope, one)]
    cohort = [one for one in everything if period.start <= one.created < period.end]
    counted = [one for one in cohort if one.counts]
    fixed = [one for one in counted if one.status in ("resolved", "confirmed") and one.claimed]
    judged = [one for one in counted if one.due and (one.closed or one.due < until)]
    ratings = [one.rating for one in counted if one.rating]
    return {
        "submitted": len(counted),
        "clustered": _many(counted, lambda one: one.status != "duplicate"),
        "followed_up": _many(counted, lambda one: one.first_response),
        "claimed_resolved": _many(counted, lambda one: one.claimed),
        "confirmed_resolved": _many(counted, lambda one: one.confirmed_by == "reporter"),
        "unanswered": _many(counted, lambda one: one.confirmed_by == "nobody"),
        "disputed": _many(counted, lambda one: one.disputed),
        "reopened": _many(counted, lambda one: one.reopened),
        "rejected": _many(counted, lambda one: one.status == "rejected"),
        "referred": _many(counted, lambda one: one.hand_overs),
        "bounced": _many(counted, lambda one: one.hand_overs >= 3),
        "withdrawn": _many(cohort, lambda one: one.status == "withdrawn"),
        "spam": _many(cohort, lambda one: one.spam and one.status != "withdrawn"),
        **backlog(log, period.last, scope),
        "first_response_hours": spread([_hours(one, one.first_response) for one in counted]),
        "resolve_hours": spread([_hours(one, one.claimed) for one in fixed]),
        "service_level": {
            "kept": _many(judged, lambda one: one.closed and one.due and one.closed <= one.due),
            "of": len(judged),
        },
        "ratings": (_many(ratings, lambda rating: rating >= 4), len(ratings)),
    }


def by_place(
    events: Iterable[Envelope], period: Period, grid: Callable[[float, float], str]
) -> dict[str, dict[str, int]]:
    """What a period's reports count as, by the square of a grid that they lie in."""
    log = sorted(events, key=lambda one: (one.data.report_id, one.data.version))
    cohort = [one for one in histories(log).values() if period.start <= one.created < period.end]
    found: dict[str, list[History]] = {}
    for one in cohort:
        if one.counts:
            found.setdefault(grid(*one.place), []).append(one)
    return {
        square: {
            "submitted": len(some),
            "followed_up": _many(some, lambda one: one.first_response),
            "claimed_resolved": _many(some, lambda one: one.claimed),
            "confirmed_resolved": _many(some, lambda one: one.confirmed_by == "reporter"),
        }
        for square, some in found.items()
    }


def backlog(log: list[Envelope], last: date, scope: Scope) -> dict[str, Any]:
    """How many were open at the end of the day `last`, and how old they were in days."""
    told = [event for event in log if _day(moment(event.timestamp)) <= last]
    waiting = [
        (last - _day(one.created)).days
        for one in histories(told).values()
        if one.counts and lifecycle.is_open(one.status) and _admits(scope, one)
    ]
    bands = ((0, 7), (7, 30), (30, 90), (90, 10**9))
    by_age = [_many(waiting, lambda age: low <= age < high) for low, high in bands]  # noqa: B023
    names = ("under_7_days", "under_30_days", "under_90_days", "older")
    return {"backlog": len(waiting), "backlog_by_age": dict(zip(names, by_age, strict=True))}


def histories(log: Iterable[Envelope]) -> dict[str, History]:
    """All reports by id, with what their events, in order, add up to."""
    found: dict[str, History] = {}
    for event in log:
        id = event.data.report_id
        _apply(found.setdefault(id, History(moment(event.data.reported_at))), event)
    return found


def spread(values: Iterable[float | None]) -> dict[str, Any]:
    """Median and 90th percentile, linear between two ranks as NumPy has it."""
    hours = sorted(value for value in values if value is not None)

    def at(share: float) -> float | None:
        if not hours:
            return None
        place = (len(hours) - 1) * share
        low, high = hours[floor(place)], hours[ceil(place)]
        return low + (high - low) * (place - floor(place))

    return {"median": at(0.5), "p90": at(0.9), "n": len(hours)}


def _apply(history: History, event: Envelope) -> None:
    data, at = event.data, moment(event.timestamp)
    # A reporter may correct kind and place; whatever the last event says holds.
    history.agency, history.category = data.agency_id, data.category
    history.areas = [area.id for area in data.areas]
    history.place = (data.location["lat"], data.location["lon"])
    history.due = moment(data.resolve_due) if data.resolve_due else None
    history.rating = data.rating or history.rating
    history.disputed |= event.type == "report.disputed"
    if event.type == "report.hidden":
        # What was rejected as spam stays so when it is hidden for another reason.
        history.spam |= data.hidden == "spam"
    if event.type == "report.shown":
        history.spam = False
    if data.previous_status is None:
        return
    history.status = data.status
    history.confirmed_by = data.actor if data.status == "confirmed" else None
    rejected = data.status == "rejected" and data.reason == "spam" and data.actor == "moderator"
    history.spam = rejected or data.hidden == "spam"
    history.reopened |= data.status == "reopened"
    history.hand_overs += event.type != "report.unmerged" and data.status == "referred"
    if data.status in lifecycle.AGENCY_ACTIONS and history.first_response is None:
        history.first_response = at
    if event.type != "report.unmerged" and data.status == "resolved" and data.reason == "fixed":
        history.claimed = at
    if data.status in ("resolved", "rejected", "duplicate"):
        history.closed = at
    elif lifecycle.is_open(data.status):
        # Reopened, or a duplicate that is none after all.
        history.closed = None


def _admits(scope: Scope, history: History) -> bool:
    return (
        scope.area in (None, *history.areas)
        and scope.agency in (None, history.agency)
        and scope.category in (None, history.category)
    )


def _many(things: Iterable[Any], true: Callable[[Any], Any]) -> int:
    return sum(bool(true(one)) for one in things)


def _hours(one: History, end: datetime | None) -> float | None:
    return None if end is None else (end - one.created).total_seconds() / 3600


def _day(at: datetime) -> date:
    return at.astimezone(settings.time_zone).date()
