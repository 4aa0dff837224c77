"""Whether rings of one area overlap where they must not: edges cross, or one ring is in another."""

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import NamedTuple

from chalicelib.places.area_shape import Polygons, Ring
from chalicelib.places.orientation import Position, meeting_point, orientation
from chalicelib.places.polygon import Polygon

# Numbers of the polygon and of the ring in it, from 0.
RingName = tuple[int, int]
# Western and eastern end as longitudes, both positions, the ring.
_Edge = tuple[float, float, Position, Position, RingName]


class Overlap(NamedTuple):
    """Two rings that overlap, and a place where they do."""

    one: RingName
    other: RingName
    at: Position


def overlap(geometry: Polygons) -> Overlap | None:
    """Of rings without faults of their own; to touch each other is no overlap.

    A polygon may lie in the hole of another one, but a hole not in a hole.
    """
    rings = {(p, r): ring for p, rings in enumerate(geometry) for r, ring in enumerate(rings)}
    if found := _cross(rings):
        return found
    for number, (_, *holes) in enumerate(geometry):
        if found := _nested({(number, r): [hole] for r, hole in enumerate(holes, start=1)}):
            return found
    return _nested({(number, 0): rings for number, rings in enumerate(geometry)})


def _cross(rings: Mapping[RingName, Ring]) -> Overlap | None:
    """Two edges of different rings that go through each other."""
    if len(rings) < 2:
        return None
    passing: list[_Edge] = []
    for edge in sorted(one for name, ring in rings.items() for one in _edges(ring, name)):
        passing = [other for other in passing if other[1] >= edge[0]]
        if crossed := next((other for other in passing if _through(edge, other)), None):
            (_, _, a, b, _), (_, _, c, d, _) = crossed, edge
            one, other = sorted((crossed[4], edge[4]))
            return Overlap(one, other, meeting_point(a, b, c, d))
        passing.append(edge)
    return None


def _edges(ring: Ring, name: RingName) -> list[_Edge]:
    return [(min(a[0], b[0]), max(a[0], b[0]), a, b, name) for a, b in pairwise(ring)]


def _through(one: _Edge, other: _Edge) -> bool:
    (_, _, a, b, ring), (_, _, c, d, other_ring) = one, other
    if ring == other_ring or max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    return (
        orientation(a, b, c) * orientation(a, b, d) < 0
        and orientation(c, d, a) * orientation(c, d, b) < 0
    )


def _nested(polygons: Mapping[RingName, list[Ring]]) -> Overlap | None:
    """Two polygons of which one lies in the other, given that no edges go through each other."""
    prepared = [(name, Polygon(rings), rings) for name, rings in polygons.items()]
    for (name, one, rings), (other_name, other, others) in combinations(prepared, 2):
        same = rings[0][0] if set(rings[0]) == set(others[0]) else None
        at = same or _inside(one, rings, others[0]) or _inside(other, others, rings[0])
        if at is not None:
            return Overlap(name, other_name, at)
    return None


def _inside(polygon: Polygon, rings: list[Ring], ring: Ring) -> Position | None:
    """A position of the ring that is in the polygon and on none of its borders."""
    inner = (position for position in ring if polygon.contains(*position))
    return next((one for one in inner if not any(is_on(border, one) for border in rings)), None)


def is_on(ring: Ring, position: Position) -> bool:
    """Whether a position is on an edge."""
    return any(
        min(a, b) <= position <= max(a, b) and orientation(a, b, position) == 0
        for a, b in pairwise(ring)
    )
