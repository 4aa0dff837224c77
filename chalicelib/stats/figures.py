"""The honest figures, made from the sums of counters. Pure.

All but the backlog are of the cohort: the reports created in the period, as everything that has
happened to them since has left them. Their definitions in words are in the texts, under `figure.*`.
"""

from math import sqrt

from msgspec import Struct

from chalicelib.stats.accounts import Numbers
from chalicelib.stats.durations import FIRST_RESPONSE, FIX, Spread, spread


class ServiceLevel(Struct, frozen=True):
    """How many were closed in time, of those whose due time has passed or that were closed."""

    kept: int
    of: int


class Satisfaction(Struct, frozen=True):
    """Share of 4 and 5 among n ratings, with its 95 % Wilson interval; None when n is 0.

    `satisfied` is how many they are.
    """

    share: float | None
    satisfied: int
    n: int
    low: float | None
    high: float | None


class Ages(Struct, frozen=True):
    """Open reports by whole days since the day that they were created on."""

    under_7_days: int
    under_30_days: int
    under_90_days: int
    older: int


class Backlog(Struct, frozen=True):
    """Reports open at the end of a period; by age only where that was asked for."""

    open: int
    by_age: Ages | None = None


class Figures(Struct, frozen=True):
    """Counts of reports, and what is derived from them."""

    submitted: int
    clustered: int
    followed_up: int
    claimed_resolved: int
    confirmed_resolved: int
    unanswered: int
    disputed: int
    reopened: int
    rejected: int
    referred: int
    bounced: int
    withdrawn: int
    spam: int
    backlog: int
    backlog_by_age: Ages | None
    first_response_hours: Spread
    resolve_hours: Spread
    service_level: ServiceLevel
    satisfaction: Satisfaction


RATES = (
    "followed_up",
    "claimed_resolved",
    "confirmed_resolved",
    "unanswered",
    "disputed",
    "reopened",
    "rejected",
    "referred",
)
COUNTS = tuple(name for name, kind in Figures.__annotations__.items() if kind in (int, "int"))


def figures(sums: Numbers, backlog: Backlog) -> Figures:
    """The figures of the reports whose numbers these are the sums of."""
    counted = {name: sums.get(name, 0) for name in COUNTS if name != "backlog"}
    return Figures(
        **counted,
        backlog=backlog.open,
        backlog_by_age=backlog.by_age,
        first_response_hours=spread(FIRST_RESPONSE, sums),
        resolve_hours=spread(FIX, sums),
        service_level=ServiceLevel(sums.get("kept", 0), sums.get("judged", 0)),
        satisfaction=satisfaction(_ratings(sums)),
    )


def rates(of: Figures) -> dict[str, float | None]:
    """Shares, 0 to 1 with four decimals, of the submitted; None where there is nothing to share.

    `service_level` is of those judged, `satisfaction` of those rated.
    """
    level, trust = of.service_level, of.satisfaction
    return {
        **{name: share(getattr(of, name), of.submitted) for name in RATES},
        "service_level": share(level.kept, level.of),
        "satisfaction": trust.share,
    }


def share(count: int, of: int) -> float | None:
    """`count` of `of` with four decimals; None of none."""
    return round(count / of, 4) if of else None


def change(now: Figures, then: Figures) -> dict[str, float | None]:
    """By how much each count, each median and each rate is more than it was.

    Rates are differences of shares; None where either has none.
    """
    counts = {name: getattr(now, name) - getattr(then, name) for name in COUNTS}
    medians = {
        name: _difference(getattr(now, name).median, getattr(then, name).median)
        for name in ("first_response_hours", "resolve_hours")
    }
    was = rates(then)
    shares = {f"{name}_rate": _difference(one, was[name]) for name, one in rates(now).items()}
    return {**counts, **medians, **shares}


def satisfaction(ratings: dict[int, int]) -> Satisfaction:
    """Of so many ratings of each kind: Wilson's score interval, z = 1.96 (Wilson 1927)."""
    n = sum(ratings.values())
    if n == 0:
        return Satisfaction(None, 0, 0, None, None)
    satisfied = sum(count for rating, count in ratings.items() if rating >= 4)
    good, z = satisfied / n, 1.96
    middle = (good + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(good * (1 - good) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low, high = round(middle - half, 4), round(middle + half, 4)
    return Satisfaction(round(good, 4), satisfied, n, low, high)


def _ratings(sums: Numbers) -> dict[int, int]:
    """How many there are of each rating."""
    return {rating: sums.get(f"rated{rating}", 0) for rating in range(1, 6)}


def _difference(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else round(now - then, 4)
