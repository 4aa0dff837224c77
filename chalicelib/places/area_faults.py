"""What is wrong with a set of areas, in words that a program can act on, and where."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from chalicelib.places.area_shape import AreaShape, Polygons, Ring
from chalicelib.places.orientation import Position, orientation
from chalicelib.places.overlapping_rings import RingName, is_on, overlap
from chalicelib.places.polygon import Polygon
from chalicelib.places.simple_ring import self_meeting

_ById = Mapping[str, AreaShape]


class OutlineFault(Struct, frozen=True):
    """A fault of one area's geometry: the rings that have it, and a place where it shows."""

    word: str
    rings: tuple[RingName, ...] = ()
    at: Position | None = None


def faults(shapes: list[AreaShape]) -> list[tuple[int, str]]:
    """Index in `shapes` and fault, each fault of a shape once; empty when all is well.

    Identity: empty_id, duplicate_id, empty_name, level_below_one.
    Hierarchy: parent_missing, parent_level_not_smaller, parent_cycle.
    Geometry: no_polygons, no_rings, ring_too_short, ring_not_closed, position_out_of_range,
    zero_area, self_intersection (the first of a ring, as each presumes those before it),
    hole_outside (a hole with a position outside the outer ring), rings_overlap.
    """
    outlines = (
        (index, one.word) for index, shape in enumerate(shapes) for one in of_outline(shape)
    )
    return sorted([*among(shapes), *outlines], key=lambda fault: fault[0])


def of_outline(shape: AreaShape) -> list[OutlineFault]:
    """The faults of the geometry of one area, which no other area has to do with.

    The first of each word: an outline with thousands of faults is not told by thousands.
    """
    found: dict[str, OutlineFault] = {}
    for fault in _geometry(shape.geometry):
        found.setdefault(fault.word, fault)
    return list(found.values())


def among(shapes: list[AreaShape]) -> list[tuple[int, str]]:
    """The faults of identity and hierarchy, as `faults` gives them."""
    by_id: dict[str, AreaShape] = {}
    found: list[tuple[int, str]] = []
    for index, shape in enumerate(shapes):
        if by_id.setdefault(shape.id, shape) is not shape:
            found.append((index, "duplicate_id"))
    for index, shape in enumerate(shapes):
        words = [*_identity(shape), *_hierarchy(shape, by_id)]
        found += [(index, word) for word in dict.fromkeys(words)]
    return sorted(found, key=lambda fault: fault[0])


def _identity(shape: AreaShape) -> Iterator[str]:
    if not shape.id.strip():
        yield "empty_id"
    if not shape.name.strip():
        yield "empty_name"
    if shape.level < 1:
        yield "level_below_one"


def _hierarchy(shape: AreaShape, by_id: _ById) -> Iterator[str]:
    if shape.parent is None:
        return
    parent = by_id.get(shape.parent)
    if parent is None:
        yield "parent_missing"
    elif parent.level >= shape.level:
        yield "parent_level_not_smaller"
    if _is_own_ancestor(shape, by_id):
        yield "parent_cycle"


def _is_own_ancestor(shape: AreaShape, by_id: _ById) -> bool:
    seen: set[str] = set()
    above = shape.parent
    while above is not None and above in by_id and above not in seen:
        seen.add(above)
        above = by_id[above].parent
    return shape.id in seen


def _geometry(geometry: Polygons) -> Iterator[OutlineFault]:
    if not geometry:
        yield OutlineFault("no_polygons")
    sound = True
    for number, rings in enumerate(geometry):
        found = [
            fault
            for index, ring in enumerate(rings)
            if (fault := _ring_fault((number, index), ring))
        ]
        sound = sound and bool(rings) and not found
        yield from found
        if not rings:
            yield OutlineFault("no_rings", ((number, 0),))
        elif not found and (outside := _hole_outside(number, rings)):
            sound = False
            yield outside
    if sound and (both := overlap(geometry)):
        yield OutlineFault("rings_overlap", (both.one, both.other), both.at)


def _ring_fault(name: RingName, ring: Ring) -> OutlineFault | None:
    start = ring[0] if ring else None
    if len(ring) < 4:
        return OutlineFault("ring_too_short", (name,), start)
    if ring[0] != ring[-1]:
        return OutlineFault("ring_not_closed", (name,), start)
    # Written so that NaN, which compares false, is out of range too.
    if away := [one for one in ring if not (abs(one[0]) <= 180 and abs(one[1]) <= 90)]:
        return OutlineFault("position_out_of_range", (name,), away[0])
    if _is_flat(ring):
        return OutlineFault("zero_area", (name,), start)
    at = self_meeting(ring)
    return OutlineFault("self_intersection", (name,), at) if at else None


def _is_flat(ring: Ring) -> bool:
    """Whether all positions are on one line."""
    start = ring[0]
    other = next((position for position in ring if position != start), start)
    return all(orientation(start, other, position) == 0 for position in ring)


def _hole_outside(number: int, rings: list[Ring]) -> OutlineFault | None:
    outer, *holes = rings
    around, corners = Polygon([outer]), set(outer)
    for index, hole in enumerate(holes, start=1):
        for at in hole:
            if at not in corners and not (around.contains(*at) or is_on(outer, at)):
                return OutlineFault("hole_outside", ((number, index),), at)
    return None
