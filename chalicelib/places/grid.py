"""The cells of the geohash grid that a circle or a box touches, row by row, at any bit level.

Level 25 has the cells of 5-character geohashes, level 60 those of 12 characters. Odd levels have
one bit more for longitude than for latitude.
"""

from collections.abc import Iterable, Iterator

from chalicelib.places.box import Box
from chalicelib.places.distance import circle_box, half_width, wrap_longitude
from chalicelib.places.geohash import AXIS_BITS, EVEN_BITS, column, row, spread
from chalicelib.places.point import Point

# Row, first column and last column (inclusive).
Span = tuple[int, int, int]

# More than the haversine formula loses to rounding, less than a position fix can tell.
PAD_M = 0.2


def circle_bounds(centre: Point, radius_m: float) -> Box:
    """The box around the padded circle."""
    return circle_box(centre, radius_m + PAD_M)


def circle_spans(centre: Point, radius_m: float, level: int) -> list[Span]:
    """The cells that the circle, padded by PAD_M, touches: all of them and no others."""
    padded, height = radius_m + PAD_M, 180 / (1 << level // 2)
    spans: list[Span] = []
    for y in _rows(circle_bounds(centre, radius_m), level):
        south = y * height - 90
        half = half_width(centre, padded, south, south + height)
        if half is not None:
            spans += [(y, *run) for run in _columns(*_meridians(centre.lon, half), level)]
    return spans


def box_spans(box: Box, level: int) -> list[Span]:
    """The cells that the box touches, each once."""
    runs = _columns(box.west, box.east, level)
    return [(y, *run) for y in _rows(box, level) for run in runs]


def count_cells(box: Box, level: int) -> int:
    """How many cells the box touches, counted without making them."""
    runs = _columns(box.west, box.east, level)
    return len(_rows(box, level)) * sum(last - first + 1 for first, last in runs)


def codes(spans: Iterable[Span], level: int) -> Iterator[int]:
    """The codes, of `level` bits, of all cells of the spans."""
    # The last bit of a code is latitude at even levels and longitude at odd ones.
    x_shift, y_shift = (1, 0) if level % 2 == 0 else (0, 1)
    for y, first, last in spans:
        y_bits, x_bits = spread(y) << y_shift, spread(first)
        for _ in range(last - first + 1):
            yield x_bits << x_shift | y_bits
            # Adds one to the spread number: the borrow runs through the gaps.
            x_bits = (x_bits - EVEN_BITS) & EVEN_BITS


def _rows(box: Box, level: int) -> range:
    shift = AXIS_BITS - level // 2
    return range(row(box.south) >> shift, (row(box.north) >> shift) + 1)


def _columns(west: float, east: float, level: int) -> list[tuple[int, int]]:
    """First and last column of a run, or of two where `west` > `east`."""
    shift = AXIS_BITS - (level + 1) // 2
    first, last, end = (column(lon) >> shift for lon in (west, east, 180.0))
    if west <= east:
        return [(first, last)]
    # Going nearly all round, both ends of a coarse row may be in one column.
    return [(first, end), (0, last)] if last < first else [(0, end)]


def _meridians(lon: float, half: float) -> tuple[float, float]:
    if half >= 180:
        return -180.0, 180.0
    return wrap_longitude(lon - half), wrap_longitude(lon + half)
