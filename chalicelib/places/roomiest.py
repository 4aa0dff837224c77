"""Where inside an outline a name has most room. Pure."""

from itertools import pairwise, product
from math import hypot

from chalicelib.places.area_shape import Ring
from chalicelib.places.orientation import Position
from chalicelib.places.polygon import Polygon

# Places tried, each way: more would move a name by less than its own height.
GRID = 16


def roomiest(rings: list[Ring]) -> Position:
    """The place of a grid inside the closed rings that is farthest from their lines.

    The one nearest to the middle where several are. In any flat units. The middle of the bounds
    when no place of the grid is inside: an area too thin for a name.
    """
    polygon = Polygon(rings)
    west, south, east, north = polygon.bounds
    columns = [west + (east - west) * n / GRID for n in range(1, GRID)]
    rows = [south + (north - south) * n / GRID for n in range(1, GRID)]
    inside = [place for place in product(columns, rows) if polygon.contains(*place)]
    lines = [line for ring in rings for line in pairwise(ring)]
    size = max(east - west, north - south)
    middle = ((west + east) / 2, (south + north) / 2)

    def room(place: Position) -> tuple[float, float]:
        least = min(_distance(place, *line) for line in lines)
        return round(least / size, 6), -hypot(place[0] - middle[0], place[1] - middle[1])

    return max(inside, key=room, default=middle)


def _distance(place: Position, start: Position, end: Position) -> float:
    """From a place to a line between two others."""
    (x, y), (ax, ay), (bx, by) = place, start, end
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = ((x - ax) * dx + (y - ay) * dy) / length if length else 0.0
    share = min(1.0, max(0.0, along))
    return hypot(x - ax - share * dx, y - ay - share * dy)
