"""Figures by geohash cell: what a map of a period is coloured by."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

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
from chalicelib.stats.tallies import CELL_FIGURES, cell_series

MOST = 1_000
"""More cells are added up in larger ones: no map needs more."""

BUSIEST = 20
"""Those that a digest numbers on its map and tells of one by one."""

EVERYWHERE = Box(-180.0, -90.0, 180.0, 90.0)

# A cell, and what is counted in it of the period and of the one before.
_Row = tuple[str, Numbers, Numbers]
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


def _rows(period: Period, earlier: Period, read: Read) -> list[_Row]:
    """What there is of each of the finest cells: a month of a city is some hundred small rows."""
    months = list(_months(earlier.first, period.last))
    found = read([Range(cell_series(month), "0", "z" * CELL_LENGTH) for month in months])
    return [
        (id, _of(period, month, numbers), _of(earlier, month, numbers))
        for month, rows in zip(months, found, strict=True)
        for id, numbers in rows
    ]


def _months(first: date, last: date) -> Iterator[str]:
    """Every month from that of one day to that of another."""
    for number in range(12 * first.year + first.month - 1, 12 * last.year + last.month):
        yield f"{number // 12:04}-{number % 12 + 1:02}"


def _of(period: Period, month: str, numbers: Numbers) -> Numbers:
    """What a month's numbers say of a period, by figure."""
    low, high = period.first.isoformat(), period.last.isoformat()
    told: Numbers = defaultdict(int)
    for name, number in numbers.items():
        if low <= f"{month}-{name[-2:]}" <= high:
            told[name[:-2]] += number
    return told


def _added_up(rows: list[_Row], frame: Frame, precision: int) -> list[CellFigures]:
    sums: _Sums = {}
    for id, now, then in rows:
        if frame.has(id) and (now or then):
            figures, change = sums.setdefault(id[:precision], (Counter(), Counter()))
            figures.update(now)
            change.update(now)
            change.subtract(then)
    return _figures(sums)


def _figures(sums: _Sums) -> list[CellFigures]:
    return [
        CellFigures(cell, centre(cell), _counts(now), _counts(change))
        for cell, (now, change) in sorted(sums.items())
    ]


def _counts(numbers: Counter[str]) -> CellCounts:
    return CellCounts(**{name: numbers[name] for name in CELL_FIGURES})
