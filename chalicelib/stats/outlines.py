"""Areas or cells as a small map: their outlines, simplified and laid flat. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from math import cos, hypot, radians
from statistics import median_low

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.places.area_shape import AreaShape, Ring
from chalicelib.places.areas import AreaIndex
from chalicelib.places.roomiest import roomiest
from chalicelib.visible import visible

WIDTH = 640
TALLEST = 760
MOST = 400
"""More outlines than these make no map but a mess; then the level above is drawn."""
NAMED = 24
LETTER, LINE, LONGEST = 9, 18, 24
"""Units that a letter and a line of a label take on a phone, and a label's most letters."""
OFF = 0.7
"""Units by which a simplified outline may miss the true one: less than a screen shows."""
DOT = 2
CLASSES = 5
ENOUGH = 0.95
"""The share of reports that a map may do with: few must not make all others small."""

Place = tuple[float, float]


class Outline(Struct, frozen=True):
    """An area or cell on the map; `shade` is 0 for no report, or a class from 1 to CLASSES.

    `label` is what of the name is written on the map; nothing where there is no room.

    A place is inside when it is within an odd number of the rings: holes are rings like others.
    """

    id: str
    name: str
    rings: list[list[Place]]
    count: int
    shade: int
    label: str = ""

    @property
    def middle(self) -> Place:
        """Where its label is written: inside and in no hole, unless it would cross the sides."""
        x, y = roomiest([[*ring, ring[0]] for ring in self.rings])
        half = self.wide / 2
        return round(min(max(x, half), WIDTH - half), 1), round(y, 1)

    @property
    def wide(self) -> float:
        """Units that its label takes."""
        return LETTER * max(len(self.label), 2)

    @property
    def path(self) -> str:
        """The outline as the data of an SVG path."""
        return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in self.rings)


class Map(Struct, frozen=True):
    """Outlines in a frame whose origin is its north-west corner.

    `regions` are the areas of a level that has few enough to be named, for orientation; of cells
    the busiest, named by their ranks. `classes` are the least and the greatest count of each shade
    from 1 on. `beyond` is how many reports are on none of the outlines.
    """

    width: float
    height: float
    outlines: list[Outline]
    regions: list[Outline]
    classes: list[tuple[int, int]]
    beyond: int = 0
    of_cells: bool = False


def drawable(index: AreaIndex) -> bool:
    """Whether there can be a map of areas of the whole city."""
    return bool(_fitting(_levels(index, None), MOST))


def drawn(
    index: AreaIndex, counts: Mapping[str, int], within: str | None, reports: int
) -> Map | None:
    """The deepest level that can be drawn, as far as it has reports; None where that is no map.

    Of so many `reports` in all, a deeper level may lack a twentieth of those that one above has.
    """
    levels = _levels(index, within)
    held = {
        level: sum(counts.get(one.id, 0) for one in levels[level])
        for level in _fitting(levels, MOST)
    }
    enough = ENOUGH * max(held.values(), default=0)
    level = max((one for one, some in held.items() if some >= enough), default=0)
    reported = [one for one in levels.get(level, []) if counts.get(one.id)]
    if not reported:
        return None
    named = max((one for one in _fitting(levels, NAMED) if one <= level), default=0)
    frame = _core(reported, counts)
    return laid(levels[level], levels.get(named, []), counts, frame, reports)


def laid(
    shapes: list[AreaShape],
    named: list[AreaShape],
    counts: Mapping[str, int],
    frame: Ring,
    reports: int,
    *,
    of_cells: bool = False,
) -> Map:
    """What of the shapes, and of so many reports in all, lies in the frame of these places."""
    lay = _Projection(frame)
    classes = _classes([counts[one.id] for one in shapes if counts.get(one.id)])

    def shown(shapes: list[AreaShape]) -> list[Outline]:
        outlines = [_outline(one, lay, counts.get(one.id, 0), classes) for one in shapes]
        return [one for one in outlines if lay.shows(one)]

    every = shown(shapes)
    beyond = max(0, reports - sum(one.count for one in every))
    regions = _labelled(shown(named), LINE if of_cells else 2 * LINE)
    return Map(WIDTH, lay.height, every, regions, classes, beyond, of_cells)


def _labelled(regions: list[Outline], high: float) -> list[Outline]:
    """Each with its label, of so many units in height, if that keeps clear of busier ones'."""
    done: list[Outline] = []
    for one in sorted(regions, key=lambda one: -one.count):
        name = one.name if len(one.name) <= LONGEST else f"{one.name[: LONGEST - 1].rstrip()}\u2026"
        written = replace(one, label=name)
        x, y = written.middle
        clear = all(
            abs(x - other.middle[0]) >= (written.wide + other.wide) / 2
            or abs(y - other.middle[1]) >= high
            for other in done
            if other.label
        )
        done.append(written if clear else one)
    return done


def _core(shapes: list[AreaShape], counts: Mapping[str, int]) -> Ring:
    """The places of the shapes; without the farthest, if few reports there make all others small.

    Few are a twentieth, small is by half: Jakarta has islands a hundred kilometres off its coast.
    """
    middles = {one.id: _middle(one) for one in shapes}
    reports = list(Counter({one.id: counts[one.id] for one in shapes}).elements())
    lon, lat = (median_low(middles[id][axis] for id in reports) for axis in (0, 1))
    squeeze = cos(radians(lat))

    def far(one: AreaShape) -> float:
        x, y = middles[one.id]
        return hypot((x - lon) * squeeze, y - lat)

    ordered = sorted(shapes, key=far)
    sums = accumulate(counts[one.id] for one in ordered)
    enough = next(n for n, some in enumerate(sums, 1) if some >= ENOUGH * len(reports))
    whole, core = _places(ordered), _places(ordered[:enough])
    return core if _extent(core) * 1.5 <= _extent(whole) else whole


def _places(shapes: Iterable[AreaShape]) -> Ring:
    return [place for one in shapes for part in one.geometry for place in part[0]]


def _middle(shape: AreaShape) -> Place:
    west, south, east, north = _bounds(_places([shape]))
    return (west + east) / 2, (south + north) / 2


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


def _fitting(levels: Mapping[int, list[AreaShape]], most: int) -> list[int]:
    """The levels that have more than one area and not too many."""
    return [level for level, some in levels.items() if 1 < len(some) <= most]


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
