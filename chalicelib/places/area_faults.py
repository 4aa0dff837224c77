"""What is wrong with a set of areas, in words that a program can act on."""

from collections.abc import Iterator, Mapping

from chalicelib.places.area_shape import AreaShape, Polygons, Ring
from chalicelib.places.orientation import orientation
from chalicelib.places.overlapping_rings import is_on, overlap
from chalicelib.places.polygon import Polygon
from chalicelib.places.simple_ring import is_simple

_ById = Mapping[str, AreaShape]


def faults(shapes: list[AreaShape]) -> list[tuple[int, str]]:
    """Index in `shapes` and fault, each fault of a shape once; empty when all is well.

    Identity: empty_id, duplicate_id, empty_name, level_below_one.
    Hierarchy: parent_missing, parent_level_not_smaller, parent_cycle.
    Geometry: no_polygons, no_rings, ring_too_short, ring_not_closed, position_out_of_range,
    zero_area, self_intersection (the first of a ring, as each presumes those before it),
    hole_outside (a hole with a position outside the outer ring), rings_overlap.
    """
    outlines = ((index, word) for index, one in enumerate(shapes) for word in of_outline(one))
    return sorted([*among(shapes), *outlines], key=lambda fault: fault[0])


def of_outline(shape: AreaShape) -> list[str]:
    """The faults of the geometry of one area, which no other area has to do with."""
    return list(dict.fromkeys(_geometry(shape.geometry)))


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


def _geometry(geometry: Polygons) -> Iterator[str]:
    if not geometry:
        yield "no_polygons"
    sound = True
    for rings in geometry:
        found = [fault for ring in rings if (fault := _ring_fault(ring))]
        sound = sound and bool(rings) and not found
        yield from found
        if not rings:
            yield "no_rings"
        elif not found and _has_hole_outside(rings):
            sound = False
            yield "hole_outside"
    if sound and overlap(geometry):
        yield "rings_overlap"


def _ring_fault(ring: Ring) -> str | None:
    if len(ring) < 4:
        return "ring_too_short"
    if ring[0] != ring[-1]:
        return "ring_not_closed"
    # Written so that NaN, which compares false, is out of range too.
    if not all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in ring):
        return "position_out_of_range"
    if _is_flat(ring):
        return "zero_area"
    return None if is_simple(ring) else "self_intersection"


def _is_flat(ring: Ring) -> bool:
    """Whether all positions are on one line."""
    start = ring[0]
    other = next((position for position in ring if position != start), start)
    return all(orientation(start, other, position) == 0 for position in ring)


def _has_hole_outside(rings: list[Ring]) -> bool:
    outer, *holes = rings
    around, corners = Polygon([outer]), set(outer)
    return any(
        not (around.contains(*position) or is_on(outer, position))
        for hole in holes
        for position in hole
        if position not in corners
    )
