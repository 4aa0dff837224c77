"""The reports of an area: those that were sent where it, or an area in it, was the deepest.

There is no index by area: it would cost a write at every change of every report. The feed of the
boxes around the outlines is read instead, and much of it is thrown away where a crowded place lies
beside the area. Entries say in which deepest area they lie, so that the list holds exactly what
the reports themselves say.
"""

from msgspec import Struct

from chalicelib.agencies import directory
from chalicelib.errors import Fault, Unprocessable
from chalicelib.places.areas import AreaShape
from chalicelib.places.box import Box
from chalicelib.places.polygon import bounds

# Reports are stored with six decimals, their areas were found before that.
MARGIN = 1e-6


class AreaPlace(Struct, frozen=True):
    """Where to read, and the areas whose reports are wanted."""

    boxes: list[Box]
    areas: frozenset[str]


def place_of(area_id: str) -> AreaPlace:
    """The place of an area as the directory has it now; Unprocessable when it has none."""
    shapes = {shape.id: shape for shape in directory.current().areas.shapes()}
    if area_id not in shapes:
        raise Unprocessable(Fault("area", "fault.no_area"))
    inside = _inside(area_id, shapes)
    parts = [box for id in inside for box in _parts(shapes[id])]
    return AreaPlace(_joined(parts), frozenset(inside))


def boxes_of_all(book: directory.Directory) -> list[Box]:
    """Boxes around all areas of the city; none of a city without areas."""
    return _joined([box for one in book.areas.shapes() if not one.parent for box in _parts(one)])


def _inside(area_id: str, shapes: dict[str, AreaShape]) -> list[str]:
    """The area itself, first, and all areas in it."""
    found = [area_id]
    for outer in found:
        found += [shape.id for shape in shapes.values() if shape.parent == outer]
    return found


def _parts(shape: AreaShape) -> list[Box]:
    """The box of each polygon."""
    return [
        Box(
            max(-180.0, west - MARGIN),
            max(-90.0, south - MARGIN),
            min(180.0, east + MARGIN),
            min(90.0, north + MARGIN),
        )
        for west, south, east, north in map(bounds, shape.geometry)
    ]


def _joined(parts: list[Box]) -> list[Box]:
    """Boxes that cover the parts, with those that overlap made one; islands stay by themselves."""
    joined: list[Box] = []
    for part in parts:
        apart = [box for box in joined if not _overlap(box, part)]
        joined = [*apart, _around([part, *(box for box in joined if _overlap(box, part))])]
    return joined


def _overlap(a: Box, b: Box) -> bool:
    return a.west <= b.east and b.west <= a.east and a.south <= b.north and b.south <= a.north


def _around(boxes: list[Box]) -> Box:
    return Box(
        min(box.west for box in boxes),
        min(box.south for box in boxes),
        max(box.east for box in boxes),
        max(box.north for box in boxes),
    )
