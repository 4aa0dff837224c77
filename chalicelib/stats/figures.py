"""The figures of a period, recounted from its events. Pure: the same events give the same figures.

All figures are of the cohort: the reports created in the period, as everything that happened to
them since has left them. Their definitions in words are in the texts, under `figure.*`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from math import sqrt

from msgspec import Struct

from chalicelib.clock import moment
from chalicelib.events.models import Envelope
from chalicelib.reports import lifecycle
from chalicelib.stats.periods import Period


class Spread(Struct, frozen=True):
    """Median and 90th percentile of n durations in hours (nearest rank); None when n is 0."""

    median: float | None
    p90: float | None
    n: int


class ServiceLevel(Struct, frozen=True):
    """How many were closed in time, of those whose time is over or that were closed."""

    kept: int
    of: int


class Satisfaction(Struct, frozen=True):
    """Share of 4 and 5 among n ratings, with its 95 % Wilson interval; None when n is 0."""

    share: float | None
    n: int
    low: float | None
    high: float | None


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
    withdrawn: int
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


class History(Struct):
    """What one report's events add up to."""

    created: datetime
    category: str
    agency: str | None
    areas: list[tuple[int, str]]
    due: datetime | None
    status: str = "submitted"
    confirmed_by: str | None = None
    spam: bool = False
    first_response: datetime | None = None
    claimed: datetime | None = None
    closed: datetime | None = None
    disputed: bool = False
    reopened: bool = False
    referred: bool = False
    rating: int | None = None

    @property
    def counts(self) -> bool:
        """Whether it is among the submitted: neither withdrawn nor put away as spam."""
        return self.status != "withdrawn" and not self.spam


class Count(Struct, frozen=True):
    """The figures of a whole period and of its parts."""

    figures: Figures
    by_area: dict[str, Figures]
    by_agency: dict[str, Figures]
    by_category: dict[str, Figures]


class Scope(Struct, frozen=True):
    """Which reports are counted: those now in this area, agency and category; None admits all."""

    area: str | None = None
    agency: str | None = None
    category: str | None = None

    def admits(self, history: "History") -> bool:
        """Whether the report is counted."""
        return (
            self.area in (None, *(id for _, id in history.areas))
            and self.agency in (None, history.agency)
            and self.category in (None, history.category)
        )


def recount(events: Iterable[Envelope], period: Period, scope: Scope, until: datetime) -> Count:
    """The figures of `period` from all events since its start, in order; `until` is the present."""
    cohort = [one for one in histories(events, period).values() if scope.admits(one)]
    return Count(
        figures=figures(cohort, until),
        by_area=_by(cohort, lambda one: [id for _, id in one.areas], until),
        by_agency=_by(cohort, lambda one: [one.agency] if one.agency else [], until),
        by_category=_by(cohort, lambda one: [one.category], until),
    )


def histories(events: Iterable[Envelope], period: Period) -> dict[str, History]:
    """The reports created in the period, by id, with what their events add up to."""
    found: dict[str, History] = {}
    for event in events:
        at, data = moment(event.timestamp), event.data
        if event.type == "report.created" and period.start <= at < period.end:
            found[data.report_id] = History(
                created=at,
                category=data.category,
                agency=data.agency_id,
                areas=[(area.level, area.id) for area in data.areas],
                due=moment(data.resolve_due) if data.resolve_due else None,
            )
        elif data.report_id in found:
            _apply(found[data.report_id], event, at)
    return found


def _apply(history: History, event: Envelope, at: datetime) -> None:
    data = event.data
    # A reporter may correct kind and place; whatever the last event says holds.
    history.agency, history.category = data.agency_id, data.category
    history.areas = [(area.level, area.id) for area in data.areas]
    history.due = moment(data.resolve_due) if data.resolve_due else None
    history.rating = data.rating or history.rating
    history.disputed |= event.type == "report.disputed"
    if data.previous_status is None:
        return
    history.status = data.status
    history.confirmed_by = data.actor if data.status == "confirmed" else None
    history.spam = data.status == "rejected" and data.reason == "spam" and data.actor == "moderator"
    history.reopened |= data.status == "reopened"
    history.referred |= data.status == "referred"
    if data.status in lifecycle.AGENCY_ACTIONS and history.first_response is None:
        history.first_response = at
    if data.status == "resolved" and data.reason == "fixed":
        history.claimed = at
    if data.status in ("resolved", "rejected", "duplicate"):
        history.closed = at
    elif lifecycle.is_open(data.status):
        # Reopened, or a duplicate that is none after all.
        history.closed = None


def figures(cohort: Iterable[History], until: datetime) -> Figures:
    """The figures of some reports."""
    everything = list(cohort)
    counted = [one for one in everything if one.counts]
    standing = [one for one in counted if one.status in ("resolved", "confirmed") and one.claimed]
    return Figures(
        submitted=len(counted),
        clustered=sum(one.status != "duplicate" for one in counted),
        followed_up=sum(one.first_response is not None for one in counted),
        claimed_resolved=sum(one.claimed is not None for one in counted),
        confirmed_resolved=sum(one.confirmed_by == "reporter" for one in counted),
        unanswered=sum(one.confirmed_by == "nobody" for one in counted),
        disputed=sum(one.disputed for one in counted),
        reopened=sum(one.reopened for one in counted),
        rejected=sum(one.status == "rejected" for one in counted),
        referred=sum(one.referred for one in counted),
        withdrawn=sum(one.status == "withdrawn" for one in everything),
        first_response_hours=spread(
            [one.first_response - one.created for one in counted if one.first_response]
        ),
        resolve_hours=spread([one.claimed - one.created for one in standing if one.claimed]),
        service_level=_service_level(counted, until),
        satisfaction=satisfaction([one.rating for one in counted if one.rating]),
    )


def rates(of: Figures) -> dict[str, float | None]:
    """Each share of the submitted, 0 to 1 with four decimals; None when nothing was submitted."""
    return {
        name: round(getattr(of, name) / of.submitted, 4) if of.submitted else None for name in RATES
    }


def spread(durations: list[timedelta]) -> Spread:
    """Nearest-rank median and 90th percentile, hours with two decimals."""
    hours = sorted(round(one.total_seconds() / 3600, 2) for one in durations)
    if not hours:
        return Spread(None, None, 0)
    return Spread(_rank(hours, 0.5), _rank(hours, 0.9), len(hours))


def satisfaction(ratings: list[int]) -> Satisfaction:
    """Wilson's score interval for a proportion, z = 1.96 (Wilson 1927)."""
    n = len(ratings)
    if n == 0:
        return Satisfaction(None, 0, None, None)
    share, z = sum(rating >= 4 for rating in ratings) / n, 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Satisfaction(round(share, 4), n, round(middle - half, 4), round(middle + half, 4))


def _rank(ordered: list[float], share: float) -> float:
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def _service_level(counted: list[History], until: datetime) -> ServiceLevel:
    judged = [one for one in counted if one.due and (one.closed or one.due < until)]
    kept = [one for one in judged if one.closed and one.due and one.closed <= one.due]
    return ServiceLevel(len(kept), len(judged))


def _by(
    cohort: list[History], names_of: Callable[[History], list[str]], until: datetime
) -> dict[str, Figures]:
    parts: dict[str, list[History]] = defaultdict(list)
    for one in cohort:
        for name in names_of(one):
            parts[name].append(one)
    return {name: figures(parts[name], until) for name in sorted(parts)}
