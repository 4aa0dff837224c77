"""Areas or cells as a small map: their outlines, simplified and laid flat. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import cos, hypot, radians
from statistics import median_low

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.places.area_shape import AreaShape, Ring
from chalicelib.places.areas import AreaIndex
from chalicelib.places.box import Box
from chalicelib.places.geohash import decode
from chalicelib.places.roomiest import roomiest
from chalicelib.stats.cells import CellFigures, busiest
from chalicelib.visible import visible

WIDTH = 640
TALLEST = 760
MOST = 400
"""More outlines than these make no map but a mess; then the level above is drawn."""
NAMED = 24
REACH, LEAST = 40, 9
"""Cells from the middle of a map of them to its sides at most, and across it at least."""
ROOM = (26, 17)
"""Units that a number of two digits takes where letters are largest, on a phone."""
OFF = 0.7
"""Units by which a simplified outline may miss the true one: less than a screen shows."""
DOT = 2
CLASSES = 5

Place = tuple[float, float]


class Outline(Struct, frozen=True):
    """An area or cell on the map; `shade` is 0 for no report, or a class from 1 to CLASSES.

    A place is inside when it is within an odd number of the rings: holes are rings like others.
    """

    id: str
    name: str
    rings: list[list[Place]]
    count: int
    shade: int

    @property
    def middle(self) -> Place:
        """Where its name is written: inside, and in no hole."""
        x, y = roomiest([[*ring, ring[0]] for ring in self.rings])
        return round(x, 1), round(y, 1)

    @property
    def path(self) -> str:
        """The outline as the data of an SVG path."""
        return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in self.rings)


class Map(Struct, frozen=True):
    """Outlines in a frame whose origin is its north-west corner.

    `regions` are the areas of a level that has few enough to be named, for orientation; of cells
    the busiest, named by their ranks. `classes` are the least and the greatest count of each shade
    from 1 on.
    """

    width: float
    height: float
    outlines: list[Outline]
    regions: list[Outline]
    classes: list[tuple[int, int]]
    of_cells: bool = False


def drawable(index: AreaIndex) -> bool:
    """Whether there can be a map of areas of the whole city."""
    return bool(_deepest(_levels(index, None), MOST))


def drawn(index: AreaIndex, counts: Mapping[str, int], within: str | None) -> Map | None:
    """The deepest level that can be drawn, as far as it has reports; None where that is no map."""
    levels = _levels(index, within)
    return _map(_deepest(levels, MOST), _deepest(levels, NAMED), counts)


def drawn_cells(cells: Sequence[CellFigures]) -> Map | None:
    """The cells around the middle one of the reports; None where there is no report."""
    counts = _counts(cells)
    rings = _around(counts)
    if not rings:
        return None
    shapes = {id: AreaShape(id, id, 1, None, [[ring]]) for id, ring in rings.items()}
    ranks = {one.cell: rank for rank, one in enumerate(busiest(cells), 1)}
    named = [replace(shapes[id], name=str(rank)) for id, rank in ranks.items() if id in shapes]
    map = _map(list(shapes.values()), named, counts, LEAST)
    return map and replace(map, regions=_apart(map.regions), of_cells=True)


def sprawl(cells: Sequence[CellFigures]) -> bool:
    """Whether a map of the cells would leave out more than a twentieth of the reports.

    So few may be: one report from the other side of the earth would make dots of all others.
    """
    counts = _counts(cells)
    return sum(counts[id] for id in _around(counts)) < 0.95 * sum(counts.values())


def _map(
    shapes: list[AreaShape], named: list[AreaShape], counts: Mapping[str, int], least: float = 0
) -> Map | None:
    """At least so many times as wide and as high as one shape that has a report."""
    frame = [one for one in shapes if counts.get(one.id)]
    if not frame:
        return None
    places = [place for one in frame for part in one.geometry for place in part[0]]
    if least:
        west, south, east, north = _bounds(frame[0].geometry[0][0])
        more = (least - 1) / 2
        places += [
            (west - more * (east - west), south - more * (north - south)),
            (east + more * (east - west), north + more * (north - south)),
        ]
    lay = _Projection(places)
    classes = _classes([counts[one.id] for one in frame])

    def shown(shapes: list[AreaShape]) -> list[Outline]:
        outlines = [_outline(one, lay, counts.get(one.id, 0), classes) for one in shapes]
        return [one for one in outlines if lay.shows(one)]

    return Map(WIDTH, lay.height, shown(shapes), shown(named), classes)


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


def _near(ring: Ring, axis: int, middle: float) -> bool:
    """Whether a cell that begins here is within REACH of one that begins there."""
    side = ring[2][axis] - ring[0][axis]
    return abs(ring[0][axis] - middle) < (REACH + 0.5) * side


def _apart(outlines: Iterable[Outline]) -> list[Outline]:
    """Those whose numbers can be read beside the earlier ones'."""
    kept: list[Outline] = []
    for one in outlines:
        x, y = one.middle
        others = (other.middle for other in kept)
        if all(abs(x - of_x) >= ROOM[0] or abs(y - of_y) >= ROOM[1] for of_x, of_y in others):
            kept.append(one)
    return kept


class _Projection:
    """Degrees to units of the map: plate carree, true to shape at the frame's middle latitude."""

    def __init__(self, places: Ring) -> None:
        lons, lats = [place[0] for place in places], [place[1] for place in places]
        self._west, self._north = min(lons), max(lats)
        self._squeeze = cos(radians((self._north + min(lats)) / 2))
        wide = max((max(lons) - self._west) * self._squeeze, 1e-9)
        high = max(self._north - min(lats), 1e-9)
        self._scale = min(WIDTH / wide, TALLEST / high)
        self._left = (WIDTH - wide * self._scale) / 2
        self.height = round(high * self._scale, 1)

    def flat(self, ring: Ring) -> list[Place]:
        """A ring on the map."""
        return [
            (
                self._left + (lon - self._west) * self._squeeze * self._scale,
                (self._north - lat) * self._scale,
            )
            for lon, lat in ring
        ]

    def shows(self, one: Outline) -> bool:
        """Whether any of it lies in the frame."""
        west, north, east, south = _bounds([place for ring in one.rings for place in ring])
        return east > 0 and west < WIDTH and south > 0 and north < self.height


def _levels(index: AreaIndex, within: str | None) -> dict[int, list[AreaShape]]:
    parents = {one.id: one.parent for one in index.areas}
    levels: dict[int, list[AreaShape]] = {}
    for shape in index.shapes():
        if within is None or within in _lineage(shape.id, parents):
            levels.setdefault(shape.level, []).append(shape)
    return levels


def _deepest(levels: Mapping[int, list[AreaShape]], most: int) -> list[AreaShape]:
    """The areas of the deepest level that has more than one and not too many."""
    fit = [level for level, some in levels.items() if 1 < len(some) <= most]
    return levels[max(fit)] if fit else []


def _lineage(area: str | None, parents: Mapping[str, str | None]) -> Iterator[str]:
    while area is not None:
        yield area
        area = parents.get(area)


def _outline(
    shape: AreaShape, lay: _Projection, count: int, classes: list[tuple[int, int]]
) -> Outline:
    flat = (lay.flat(ring) for part in shape.geometry for ring in part)
    rings = sorted(flat, key=_extent, reverse=True)
    # Islets and holes that would be dots go; the largest ring always stays.
    seen = rings[:1] + [ring for ring in rings[1:] if _extent(ring) > DOT]
    return Outline(
        id=shape.id,
        name=visible(shape.name),
        rings=[_simplified(ring) for ring in seen],
        count=count,
        shade=next((n for n, (low, high) in enumerate(classes, 1) if low <= count <= high), 0),
    )


def _bounds(ring: list[Place]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return min(xs), min(ys), max(xs), max(ys)


def _extent(ring: list[Place]) -> float:
    west, north, east, south = _bounds(ring)
    return max(east - west, south - north)


def _classes(counts: list[int]) -> list[tuple[int, int]]:
    """Ranges of counts with about as many areas in each, by the counts' quantiles."""
    ordered = sorted(counts)
    ends = sorted({ordered[len(ordered) * n // CLASSES - 1] for n in range(1, CLASSES + 1)})
    starts = [ordered[0], *(end + 1 for end in ends)]
    return [(low, high) for low, high in zip(starts, ends, strict=False) if low <= high]


def _simplified(ring: list[Place]) -> list[Place]:
    """A closed ring by D. H. Douglas and T. K. Peucker (1973), without the closing place."""
    far = max(
        range(len(ring)), key=lambda n: hypot(ring[n][0] - ring[0][0], ring[n][1] - ring[0][1])
    )
    kept = {0, far, len(ring) - 1}
    waiting = [(0, far), (far, len(ring) - 1)]
    while waiting:
        first, last = waiting.pop()
        off, at = max(
            ((_distance(ring[n], ring[first], ring[last]), n) for n in range(first + 1, last)),
            default=(0.0, first),
        )
        if off > OFF:
            kept.add(at)
            waiting += [(first, at), (at, last)]
    return [(round(ring[n][0], 1), round(ring[n][1], 1)) for n in sorted(kept)[:-1]]


def _distance(place: Place, first: Place, last: Place) -> float:
    """From a place to the straight line between two others, or to the one if they are one."""
    (x, y), (ax, ay), (bx, by) = place, first, last
    length = hypot(bx - ax, by - ay)
    if length == 0:
        return hypot(x - ax, y - ay)
    return abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length
