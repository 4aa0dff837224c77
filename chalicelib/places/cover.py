"""Covers: the key ranges to read so that no report in a circle or box is missed.

Reports are stored in partitions by the first five characters of their geohash and sorted by all
twelve. A cover takes the finest grid with few enough cells, drops the cells outside the shape and
joins the rest, in z-order, to few ranges: every request costs at least half a read unit, so
reading a small gap is cheaper than asking twice.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from math import cos, inf, pi, radians

from msgspec import Struct

from chalicelib.places.box import Box
from chalicelib.places.distance import EARTH_RADIUS_M
from chalicelib.places.geohash import CODE_BITS, code_to_text, text_to_code
from chalicelib.places.grid import Span, box_spans, circle_bounds, circle_spans, codes, count_cells
from chalicelib.places.point import Point

PARTITION_LENGTH = 5
PARTITION_BITS = 25

# A request is charged for at least 4 KB, 16 index entries of 250 bytes: as many as lie on 20,000
# square metres where there are 800 open reports on a square kilometre.
FREE_GAP_M2 = 20_000


class Range(Struct, frozen=True):
    """Geohashes of 12 characters from `low` to `high`, both included, in one partition."""

    partition: str
    low: str
    high: str


class TooLarge(Exception):
    """The shape touches more partitions than one query may read."""


def cover_circle(
    centre: Point,
    radius_m: float,
    *,
    max_ranges: int = 4,
    max_cells: int = 64,
    max_partitions: int = 64,
    free_gap_m2: float = FREE_GAP_M2,
) -> list[Range]:
    """Ranges, in order, that hold every place within `radius_m` of the centre.

    At most `max_ranges`, but at least one for each partition touched; gaps up to `free_gap_m2`
    are read along. Raises TooLarge.
    """
    level = _level(circle_bounds(centre, radius_m), max_cells, max_partitions)
    cells = sorted(codes(circle_spans(centre, radius_m, level), level))
    free_gap = _free_gap(level, centre.lat, free_gap_m2)
    return _ranges(cells, level, free_gap, max_ranges, max_partitions)


def cover_box(
    box: Box, *, max_ranges: int = 4, max_cells: int = 64, max_partitions: int = 64
) -> list[Range]:
    """Ranges, in order, that hold every place in the box. See `cover_circle`."""
    level = _level(box, max_cells, max_partitions)
    cells = sorted(codes(box_spans(box, level), level))
    free_gap = _free_gap(level, box.centre.lat, FREE_GAP_M2)
    return _ranges(cells, level, free_gap, max_ranges, max_partitions)


def subtract(ranges: Iterable[Range], done: Iterable[Range]) -> list[Range]:
    """What is left to read of `ranges`, in order; `done` may overlap and be in any order."""
    read = defaultdict(list)
    for part in sorted(done, key=_low):
        read[part.partition].append((text_to_code(part.low), text_to_code(part.high)))
    left = []
    for part in sorted(ranges, key=_low):
        left += _without(part, read[part.partition])
    return left


def cells_touching_circle(centre: Point, radius_m: float, precision: int) -> list[str]:
    """All geohashes of `precision` characters (1 to 12) that the circle touches, in order."""
    return _texts(circle_spans(centre, radius_m, 5 * precision), precision)


def cells_touching_box(box: Box, precision: int) -> list[str]:
    """All geohashes of `precision` characters (1 to 12) that the box touches, in order."""
    return _texts(box_spans(box, 5 * precision), precision)


def count_cells_box(box: Box, precision: int) -> int:
    """How many `cells_touching_box` would return."""
    return count_cells(box, 5 * precision)


def _level(bounds: Box, max_cells: int, max_partitions: int) -> int:
    """The finest level on which the bounds touch few enough cells, never coarser than keys."""
    # A circle leaves out corners of its bounds, so the exact count comes later; this only keeps
    # a continent from being listed.
    if count_cells(bounds, PARTITION_BITS) > 4 * max_partitions:
        raise TooLarge
    levels = range(PARTITION_BITS, CODE_BITS + 1)
    finer = bisect_right(levels, max_cells, key=lambda level: count_cells(bounds, level))
    return levels[max(finer - 1, 0)]


def _free_gap(level: int, lat: float, free_m2: float) -> int:
    """How many cells of a level have the area that is read at no extra cost."""
    return int(free_m2 / cell_m2(level, lat))


def cell_m2(level: int, lat: float) -> float:
    """The area of a cell of `level` bits at a latitude, in square metres."""
    circumference = 2 * pi * EARTH_RADIUS_M
    width = circumference / (1 << (level + 1) // 2) * cos(radians(lat))
    height = circumference / 2 / (1 << level // 2)
    return width * height


def _ranges(
    cells: list[int], level: int, free_gap: int, max_ranges: int, max_partitions: int
) -> list[Range]:
    partition_shift, shift = level - PARTITION_BITS, CODE_BITS - level
    if len({cell >> partition_shift for cell in cells}) > max_partitions:
        raise TooLarge
    cuts = _cuts(cells, partition_shift, free_gap, max_ranges)
    starts, ends = [0, *cuts], [*cuts, len(cells)]
    return [
        _range(cells[start] << shift, ((cells[end - 1] + 1) << shift) - 1)
        for start, end in zip(starts, ends, strict=True)
    ]


def _cuts(cells: list[int], partition_shift: int, free_gap: int, max_ranges: int) -> list[int]:
    """Where to cut the cells into ranges: at partition borders and at the widest gaps."""
    gaps: list[tuple[float, int]] = []
    for i in range(1, len(cells)):
        here, before = cells[i], cells[i - 1]
        if here >> partition_shift != before >> partition_shift:
            gaps.append((inf, i))
        elif here - before - 1 > free_gap:
            gaps.append((here - before, i))
    widest = sorted(gaps, reverse=True)
    return sorted(i for rank, (gap, i) in enumerate(widest) if gap == inf or rank < max_ranges - 1)


def _range(low: int, high: int) -> Range:
    text = code_to_text(low)
    return Range(text[:PARTITION_LENGTH], text, code_to_text(high))


def _low(part: Range) -> str:
    return part.low


def _without(part: Range, read: list[tuple[int, int]]) -> list[Range]:
    """The pieces of a range outside the `read` ranges, which are sorted by their low ends."""
    at, end = text_to_code(part.low), text_to_code(part.high)
    pieces = []
    for low, high in read:
        if low > end:
            break
        if low > at:
            pieces.append(_range(at, low - 1))
        at = max(at, high + 1)
    return [*pieces, _range(at, end)] if at <= end else pieces


def _texts(spans: list[Span], precision: int) -> list[str]:
    return [code_to_text(code, precision) for code in sorted(codes(spans, 5 * precision))]
