"""HTTP of the directory: public categories and areas, and their upkeep by administrators."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from chalicelib.agencies import directory
from chalicelib.agencies.models import Agency, Category, CityTime, Route, WordList, WorkingHours
from chalicelib.errors import Fault, InvalidInput, NotInDirectory, ReportChanged, Unprocessable
from chalicelib.places import areas
from chalicelib.places.areas import AreaShape
from chalicelib.places.point import LATITUDE_LIMIT, Point
from chalicelib.web import Routes

routes = Routes(__name__, "directory")

AREAS_LIMIT = 6 * 1024 * 1024
_SLUG = r"^[a-z0-9][a-z0-9-]{0,63}$"


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


class CategoryOut(Category, frozen=True, kw_only=True):
    """A category with its id."""

    id: str


class CategoryList(Struct, frozen=True):
    """All categories of the city."""

    items: list[CategoryOut]
    next: None = None


class AgencyOut(Agency, frozen=True, kw_only=True):
    """An agency with its id."""

    id: str


class AgencyList(Struct, frozen=True):
    """All agencies of the city."""

    items: list[AgencyOut]
    next: None = None


class RouteOut(Route, frozen=True, kw_only=True):
    """A route with its id."""

    id: str


class RouteList(Struct, frozen=True):
    """All routes of the city."""

    items: list[RouteOut]
    next: None = None


class WordListOut(WordList, frozen=True, kw_only=True):
    """A word list; `id` is its language."""

    id: str


class WordLists(Struct, frozen=True):
    """The word lists of all languages."""

    items: list[WordListOut]
    next: None = None


class Holidays(Struct, frozen=True, forbid_unknown_fields=True):
    """Days without work, the first one first."""

    dates: Annotated[list[date], Meta(max_length=1000)]


Position = Annotated[list[float], Meta(min_length=2, max_length=4)]


class Polygon(Struct, frozen=True, tag_field="type", tag="Polygon"):
    """One polygon: an outer ring, then holes (RFC 7946, section 3.1.6)."""

    coordinates: list[list[Position]]


class MultiPolygon(Struct, frozen=True, tag_field="type", tag="MultiPolygon"):
    """Several polygons (RFC 7946, section 3.1.7)."""

    coordinates: list[list[list[Position]]]


class AreaProperties(Struct, frozen=True):
    """What an area is called and where it belongs; other properties are ignored."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    level: Annotated[int, Meta(ge=1, le=9)]
    parent: str | None = None


class AreaFeature(Struct, frozen=True):
    """One area as a GeoJSON feature."""

    type: Literal["Feature"]
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    properties: AreaProperties
    geometry: Polygon | MultiPolygon


class AreaCollection(Struct, frozen=True):
    """A GeoJSON FeatureCollection of areas."""

    type: Literal["FeatureCollection"]
    features: Annotated[list[AreaFeature], Meta(min_length=1, max_length=5000)]


class AreasStored(Struct, frozen=True):
    """How many areas came and how many there are now."""

    received: int
    total: int


@routes.get("/v1/categories")
def list_categories() -> CategoryList:
    """All categories with their questions and service levels, in both languages."""
    return CategoryList(_listed(directory.current().categories, CategoryOut))


@routes.get("/v1/areas")
def areas_at(query: NearQuery) -> AreaList:
    """The chain of areas at a point, the largest first."""
    chain = directory.current().areas.chain(_point(query.near))
    return AreaList([AreaOut(area.id, area.name, area.level) for area in chain])


@routes.put("/v1/admin/areas", body_limit=AREAS_LIMIT, problems=(Unprocessable,))
def put_areas(body: AreaCollection) -> AreasStored:
    """Add areas, replacing those of the same id; all of them, or none when one is invalid."""
    came = [_shape(feature) for feature in body.features]
    for _ in range(3):
        there = {shape.id: shape for shape in directory.current().areas.shapes()}
        merged = [*(there[id] for id in there if id not in {shape.id for shape in came}), *came]
        offset = len(merged) - len(came)
        if faults := areas.faults(merged):
            raise Unprocessable(*(_area_fault(index - offset, code) for index, code in faults))
        if directory.replace_areas(merged):
            return AreasStored(len(came), len(merged))
    raise ReportChanged


@routes.get("/v1/admin/areas")
def list_areas() -> AreaList:
    """All areas, without their polygons."""
    shapes = sorted(directory.current().areas.shapes(), key=lambda shape: (shape.level, shape.id))
    return AreaList([AreaOut(one.id, one.name, one.level, one.parent) for one in shapes])


@routes.put("/v1/admin/holidays")
def put_holidays(body: Holidays) -> Holidays:
    """Set the days on which nobody works; for clocks that are set from now on."""
    dates = sorted(set(body.dates))
    directory.put("time", "holidays", CityTime(dates=dates))
    return Holidays(dates)


@routes.get("/v1/admin/holidays")
def show_holidays() -> Holidays:
    """The days on which nobody works."""
    return Holidays(directory.current().holidays)


@routes.delete("/v1/admin/holidays", status=204)
def delete_holidays() -> None:
    """Have no holidays."""
    directory.remove("time", "holidays")


@routes.put("/v1/admin/working-hours")
def put_working_hours(body: WorkingHours) -> WorkingHours:
    """Set when the city works in a usual week; for clocks that are set from now on."""
    directory.put("time", "working-hours", CityTime(hours=body))
    return body


@routes.get("/v1/admin/working-hours")
def show_working_hours() -> WorkingHours:
    """When the city works in a usual week."""
    return directory.current().working_hours


@routes.delete("/v1/admin/working-hours", status=204)
def delete_working_hours() -> None:
    """Go back to eight hours from Monday to Friday."""
    directory.remove("time", "working-hours")


@routes.get("/v1/admin/agencies")
def list_agencies() -> AgencyList:
    """All agencies."""
    return AgencyList(_listed(directory.current().agencies, AgencyOut))


@routes.get("/v1/admin/routes")
def list_routes() -> RouteList:
    """All routes."""
    return RouteList(_listed(directory.current().routes, RouteOut))


@routes.put("/v1/admin/categories/{id}")
def put_category(id: str, body: Category) -> CategoryOut:
    """Create or replace a category."""
    return _put("category", id, body, CategoryOut)


@routes.put("/v1/admin/agencies/{id}")
def put_agency(id: str, body: Agency) -> AgencyOut:
    """Create or replace an agency."""
    return _put("agency", id, body, AgencyOut)


@routes.put("/v1/admin/routes/{id}", problems=(Unprocessable,))
def put_route(id: str, body: Route) -> RouteOut:
    """Create or replace a route; category, area and agency must be in the directory, or `*`."""
    book = directory.current()
    known_areas = {shape.id for shape in book.areas.shapes()}
    checks = [
        ("category", body.category == "*" or body.category in book.categories),
        ("area", body.area == "*" or body.area in known_areas),
        ("agency", body.agency in book.agencies),
    ]
    if faults := [Fault(field, "fault.not_in_directory") for field, known in checks if not known]:
        raise Unprocessable(*faults)
    return _put("route", id, body, RouteOut)


@routes.get("/v1/admin/categories/{id}", problems=(NotInDirectory,))
def show_category(id: str) -> CategoryOut:
    """One category."""
    return _one(directory.current().categories, id, CategoryOut)


@routes.get("/v1/admin/agencies/{id}", problems=(NotInDirectory,))
def show_agency(id: str) -> AgencyOut:
    """One agency."""
    return _one(directory.current().agencies, id, AgencyOut)


@routes.get("/v1/admin/routes/{id}", problems=(NotInDirectory,))
def show_route(id: str) -> RouteOut:
    """One route."""
    return _one(directory.current().routes, id, RouteOut)


@routes.delete("/v1/admin/categories/{id}", status=204, problems=(Unprocessable,))
def delete_category(id: str) -> None:
    """Delete a category that no route names."""
    _unused("category", id)
    directory.remove("category", id)


@routes.delete("/v1/admin/agencies/{id}", status=204, problems=(Unprocessable,))
def delete_agency(id: str) -> None:
    """Delete an agency that no route names."""
    _unused("agency", id)
    directory.remove("agency", id)


@routes.delete("/v1/admin/routes/{id}", status=204)
def delete_route(id: str) -> None:
    """Delete a route."""
    directory.remove("route", id)


@routes.get("/v1/admin/word-lists")
def list_word_lists() -> WordLists:
    """All word lists: what has one of their words waits for a moderator."""
    return WordLists(_listed(directory.current().word_lists, WordListOut))


@routes.put("/v1/admin/word-lists/{id}")
def put_word_list(id: str, body: WordList) -> WordListOut:
    """Create or replace the word list of a language."""
    return _put("word-list", id, body, WordListOut)


@routes.get("/v1/admin/word-lists/{id}", problems=(NotInDirectory,))
def show_word_list(id: str) -> WordListOut:
    """The word list of a language."""
    return _one(directory.current().word_lists, id, WordListOut)


@routes.delete("/v1/admin/word-lists/{id}", status=204)
def delete_word_list(id: str) -> None:
    """Delete the word list of a language."""
    directory.remove("word-list", id)


def _point(text: str) -> Point:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        lat = lon = float("nan")
    if not (abs(lat) <= LATITUDE_LIMIT and abs(lon) <= 180):
        raise InvalidInput(Fault("near", "fault.near", {"limit": LATITUDE_LIMIT}))
    return Point(lat, lon)


def _shape(feature: AreaFeature) -> AreaShape:
    geometry = feature.geometry
    polygons = [geometry.coordinates] if isinstance(geometry, Polygon) else geometry.coordinates
    return AreaShape(
        id=feature.id,
        name=feature.properties.name,
        level=feature.properties.level,
        parent=feature.properties.parent,
        geometry=[[[(at[0], at[1]) for at in ring] for ring in rings] for rings in polygons],
    )


def _area_fault(index: int, code: str) -> Fault:
    """A negative index is an area that was there before and that this change would break."""
    return Fault(f"features[{index}]" if index >= 0 else "features", f"fault.area.{code}")


def _listed[Out](entries: dict[str, Any], shape: Callable[..., Out]) -> list[Out]:
    return [_out(id, entries[id], shape) for id in sorted(entries)]


def _one[Out](entries: dict[str, Any], id: str, shape: Callable[..., Out]) -> Out:
    if id not in entries:
        raise NotInDirectory
    return _out(id, entries[id], shape)


def _put[Out](kind: str, id: str, entry: Struct, shape: Callable[..., Out]) -> Out:
    try:
        msgspec.convert(id, Annotated[str, Meta(pattern=_SLUG)])
    except msgspec.ValidationError:
        raise InvalidInput(Fault("id", "fault.slug")) from None
    directory.put(kind, id, entry)
    return _out(id, entry, shape)


def _out[Out](id: str, entry: Any, shape: Callable[..., Out]) -> Out:
    return shape(id=id, **{name: getattr(entry, name) for name in entry.__struct_fields__})


def _unused(kind: str, id: str) -> None:
    routes_in_use = [
        name for name, route in directory.current().routes.items() if getattr(route, kind) == id
    ]
    if routes_in_use:
        raise Unprocessable(Fault("id", "fault.in_use", {"routes": ", ".join(routes_in_use)}))
