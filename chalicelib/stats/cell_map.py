"""Geohash cells as a small map. Pure."""

from collections import Counter
from collections.abc import Sequence
from statistics import median_low

from msgspec.structs import replace

from chalicelib.places.area_shape import AreaShape, Ring
from chalicelib.places.box import Box
from chalicelib.places.geohash import decode
from chalicelib.stats import outlines
from chalicelib.stats.cells import CellFigures, busiest
from chalicelib.stats.outlines import Map

REACH, LEAST = 40, 9
"""Cells from the middle of a map of them to its sides at most, and across it at least."""


def drawn(cells: Sequence[CellFigures]) -> Map | None:
    """The cells around the middle one of the reports; None where there is no report."""
    counts = _counts(cells)
    rings = _around(counts)
    if not rings:
        return None
    shapes = {id: AreaShape(id, id, 1, None, [[ring]]) for id, ring in rings.items()}
    ranks = {one.cell: rank for rank, one in enumerate(busiest(cells), 1)}
    named = [replace(shapes[id], name=str(rank)) for id, rank in ranks.items() if id in shapes]
    frame = [place for id, ring in rings.items() if counts[id] for place in ring]
    frame, reports = _wide_enough(frame), sum(counts.values())
    return outlines.laid(list(shapes.values()), named, counts, frame, reports, of_cells=True)


def sprawl(cells: Sequence[CellFigures]) -> bool:
    """Whether a map of the cells would leave out more than a twentieth of the reports.

    So few may be: one report from the other side of the earth would make dots of all others.
    """
    counts = _counts(cells)
    return sum(counts[id] for id in _around(counts)) < outlines.ENOUGH * sum(counts.values())


def _counts(cells: Sequence[CellFigures]) -> Counter[str]:
    return Counter({one.cell: one.figures.submitted for one in cells})


def _around(counts: Counter[str]) -> dict[str, Ring]:
    """The cells within REACH of the middle one of the reports, as rings; none of no report."""
    reports = list(counts.elements())
    if not reports:
        return {}
    ((most, _),) = counts.most_common(1)
    lon = decode(most).west
    rings = {id: _ring(decode(id), lon) for id in counts}
    for axis in (0, 1):
        middle = median_low(rings[id][0][axis] for id in reports if id in rings)
        rings = {id: ring for id, ring in rings.items() if _near(ring, axis, middle)}
    return rings


def _ring(box: Box, lon: float) -> Ring:
    """A box from its south-west corner on, on the same side of the antimeridian as `lon`."""
    turn = 360 * round((lon - box.west) / 360)
    west, south, east, north = box.west + turn, box.south, box.east + turn, box.north
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def _wide_enough(frame: Ring) -> Ring:
    """The corners of cells, and those of a frame around them that is LEAST cells across."""
    (west, south), _, (east, north), *_ = frame
    lons, lats = [lon for lon, _ in frame], [lat for _, lat in frame]
    lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    wide, high = (east - west) * LEAST / 2, (north - south) * LEAST / 2
    return [*frame, (lon - wide, lat - high), (lon + wide, lat + high)]


def _near(ring: Ring, axis: int, middle: float) -> bool:
    """Whether a cell that begins here is within REACH of one that begins there."""
    side = ring[2][axis] - ring[0][axis]
    return abs(ring[0][axis] - middle) < (REACH + 0.5) * side
