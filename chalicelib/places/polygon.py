"""Point in polygon."""

from itertools import chain, pairwise
from typing import NamedTuple

from chalicelib.places.area_shape import Ring
from chalicelib.places.orientation import Position, orientation

_EDGES_PER_BAND = 8

# South end, north end.
_Edge = tuple[Position, Position]


class Bounds(NamedTuple):
    """Degrees, borders included."""

    west: float
    south: float
    east: float
    north: float


class Polygon:
    """One outer ring and its holes, prepared for many questions.

    Even-odd rule with half-open edges: a place is inside when an odd number of edges lies east of
    it, and an edge has its south end but not its north end. The side of an edge is found exactly
    and without regard to the direction in which the ring is written. So where polygons share a
    border, each place on it is in exactly one of them.
    """

    def __init__(self, rings: list[Ring]) -> None:
        edges = [edge for ring in rings for edge in _edges(ring)]
        self.bounds = bounds(rings)
        self._count = len(edges) // _EDGES_PER_BAND + 1
        self._bands: list[list[_Edge]] = [[] for _ in range(self._count)]
        for edge in edges:
            for band in range(self._band(edge[0][1]), self._band(edge[1][1]) + 1):
                self._bands[band].append(edge)

    def contains(self, lon: float, lat: float) -> bool:
        """Whether the place is inside; False beyond the bounds."""
        west, south, east, north = self.bounds
        if not (south <= lat < north and west <= lon < east):
            return False
        inside = False
        for edge in self._bands[self._band(lat)]:
            if edge[0][1] <= lat < edge[1][1] and _is_west(lon, lat, edge):
                inside = not inside
        return inside

    def _band(self, lat: float) -> int:
        _, south, _, north = self.bounds
        return min(int((lat - south) / (north - south) * self._count), self._count - 1)


def bounds(rings: list[Ring]) -> Bounds:
    """The bounds of all rings together."""
    lons, lats = zip(*chain.from_iterable(rings), strict=True)
    return Bounds(min(lons), min(lats), max(lons), max(lats))


def _edges(ring: Ring) -> list[_Edge]:
    """The edges that can lie east of anything: not those along a parallel."""
    return [(a, b) if a[1] < b[1] else (b, a) for a, b in pairwise(ring) if a[1] != b[1]]


def _is_west(lon: float, lat: float, edge: _Edge) -> bool:
    (south_lon, _), (north_lon, _) = edge
    if lon >= south_lon and lon >= north_lon:
        return False
    if lon < south_lon and lon < north_lon:
        return True
    return orientation(*edge, (lon, lat)) > 0
