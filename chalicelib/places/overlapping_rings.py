"""Whether rings of one area overlap where they must not: edges cross, or one ring is in another."""

from itertools import combinations, pairwise

from chalicelib.places.area_shape import Polygons, Ring
from chalicelib.places.orientation import Position, orientation
from chalicelib.places.polygon import Polygon

# Western and eastern end as longitudes, both positions, number of the ring.
_Edge = tuple[float, float, Position, Position, int]


def overlap(geometry: Polygons) -> bool:
    """Of rings without faults of their own; to touch each other is no overlap.

    A polygon may lie in the hole of another one, but a hole not in a hole.
    """
    return (
        _cross([ring for rings in geometry for ring in rings])
        or any(_nested([[hole] for hole in holes]) for _, *holes in geometry)
        or _nested(geometry)
    )


def _cross(rings: list[Ring]) -> bool:
    """Whether any two edges of different rings go through each other."""
    if len(rings) < 2:
        return False
    passing: list[_Edge] = []
    for edge in sorted(one for number, ring in enumerate(rings) for one in _edges(ring, number)):
        passing = [other for other in passing if other[1] >= edge[0]]
        if any(_through(edge, other) for other in passing):
            return True
        passing.append(edge)
    return False


def _edges(ring: Ring, number: int) -> list[_Edge]:
    return [(min(a[0], b[0]), max(a[0], b[0]), a, b, number) for a, b in pairwise(ring)]


def _through(one: _Edge, other: _Edge) -> bool:
    (_, _, a, b, ring), (_, _, c, d, other_ring) = one, other
    if ring == other_ring or max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    return (
        orientation(a, b, c) * orientation(a, b, d) < 0
        and orientation(c, d, a) * orientation(c, d, b) < 0
    )


def _nested(geometry: Polygons) -> bool:
    """Whether a polygon lies in another one, given that no edges go through each other."""
    prepared = [(Polygon(rings), rings) for rings in geometry]
    return any(
        set(rings[0]) == set(others[0])
        or _has(one, rings, others[0])
        or _has(other, others, rings[0])
        for (one, rings), (other, others) in combinations(prepared, 2)
    )


def _has(polygon: Polygon, rings: list[Ring], ring: Ring) -> bool:
    return any(
        polygon.contains(*position) and not any(is_on(border, position) for border in rings)
        for position in ring
    )


def is_on(ring: Ring, position: Position) -> bool:
    """Whether a position is on an edge."""
    return any(
        min(a, b) <= position <= max(a, b) and orientation(a, b, position) == 0
        for a, b in pairwise(ring)
    )
