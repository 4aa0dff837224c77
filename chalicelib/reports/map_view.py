"""What a map draws: counted cells from far, the reports themselves from near.

Cells come from counters that follow the reports within seconds. A cell is counted whole, also
where the box cuts it, so that its number stays the same while the map is moved.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib.errors import Fault, InvalidInput
from chalicelib.events import counters
from chalicelib.places import geohash
from chalicelib.places.box import Box
from chalicelib.places.cover import count_cells_box
from chalicelib.places.point import Point
from chalicelib.reports import index, lifecycle
from chalicelib.reports.feed import newest_in
from chalicelib.reports.index import Entry, Filters, ReportItem
from chalicelib.reports.listed import box_of, shown
from chalicelib.reports.map_ranges import Frame, precision_for, ranges

CELLS_LIMIT = 200

# From this zoom on a screen shows streets, and reports wherever there are any.
NEAR_ZOOM, NEAR_CELLS, NEAR_LIMIT = 15, 64, 500
# From this zoom on it shows reports where they are few, and few the partitions they lie in.
FEW_ZOOM, FEW_POINTS, FEW_PARTITIONS = 12, 200, 32


class MapQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of the map that is seen."""

    bbox: Annotated[str, Meta(max_length=400, description="`west,south,east,north` in degrees")]
    zoom: Annotated[int, Meta(ge=0, le=22, description="of web maps: 0 is the world in one tile")]


class Colours(Struct, frozen=True):
    """How many reports have each colour."""

    red: int = 0
    yellow: int = 0
    green: int = 0
    grey: int = 0


class Cell(Struct, frozen=True):
    """A geohash cell with all its reports, also those outside the box."""

    cell: str
    count: int
    by_colour: Colours
    centre: Point


class MapView(Struct, frozen=True):
    """Either `cells` or, newest first, `points`; `complete` unless there are more points."""

    kind: Literal["cells", "points"]
    cells: list[Cell] = []
    points: list[ReportItem] = []
    complete: bool = True


def view(query: MapQuery) -> MapView:
    """Points from near and where they are few, else at most 200 cells; InvalidInput."""
    box = box_of(query.bbox)
    if box is None:
        raise InvalidInput(Fault("bbox", "fault.bbox"))
    if query.zoom >= NEAR_ZOOM and count_cells_box(box, 6) <= NEAR_CELLS:
        return _near(box)
    cells = _cells(box, precision_for(query.zoom, box))
    partitions = _partitions(cells) if query.zoom >= FEW_ZOOM else []
    if 0 < len(partitions) <= FEW_PARTITIONS and sum(one.count for one in cells) <= FEW_POINTS:
        return _few(box, partitions)
    return MapView("cells", cells=cells)


def _near(box: Box) -> MapView:
    feed = newest_in(box, NEAR_LIMIT + 1, Filters())
    return _points(feed.entries[:NEAR_LIMIT], complete=feed.last is None)


def _few(box: Box, partitions: list[tuple[str, str]]) -> MapView:
    """The reports of the partitions that the counters have named."""
    queries = [index.Query(name, partition, "0", "~") for name, partition in partitions]
    # A report may change its partition between two reads.
    inside = {one.id: one for one in index.read_whole(queries) if box.contains(one.point)}
    return _points([inside[id] for id in sorted(inside, reverse=True)], complete=True)


def _points(entries: list[Entry], complete: bool) -> MapView:
    points = [shown(entry) for entry in entries]
    return MapView("points", points=points, complete=complete)


def _partitions(cells: list[Cell]) -> list[tuple[str, str]]:
    """Index and partition of every shelf that holds a counted report; none for large cells."""
    if not cells or len(cells[0].cell) < 4:
        return []
    return [
        (f"newest{len(one.cell)}", f"{one.cell}#{shelf}")
        for one in cells
        for shelf in index.SHELVES
        if any(getattr(one.by_colour, colour) for colour in _COLOURS_OF[shelf])
    ]


# Which colours the reports of a class of partitions (`o` open, `c` closed) can have.
_COLOURS_OF = {
    shelf: {one.colour for one in lifecycle.STATUSES.values() if one.open == (shelf == "o")}
    for shelf in index.SHELVES
}


def _cells(box: Box, precision: int) -> list[Cell]:
    """The counted cells of the box; of coarser precisions until they are few."""
    edition = counters.editions().shown
    while True:
        cells = _summed(edition, box, precision)
        if len(cells) <= CELLS_LIMIT or precision == 1:
            return cells
        precision -= 1


def _summed(edition: int, box: Box, precision: int) -> list[Cell]:
    """The cells in order, each the sum of its counters."""
    frame = Frame(box, precision)
    sums: dict[str, dict[str, int]] = {}
    for id, numbers in counters.read(edition, ranges(box, precision)):
        if frame.has(id):
            cell = sums.setdefault(id[:precision], {})
            for colour, number in numbers.items():
                cell[colour] = cell.get(colour, 0) + number
    return [found for cell in sorted(sums) if (found := _cell(cell, sums[cell])).count]


def _cell(cell: str, numbers: dict[str, int]) -> Cell:
    # A change may be counted a moment before the report that it changed.
    shown = {colour: max(0, number) for colour, number in numbers.items()}
    return Cell(cell, sum(shown.values()), Colours(**shown), geohash.centre(cell))
