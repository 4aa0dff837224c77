"""HTTP of the figures: what has become of the reports of a period."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.clock import Time, text
from chalicelib.errors import Fault, InvalidInput, Unprocessable
from chalicelib.events.models import CELL_LENGTH
from chalicelib.reports.listed import box_of
from chalicelib.settings import settings
from chalicelib.stats import content, periods
from chalicelib.stats.asked import period_of, scope_faults
from chalicelib.stats.cells import EVERYWHERE, CellFigures, cells
from chalicelib.stats.content import Earlier, Shares
from chalicelib.stats.figures import Figures
from chalicelib.stats.periods import Period
from chalicelib.stats.scopes import Scope
from chalicelib.web import Asked, Reply, Routes

routes = Routes(__name__, "figures")

# Counters follow the events by seconds; who reads them more often reads the same.
FRESH_SECONDS = 30
_FRESH = {"Cache-Control": f"public, max-age={FRESH_SECONDS}"}
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Label = Annotated[
    str,
    Meta(
        max_length=10,
        description="a day `2026-11-24`, ISO week `2026-W48`, month `2026-11` or year "
        "`2026` on the city's calendar; the present month unless given",
    ),
]


class StatsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The period, and which of its reports; all of them unless said otherwise."""

    period: Label | None = None
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
    zone, period = settings.time_zone, _period(query.period)
    scope = Scope(query.area, query.agency, query.category)
    if faults := scope_faults(scope):
        raise Unprocessable(*faults)
    told = content.told(scope, period.label, zone)
    stats = Stats(
        period=period.label,
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
    told_in = {"Vary": "Accept-Language", "Content-Language": asked.language}
    return Reply(stats, headers={**_FRESH, **told_in})


class CellsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The period, and which cells."""

    period: Label | None = None
    precision: Annotated[
        int,
        Meta(ge=1, le=CELL_LENGTH, description="characters of a cell: 6 are some 1.2 km by 0.6 km"),
    ] = CELL_LENGTH
    bbox: (
        Annotated[str, Meta(max_length=400, description="`west,south,east,north` in degrees")]
        | None
    ) = None


class CellStats(Struct, frozen=True):
    """Where the reports of a period were; cells without any in it and in `previous` are left out.

    `precision` is what was asked for, or less: there are 1,000 cells at most.
    """

    period: str
    start: Time
    end: Time
    time_zone: str
    previous: str
    precision: int
    cells: list[CellFigures]


@routes.get("/v1/stats/cells", problems=(Unprocessable,))
def show_cells(query: CellsQuery) -> Reply[CellStats]:
    """The reports of a period by geohash cell, as the figures count them, and the change."""
    zone = settings.time_zone
    period = _period(query.period)
    box = EVERYWHERE if query.bbox is None else box_of(query.bbox)
    if box is None:
        raise InvalidInput(Fault("bbox", "fault.bbox"))
    earlier = periods.before(period, zone)
    found = cells(period, earlier, query.precision, box)
    stats = CellStats(
        period=period.label,
        start=text(period.start),
        end=text(period.end),
        time_zone=zone.key,
        previous=earlier.label,
        precision=found.precision,
        cells=found.cells,
    )
    return Reply(stats, headers=_FRESH)


def _period(label: str | None) -> Period:
    """The one of that name, or the present month; InvalidInput, Unprocessable."""
    zone, at = settings.time_zone, clock.now()
    return period_of(label, zone, at) if label else periods.current("month", at, zone)
