"""Which counted cells a map view wants, and the key ranges to read them with. Pure."""

from collections.abc import Iterator
from math import inf

from chalicelib.events.counters import Range
from chalicelib.places.box import Box
from chalicelib.places.cover import cells_touching_box, count_cells_box
from chalicelib.places.geohash import centre, decode, encode, text_to_code
from chalicelib.places.point import Point
from chalicelib.reports.map_cells import COARSEST, prefix_length, series_of

# From this zoom on, cells of this many characters: they are 30 to 130 pixels wide on the screen.
FINEST_AT_ZOOM = ((13, 6), (10, 5), (7, 4), (0, 3))
LISTED_LIMIT = 2048
SERIES_LIMIT = 9
RANGES_LIMIT = 8
# A request is charged for at least 4 KB, about 40 counters: reading a smaller gap costs nothing.
FREE_GAP = 40


def precision_for(zoom: int, box: Box) -> int:
    """3 to 6 characters: as fine as the zoom shows well and few requests can read."""
    finest = next(precision for least, precision in FINEST_AT_ZOOM if zoom >= least)
    fitting = (precision for precision in range(finest, COARSEST, -1) if _fits(box, precision))
    return next(fitting, COARSEST)


def ranges(box: Box, precision: int) -> list[Range]:
    """Ranges that hold every counter of the view; they may hold others, see `Frame`.

    Views of 1 or 2 characters are summed up from cells of 3.
    """
    if count_cells_box(box, precision) > LISTED_LIMIT:
        return [Range(series_of("0" * COARSEST), "0", "z" * COARSEST)]
    cells = cells_touching_box(box, precision)
    cuts = _cuts(cells)
    starts, ends = [0, *cuts], [*cuts, len(cells)]
    return [_range(cells[start], cells[end - 1]) for start, end in zip(starts, ends, strict=True)]


class Frame:
    """A box widened to the borders of its cells: tells the view's cells from others."""

    def __init__(self, box: Box, precision: int) -> None:
        self._parts = [_widened(part, precision) for part in box.split()]

    def has(self, cell: str) -> bool:
        """Whether a cell, no coarser than the frame's own, lies inside."""
        middle = centre(cell)
        return any(part.contains(middle) for part in self._parts)


def _fits(box: Box, precision: int) -> bool:
    return (
        count_cells_box(box, precision) <= LISTED_LIMIT
        and count_cells_box(box, prefix_length(precision)) <= SERIES_LIMIT
    )


def _cuts(cells: list[str]) -> list[int]:
    """Where to cut the sorted cells into ranges: between series, and at the widest gaps."""
    gaps = sorted(_gaps(cells), reverse=True)
    return sorted(
        place for rank, (gap, place) in enumerate(gaps) if gap == inf or rank < RANGES_LIMIT - 1
    )


def _gaps(cells: list[str]) -> Iterator[tuple[float, int]]:
    shared = max(0, prefix_length(max(len(cells[0]), COARSEST)))
    rows_of_a_cell = 32 ** max(0, COARSEST - len(cells[0]))
    for place in range(1, len(cells)):
        before, here = cells[place - 1], cells[place]
        gap = (text_to_code(here) - text_to_code(before) - 1) * rows_of_a_cell
        if before[:shared] != here[:shared]:
            yield inf, place
        elif gap > FREE_GAP:
            yield gap, place


def _range(first: str, last: str) -> Range:
    low, high = first.ljust(COARSEST, "0"), last.ljust(COARSEST, "z")
    return Range(series_of(low), low, high)


def _widened(box: Box, precision: int) -> Box:
    low = decode(encode(Point(box.south, box.west), precision))
    high = decode(encode(Point(box.north, box.east), precision))
    return Box(low.west, low.south, high.east, high.north)
