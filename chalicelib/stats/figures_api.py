"""HTTP of the figures: what has become of the reports of a period."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.clock import Time, text
from chalicelib.errors import Unprocessable
from chalicelib.settings import settings
from chalicelib.stats import content, periods
from chalicelib.stats.asked import period_of, scope_faults
from chalicelib.stats.content import Earlier, Shares
from chalicelib.stats.figures import Figures
from chalicelib.stats.scopes import Scope
from chalicelib.web import Asked, Reply, Routes

routes = Routes(__name__, "figures")

# Counters follow the events by seconds; who reads them more often reads the same.
FRESH_SECONDS = 30
Id = Annotated[str, Meta(min_length=1, max_length=64)]


class StatsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The period, and which of its reports; all of them unless said otherwise."""

    period: (
        Annotated[
            str,
            Meta(
                max_length=10,
                description="a day `2026-11-24`, ISO week `2026-W48`, month `2026-11` or year "
                "`2026` on the city's calendar; the present month unless given",
            ),
        ]
        | None
    ) = None
    area: Id | None = None
    agency: Id | None = None
    category: Id | None = None


class Stats(Struct, frozen=True):
    """The figures of a period; `change` is since `previous`, of rates as difference of shares."""

    period: str
    start: Time
    end: Time
    time_zone: str
    scope: Scope
    figures: Figures
    rates: Shares
    previous: Earlier
    change: Shares
    definitions: dict[str, str]


@routes.get("/v1/stats", problems=(Unprocessable,))
def show_stats(query: StatsQuery, asked: Asked) -> Reply[Stats]:
    """The honest figures, with what each means, and the period before to compare with."""
    zone, at = settings.time_zone, clock.now()
    label = query.period or periods.current("month", at, zone).label
    period = period_of(label, zone, at)
    scope = Scope(query.area, query.agency, query.category)
    if faults := scope_faults(scope):
        raise Unprocessable(*faults)
    told = content.told(scope, label, zone)
    stats = Stats(
        period=label,
        start=text(period.start),
        end=text(period.end),
        time_zone=zone.key,
        scope=scope,
        figures=told.figures,
        rates=told.rates,
        previous=told.previous,
        change=told.change,
        definitions=content.definitions(asked.language),
    )
    fresh = {"Cache-Control": f"public, max-age={FRESH_SECONDS}", "Vary": "Accept-Language"}
    return Reply(stats, headers={**fresh, "Content-Language": asked.language})
