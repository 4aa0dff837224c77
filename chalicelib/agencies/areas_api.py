"""HTTP of areas: what lies where, and their upkeep by administrators."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.agencies import area_changes, area_imports, directory
from chalicelib.agencies.area_changes import AreasStored
from chalicelib.agencies.area_imports import PARTS, Import
from chalicelib.agencies.geojson import AreaCollection, AreaFeature, feature_of
from chalicelib.agencies.models import AreasVersion
from chalicelib.clock import Time
from chalicelib.errors import Fault, InvalidInput, NotInDirectory, ReportChanged, Unprocessable
from chalicelib.places.areas import AreaIndex
from chalicelib.places.point import LATITUDE_LIMIT, Point
from chalicelib.web import Asked, Reply, Routes, fault_content

routes = Routes(__name__, "directory")

AREAS_LIMIT = 6 * 1024 * 1024


class NearQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """A point as `lat,lon` in degrees."""

    near: str


class AreaOut(Struct, frozen=True):
    """An area; level 1 is the largest."""

    id: str
    name: str
    level: int
    parent: str | None = None


class AreaList(Struct, frozen=True):
    """Areas, the largest first."""

    items: list[AreaOut]
    next: None = None


class VersionOut(Struct, frozen=True):
    """One edition of the city's areas; the last one is in force."""

    version: int
    stored_at: Time
    areas: int


class VersionList(Struct, frozen=True):
    """All editions, the oldest first."""

    items: list[VersionOut]
    next: None = None


class PartKept(Struct, frozen=True):
    """A part of an import as it was kept; `errors` name what keeps the import from being done."""

    number: int
    features: int
    errors: list[dict[str, str]]


class NewImport(Struct, frozen=True, forbid_unknown_fields=True):
    """That more areas are to come than one call holds."""


class Restoration(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing more than the path says."""


class Commit(Struct, frozen=True, forbid_unknown_fields=True):
    """That all parts have come; with `replace`, areas that did not come are no more."""

    replace: bool = False


@routes.get("/v1/areas")
def areas_at(query: NearQuery) -> AreaList:
    """The chain of areas at a point, the largest first."""
    chain = directory.current().areas.chain(_point(query.near))
    return AreaList([AreaOut(area.id, area.name, area.level) for area in chain])


@routes.put("/v1/admin/areas", body_limit=AREAS_LIMIT, problems=(Unprocessable,))
def put_areas(body: AreaCollection, asked: Asked) -> AreasStored:
    """Add areas, replacing those of the same id; all of them, or none when one is invalid."""
    came = [
        area_changes.sent(f"features[{index}]", feature)
        for index, feature in enumerate(body.features)
    ]
    return area_changes.add(came, asked.language)


@routes.get("/v1/admin/areas")
def list_areas() -> AreaList:
    """All areas, without their polygons."""
    return _listed(directory.current().areas)


@routes.get("/v1/admin/areas/versions")
def list_area_versions() -> VersionList:
    """All editions that the areas have had."""
    return VersionList([_version(row) for row in directory.area_versions()])


@routes.get("/v1/admin/areas/versions/{version}", problems=(NotInDirectory,))
def show_area_version(version: str) -> AreaList:
    """The areas of one edition, without their polygons."""
    return _listed(directory.areas_of(_number("version", version)))


@routes.post(
    "/v1/admin/areas/versions/{version}/restore",
    problems=(NotInDirectory, Unprocessable, ReportChanged),
)
def restore_area_version(version: str, body: Restoration, asked: Asked) -> AreasStored:
    """Make a past edition the city's areas again, as a new edition; reports keep their areas."""
    return area_changes.restore(_number("version", version), asked.language)


@routes.get("/v1/admin/areas/{id}", problems=(NotInDirectory,))
def show_area(id: str) -> AreaFeature:
    """One area with its polygons, as a GeoJSON feature."""
    for shape in directory.current().areas.shapes():
        if shape.id == id:
            return feature_of(shape)
    raise NotInDirectory


@routes.delete("/v1/admin/areas/{id}", status=204, problems=(NotInDirectory, Unprocessable))
def delete_area(id: str, asked: Asked) -> None:
    """Delete an area that no route names and no area lies in; reports keep it."""
    area_changes.remove(id, asked.language)


@routes.post("/v1/admin/areas/imports", status=201)
def begin_area_import(body: NewImport) -> Reply[Import]:
    """Begin an import of areas by parts; nothing is in force before its end."""
    return Reply(area_imports.begin(clock.now()), 201)


@routes.get("/v1/admin/areas/imports/{id}", problems=(NotInDirectory,))
def show_area_import(id: str) -> Import:
    """How far an import is."""
    return area_imports.find(id)


@routes.put(
    "/v1/admin/areas/imports/{id}/parts/{number}",
    body_limit=AREAS_LIMIT,
    problems=(NotInDirectory, Unprocessable),
)
def put_area_part(id: str, number: str, body: AreaCollection, asked: Asked) -> PartKept:
    """Send a part, or send it again; the answer names what is wrong with outlines in it."""
    part = area_imports.put_part(id, _number("number", number), body.features, clock.now())
    errors = [fault_content(fault, asked.language) for one in part for fault in one.faults]
    return PartKept(int(number), len(part), errors)


@routes.post("/v1/admin/areas/imports/{id}/commit", problems=(NotInDirectory, Unprocessable))
def commit_area_import(id: str, body: Commit, asked: Asked) -> AreasStored:
    """End an import: all areas of all parts, or nothing and every fault by its feature."""
    return area_imports.commit(id, body.replace, asked.language)


def _number(field: str, text: str) -> int:
    shape = Annotated[int, Meta(ge=1, le=10**8 if field == "version" else PARTS)]
    try:
        return msgspec.convert(text, shape, strict=False)
    except msgspec.ValidationError:
        if field == "version":
            raise NotInDirectory from None
        raise InvalidInput(Fault(field, "fault.part_number", {"limit": PARTS})) from None


def _listed(index: AreaIndex) -> AreaList:
    return AreaList([AreaOut(one.id, one.name, one.level, one.parent) for one in index.areas])


def _version(row: AreasVersion) -> VersionOut:
    return VersionOut(int(row.id), row.at, int(row.areas))


def _point(text: str) -> Point:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        lat = lon = float("nan")
    if not (abs(lat) <= LATITUDE_LIMIT and abs(lon) <= 180):
        raise InvalidInput(Fault("near", "fault.near", {"limit": LATITUDE_LIMIT}))
    return Point(lat, lon)
