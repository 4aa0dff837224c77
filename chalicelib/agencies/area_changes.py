"""Changing the city's areas: checked as a whole, stored as a new version, all of it or nothing.

Reports keep the areas that they were sent in; a past version stays readable for ever.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from chalicelib import texts
from chalicelib.agencies import directory, removal
from chalicelib.agencies.geojson import AreaFeature, ring_path, shape_of
from chalicelib.errors import Fault, NotInDirectory, ReportChanged, Unprocessable
from chalicelib.places.areas import AreaShape
from chalicelib.places.point import Point

if TYPE_CHECKING:
    from chalicelib.places.area_faults import OutlineFault
    from chalicelib.places.coverage import Flaw

ATTEMPTS = 3
# Outlines that were each simplified by themselves have slivers without number.
WARNINGS = 100


class Warned(Struct, frozen=True):
    """Where areas of one level leave a `gap` or `overlap`: stored all the same."""

    kind: str
    areas: list[str]
    at: Point
    message: str


class AreasStored(Struct, frozen=True):
    """How many areas came and how many there are now, in which version."""

    received: int
    total: int
    version: int
    warnings: list[Warned]


class Sent(Struct, frozen=True):
    """An area as it came: `field` names it in faults, `faults` is what its outline has."""

    field: str
    shape: AreaShape
    faults: list[Fault]


def sent(field: str, feature: AreaFeature) -> Sent:
    """An area with what is wrong with its outline."""
    # Geometry that only changes of areas need, like `coverage` below.
    from chalicelib.places import area_faults

    shape = shape_of(feature)
    found = area_faults.of_outline(shape)
    return Sent(field, shape, [_outline_fault(field, feature, shape, one) for one in found])


def add(came: Sequence[Sent], language: str, replace: bool = False) -> AreasStored:
    """Put these in the place of those with the same ids; or of all there are, when `replace`.

    Unprocessable naming every fault of every area; ReportChanged when others keep changing them.
    """
    ids = {one.shape.id for one in came}

    def change(there: list[AreaShape]) -> list[AreaShape]:
        kept = [] if replace else [shape for shape in there if shape.id not in ids]
        merged = [*kept, *(one.shape for one in came)]
        gone = [shape.id for shape in there if replace and shape.id not in ids]
        if faults := [*_faults(merged, came), *_still_named(gone)]:
            raise Unprocessable(*faults)
        return merged

    return _changed(len(came), change, language)


def remove(id: str, language: str) -> AreasStored:
    """Take an area away; NotInDirectory, or Unprocessable while routes or areas in it name it."""

    def change(there: list[AreaShape]) -> list[AreaShape]:
        left = [shape for shape in there if shape.id != id]
        if len(left) == len(there):
            raise NotInDirectory
        inside = sorted(shape.id for shape in left if shape.parent == id)
        around = [Fault("id", "fault.areas_inside", {"areas": ", ".join(inside)})] if inside else []
        if faults := [*removal.faults("area", id), *around]:
            raise Unprocessable(*faults)
        return left

    return _changed(0, change, language)


def restore(version: int, language: str) -> AreasStored:
    """Make a past version the city's areas again, as a new version.

    NotInDirectory; Unprocessable naming the areas that it lacks and that routes still name.
    """
    past = directory.areas_of(version).shapes()

    def change(there: list[AreaShape]) -> list[AreaShape]:
        ids = {shape.id for shape in past}
        if faults := _still_named([shape.id for shape in there if shape.id not in ids]):
            raise Unprocessable(*faults)
        return past

    return _changed(len(past), change, language)


def _changed(
    received: int, change: Callable[[list[AreaShape]], list[AreaShape]], language: str
) -> AreasStored:
    from chalicelib.places import coverage

    for _ in range(ATTEMPTS):
        shapes = change(directory.current().areas.shapes())
        version = directory.replace_areas(shapes)
        if version is not None:
            found = [_warned(flaw, language) for flaw in islice(coverage.flaws(shapes), WARNINGS)]
            return AreasStored(received, len(shapes), version, found)
    raise ReportChanged


def _faults(merged: list[AreaShape], came: Sequence[Sent]) -> list[Fault]:
    """Those of what came, and of areas that were there and that this change would break."""
    from chalicelib.places import area_faults

    first = len(merged) - len(came)
    among = [
        Fault(
            came[index - first].field if index >= first else "features",
            f"fault.area.{word}",
            {"area": _called(merged[index]), "parent": merged[index].parent},
        )
        for index, word in area_faults.among(merged)
    ]
    return [*among, *(fault for one in came for fault in one.faults)]


def _outline_fault(
    field: str, feature: AreaFeature, shape: AreaShape, fault: "OutlineFault"
) -> Fault:
    """The fault with its rings named as in the feature's `coordinates`, and a place in degrees."""
    rings = [ring_path(feature, *name) for name in fault.rings]
    facts: dict[str, object] = {"area": _called(shape)}
    facts |= dict(zip(("ring", "other"), rings, strict=False))
    if fault.at is not None:
        facts |= dict(zip(("lon", "lat"), (f"{degrees:.9g}" for degrees in fault.at), strict=True))
    return Fault(field, f"fault.area.{fault.word}", facts)


def _called(shape: AreaShape) -> str:
    return f"{shape.id} ({shape.name})"


def _still_named(gone: list[str]) -> list[Fault]:
    """Areas that would be no more and that routes still name."""
    return [
        Fault(f"features.{id}", fault.key, fault.facts)
        for id in gone
        for fault in removal.faults("area", id)
    ]


def _warned(flaw: "Flaw", language: str) -> Warned:
    key = f"area.{flaw.kind}{'' if flaw.areas else '.top'}"
    message = texts.say(key, language, areas=", ".join(flaw.areas))
    return Warned(flaw.kind, flaw.areas, flaw.at, message)
