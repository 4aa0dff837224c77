"""Where areas of one kind leave holes between them, or lie over each other.

Looked at through a raster: a hole or overlap narrower than a cell may be missed, and outlines that
were simplified each by itself show slivers. So these are warnings, never faults. A row of the
raster is one integer with a bit for each column: the even-odd rule is an exclusive or.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import ceil

from msgspec import Struct

from chalicelib.places.area_shape import AreaShape, Polygons, Ring
from chalicelib.places.point import Point
from chalicelib.places.polygon import Bounds, bounds

SIDE = 512

Rows = list[int]
Cells = dict[int, int]
"""The rows of an area, by their numbers: of most rows a small area has none."""


class Flaw(Struct, frozen=True):
    """A `gap` that no area covers (`areas`: the one around), or an `overlap` of two of them.

    `at` is a place in it.
    """

    kind: str
    areas: list[str]
    at: Point


def flaws(shapes: list[AreaShape]) -> Iterator[Flaw]:
    """Of areas without faults: gaps and overlaps among those with the same parent.

    Without a parent only what is enclosed is a gap; a hole in a parent is none.
    """
    by_id = {shape.id: shape for shape in shapes}
    siblings: dict[tuple[str, int], list[AreaShape]] = {}
    for shape in shapes:
        siblings.setdefault((shape.parent or "", shape.level), []).append(shape)
    for (parent, _), group in sorted(siblings.items()):
        yield from _of_group(group, by_id.get(parent))


def _of_group(group: list[AreaShape], parent: AreaShape | None) -> Iterator[Flaw]:
    around = [*group, parent] if parent else group
    raster = _Raster(bounds([ring for one in around for rings in one.geometry for ring in rings]))
    covered = [0] * SIDE
    laid: list[tuple[AreaShape, Cells]] = []
    for shape in group:
        cells = raster.cells(shape.geometry)
        if any(bits & covered[row] for row, bits in cells.items()):
            yield from _overlaps(raster, shape, cells, laid)
        for row, bits in cells.items():
            covered[row] |= bits
        laid.append((shape, cells))
    wanted = _rows(raster.cells(parent.geometry)) if parent else _enclosed(covered)
    for place in _pieces([row & ~before for row, before in zip(wanted, covered, strict=True)]):
        yield Flaw("gap", [parent.id] if parent else [], raster.point(*place))


def _overlaps(
    raster: "_Raster", shape: AreaShape, cells: Cells, laid: list[tuple[AreaShape, Cells]]
) -> Iterator[Flaw]:
    for other, there in laid:
        both = {row: bits & there[row] for row, bits in cells.items() if row in there}
        if any(both.values()):
            place = next(_pieces(_rows(both)))
            yield Flaw("overlap", [other.id, shape.id], raster.point(*place))


def _rows(cells: Cells) -> Rows:
    return [cells.get(row, 0) for row in range(SIDE)]


class _Raster:
    """Cells over a box, one cell of margin on each side; a cell stands for its centre."""

    def __init__(self, box: Bounds) -> None:
        self._width = (box.east - box.west) / (SIDE - 2)
        self._height = (box.north - box.south) / (SIDE - 2)
        self._west, self._south = box.west - self._width / 2, box.south - self._height / 2

    def point(self, row: int, column: int) -> Point:
        lat, lon = self._south + row * self._height, self._west + column * self._width
        return Point(round(lat, 6), round(lon, 6))

    def cells(self, geometry: Polygons) -> Cells:
        """Which cells have their centre in a geometry."""
        cells: Cells = {}
        for rings in geometry:
            part: Cells = {}
            for ring in rings:
                self._flip(ring, part)
            for row, bits in part.items():
                cells[row] = cells.get(row, 0) | bits
        return cells

    def _flip(self, ring: Ring, cells: Cells) -> None:
        """For each crossing of a row, flip all cells east of it."""
        everything = (1 << SIDE) - 1
        for (lon, lat), (to_lon, to_lat) in pairwise(ring):
            low, high = sorted((lat, to_lat))
            first, end = (ceil((one - self._south) / self._height) for one in (low, high))
            for row in range(max(0, first), min(SIDE, end)):
                at = (self._south + row * self._height - lat) / (to_lat - lat)
                column = ceil((lon + at * (to_lon - lon) - self._west) / self._width)
                cells[row] = cells.get(row, 0) ^ everything & (everything << max(0, column))


def _enclosed(covered: Rows) -> Rows:
    """All cells but those that can be reached from the rim without crossing what is covered."""
    everything = (1 << SIDE) - 1
    free = [everything & ~row for row in covered]
    reached = [free[0], *[row & (1 | 1 << (SIDE - 1)) for row in free[1:-1]], free[-1]]
    before: Rows = []
    while before != reached:
        before = list(reached)
        for order in (range(SIDE), reversed(range(SIDE))):
            _spread(reached, free, order)
    return [everything & ~row for row in reached]


def _spread(reached: Rows, free: Rows, order: Iterable[int]) -> None:
    above = 0
    for row in order:
        now = (reached[row] | above) & free[row]
        while (wider := (now | now << 1 | now >> 1) & free[row]) != now:
            now = wider
        above = reached[row] = now


def _pieces(rows: Rows) -> Iterator[tuple[int, int]]:
    """A cell of each connected piece, in the middle of its middle row."""
    left = list(rows)
    for row in range(SIDE):
        while left[row]:
            piece = _piece(left, row)
            left = [its & ~mine for its, mine in zip(left, piece, strict=True)]
            yield _middle(piece)


def _piece(free: Rows, row: int) -> Rows:
    piece = [0] * SIDE
    piece[row] = free[row] & -free[row]
    before: Rows = []
    while before != piece:
        before = list(piece)
        for order in (range(SIDE), reversed(range(SIDE))):
            _spread(piece, free, order)
    return piece


def _middle(piece: Rows) -> tuple[int, int]:
    rows = [row for row in range(SIDE) if piece[row]]
    row = rows[len(rows) // 2]
    columns = [column for column in range(SIDE) if piece[row] >> column & 1]
    return row, columns[len(columns) // 2]
