"""Lists of reports by place: query parameters in, a page of items or GeoJSON out."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from chalicelib import cursor
from chalicelib.errors import Fault, InvalidInput, Unprocessable
from chalicelib.places.box import Box
from chalicelib.places.point import LATITUDE_LIMIT, Point
from chalicelib.reports import feed
from chalicelib.reports.by_area import place_of
from chalicelib.reports.feed import BoxTooLarge
from chalicelib.reports.filtering import Words, filters_of
from chalicelib.reports.index import Filters, ReportItem
from chalicelib.reports.listed import box_of, point_of, shown
from chalicelib.reports.nearby import nearest

DEFAULT_RADIUS_M = 1000.0


class ListQuery(Words, frozen=True, forbid_unknown_fields=True):
    """`near` with `radius`, or `bbox`, or `area`; the filters go with all of them."""

    near: Annotated[str, Meta(description="`lat,lon` in degrees")] | None = None
    radius: Annotated[float, Meta(ge=1, le=50_000, description="metres")] | None = None
    bbox: Annotated[str, Meta(description="`west,south,east,north` in degrees")] | None = None
    area: Annotated[str, Meta(max_length=64, description="id of an area")] | None = None
    sort: (
        Annotated[
            Literal["newest", "trending"],
            Meta(description="not with `near`; trending: open reports, the most supported first"),
        ]
        | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class ReportPage(Struct, frozen=True):
    """One page of a list; `next` is the cursor of the page after it, None at the end."""

    items: list[ReportItem]
    next: str | None


def page(query: ListQuery) -> ReportPage:
    """The page that the query asks for; InvalidInput naming every fault, or Unprocessable."""
    filters, faults = filters_of(query)
    point, of_point = _near(query)
    box, of_box = _box(query)
    faults += of_point + of_box + _faults_together(query)
    if faults:
        raise InvalidInput(*faults)
    if point is not None:
        return _nearest_page(query, point, filters)
    if box is not None:
        return _feed_page(query, [box], filters)
    assert query.area is not None  # the faults above include a list without a place
    place = place_of(query.area)
    return _feed_page(query, place.boxes, replace(filters, areas=place.areas))


def _faults_together(query: ListQuery) -> list[Fault]:
    """What is wrong about parameters that are each right."""
    faults = []
    if [query.near, query.bbox, query.area].count(None) != 2:
        faults.append(Fault("near", "fault.one_place"))
    if query.radius is not None and query.near is None:
        faults.append(Fault("radius", "fault.not_without", {"name": "near"}))
    if query.sort is not None and query.near is not None:
        faults.append(Fault("sort", "fault.not_with", {"name": "near"}))
    return faults


def geojson(found: ReportPage) -> dict[str, Any]:
    """The same page as a FeatureCollection (RFC 7946), the cursor as a foreign member."""
    return {
        "type": "FeatureCollection",
        "features": [_feature(item) for item in found.items],
        "next": found.next,
    }


def _feature(item: ReportItem) -> dict[str, Any]:
    properties = msgspec.to_builtins(item)
    location = properties.pop("location")
    return {
        "type": "Feature",
        "id": properties.pop("id"),
        "geometry": {"type": "Point", "coordinates": [location["lon"], location["lat"]]},
        "properties": properties,
    }


def _nearest_page(query: ListQuery, centre: Point, filters: Filters) -> ReportPage:
    radius = query.radius or DEFAULT_RADIUS_M
    identity = _identity(query)
    after = (-1.0, "")
    if query.cursor:
        distance, id = cursor.unseal(identity, query.cursor)
        after = (float(distance), str(id))
    found = nearest(centre, radius, query.limit + 1, filters, after)
    items = [shown(one.entry, one.distance_m) for one in found[: query.limit]]
    last = found[query.limit - 1] if len(found) > query.limit else None
    following = cursor.seal(identity, [last.distance_m, last.id]) if last else None
    return ReportPage(items, following)


def _feed_page(query: ListQuery, boxes: list[Box], filters: Filters) -> ReportPage:
    identity = _identity(query)
    before = str(cursor.unseal(identity, query.cursor)[0]) if query.cursor else "~"
    try:
        found = feed.page(boxes, query.limit, filters, query.sort or "newest", before)
    except BoxTooLarge:
        raise Unprocessable(_too_large(query)) from None
    items = [shown(entry) for entry in found.entries]
    return ReportPage(items, found.last and cursor.seal(identity, [found.last]))


def _too_large(query: ListQuery) -> Fault:
    if query.bbox is None:
        return Fault("area", "fault.area_too_large")
    return Fault("bbox", "fault.box_too_large")


def _identity(query: ListQuery) -> dict[str, Any]:
    """What a cursor is bound to: the whole query but for the page's size and the cursor itself."""
    facts: dict[str, Any] = msgspec.to_builtins(query)
    return {name: facts[name] for name in facts if name not in ("cursor", "limit")}


def _near(query: ListQuery) -> tuple[Point | None, list[Fault]]:
    point = point_of(query.near) if query.near is not None else None
    wrong = query.near is not None and point is None
    return point, [Fault("near", "fault.near", {"limit": LATITUDE_LIMIT})] if wrong else []


def _box(query: ListQuery) -> tuple[Box | None, list[Fault]]:
    box = box_of(query.bbox) if query.bbox is not None else None
    return box, [Fault("bbox", "fault.bbox")] if query.bbox is not None and box is None else []
