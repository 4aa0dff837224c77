"""Figures by geohash cell: what a map of a period is coloured by."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import asdict

from chalicelib.events import counters
from chalicelib.events.counters import Range
from chalicelib.events.models import CELL_LENGTH
from chalicelib.places.box import Box
from chalicelib.places.geohash import centre
from chalicelib.places.point import Point
from chalicelib.reports.map_ranges import Frame
from chalicelib.stats.accounts import Numbers
from chalicelib.stats.periods import Period
from chalicelib.stats.reading import Read
from chalicelib.stats.tallies import CELL_FIGURES, cell_series, day_time, month_time

MOST = 1_000
"""More cells are added up in larger ones: no map needs more."""

BUSIEST = 20
"""Those that a digest numbers on its map and tells of one by one."""

EVERYWHERE = Box(-180.0, -90.0, 180.0, 90.0)

# Cells, and what is counted in them at one time.
_Rows = list[tuple[str, Numbers]]
# By cell, the figures of the period and their change.
_Sums = dict[str, tuple[Counter[str], Counter[str]]]


class CellCounts(Struct, frozen=True):
    """How many of the reports that were created in a period."""

    submitted: int = 0
    followed_up: int = 0
    claimed_resolved: int = 0
    confirmed_resolved: int = 0


class CellFigures(Struct, frozen=True):
    """A geohash cell, whole; `change` is since the period before."""

    cell: str
    centre: Point
    figures: CellCounts
    change: CellCounts


class Cells(Struct, frozen=True):
    """Cells of so many characters, in order, that had a report in the period or the one before."""

    precision: int
    cells: list[CellFigures]


def cells(
    period: Period,
    earlier: Period,
    precision: int = CELL_LENGTH,
    box: Box = EVERYWHERE,
    read: Read = counters.shown,
) -> Cells:
    """Those that the box touches; of coarser precisions until there are no more than MOST."""
    rows = _rows(period, earlier, read)
    while len(found := _added_up(rows, Frame(box, precision), precision)) > MOST:
        precision -= 1
    return Cells(precision, found)


def coarser(some: Iterable[CellFigures]) -> list[CellFigures]:
    """The same in cells of one character less."""
    sums: _Sums = {}
    for one in some:
        now, change = sums.setdefault(one.cell[:-1], (Counter(), Counter()))
        now.update(asdict(one.figures))
        change.update(asdict(one.change))
    return _figures(sums)


def busiest(some: Iterable[CellFigures]) -> list[CellFigures]:
    """Those with the most reports of the period first, and none without."""
    ordered = sorted(some, key=lambda one: (-one.figures.submitted, one.cell))
    return [one for one in ordered[:BUSIEST] if one.figures.submitted]


def _rows(now: Period, then: Period, read: Read) -> tuple[_Rows, _Rows]:
    """What there is of each of the finest cells in the months or days of both periods."""
    times, earlier = _times(now), _times(then)
    found = read([Range(cell_series(time), "0", "z" * CELL_LENGTH) for time in times + earlier])
    return (
        [row for rows in found[: len(times)] for row in rows],
        [row for rows in found[len(times) :] for row in rows],
    )


def _times(period: Period) -> list[str]:
    """The times of the rows that a period is added up from: of months, or of days."""
    time = month_time if period.kind in ("month", "year") else day_time
    days = range((period.last - period.first).days + 1)
    return list(dict.fromkeys(time(period.first + timedelta(days=day)) for day in days))


def _added_up(rows: tuple[_Rows, _Rows], frame: Frame, precision: int) -> list[CellFigures]:
    sums: _Sums = {}
    for sign, some in zip((1, -1), rows, strict=True):
        for id, numbers in some:
            if numbers and frame.has(id):
                figures, change = sums.setdefault(id[:precision], (Counter(), Counter()))
                for name, number in numbers.items():
                    change[name] += sign * number
                    if sign > 0:
                        figures[name] += number
    return _figures(sums)


def _figures(sums: _Sums) -> list[CellFigures]:
    return [
        CellFigures(cell, centre(cell), _counts(now), _counts(change))
        for cell, (now, change) in sorted(sums.items())
    ]


def _counts(numbers: Counter[str]) -> CellCounts:
    return CellCounts(**{name: numbers[name] for name in CELL_FIGURES})
