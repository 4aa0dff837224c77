"""Lists of reports by place: query parameters in, a page of items or GeoJSON out."""

from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from chalicelib import cursor
from chalicelib.clock import first_id, moment, text
from chalicelib.errors import Fault, InvalidInput, Unprocessable
from chalicelib.photos import links
from chalicelib.places.box import Box
from chalicelib.places.point import LATITUDE_LIMIT, Point
from chalicelib.reports import lifecycle
from chalicelib.reports.feed import BoxTooLarge, newest_in
from chalicelib.reports.index import Entry, Filters, ReportItem, item_of
from chalicelib.reports.nearby import nearest

DEFAULT_RADIUS_M = 1000.0
Words = Annotated[str, Meta(min_length=1, max_length=400, description="comma-separated list")]


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`near` with `radius` (metres), or `bbox`; the filters go with both."""

    near: Annotated[str, Meta(description="`lat,lon` in degrees")] | None = None
    radius: Annotated[float, Meta(ge=1, le=50_000, description="metres")] | None = None
    bbox: Annotated[str, Meta(description="`west,south,east,north` in degrees")] | None = None
    category: Words | None = None
    status: Words | None = None
    colour: Words | None = None
    agency: Annotated[str, Meta(max_length=64)] | None = None
    since: str | None = None
    until: str | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class ReportPage(Struct, frozen=True):
    """One page of a list; `next` is the cursor of the page after it, None at the end."""

    items: list[ReportItem]
    next: str | None


def page(query: ListQuery) -> ReportPage:
    """The page that the query asks for; InvalidInput naming every fault."""
    filters, faults = _filters(query)
    point, of_point = _near(query)
    box, of_box = _box(query)
    faults += of_point + of_box
    if (query.near is None) == (query.bbox is None):
        faults.append(Fault("near", "fault.near_or_bbox"))
    if query.radius is not None and query.near is None:
        faults.append(Fault("radius", "fault.not_without", {"name": "near"}))
    if faults:
        raise InvalidInput(*faults)
    if point is not None:
        return _nearest_page(query, point, filters)
    assert box is not None  # the faults above include a list without a place
    return _newest_page(query, box, filters)


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
    after = None
    if query.cursor:
        distance, id = cursor.unseal(identity, query.cursor)
        after = (float(distance), str(id))
    found = nearest(centre, radius, query.limit + 1, filters, after)
    items = [_item(one.entry, one.distance_m) for one in found[: query.limit]]
    last = found[query.limit - 1] if len(found) > query.limit else None
    following = cursor.seal(identity, [last.distance_m, last.id]) if last else None
    return ReportPage(items, following)


def _newest_page(query: ListQuery, box: Box, filters: Filters) -> ReportPage:
    identity = _identity(query)
    before = str(cursor.unseal(identity, query.cursor)[0]) if query.cursor else None
    if before is None:
        before = _first_id(query.until) if query.until else "~"
    after = _first_id(query.since) if query.since else "0"
    try:
        found = newest_in(box, query.limit, filters, before=before, after=after)
    except BoxTooLarge:
        raise Unprocessable(Fault("bbox", "fault.box_too_large")) from None
    items = [_item(entry) for entry in found.entries]
    return ReportPage(items, found.last and cursor.seal(identity, [found.last]))


def _first_id(time: str) -> str:
    # Ids begin with 1970; earlier times are a fair question with the answer of that beginning.
    return first_id(max(moment(time), datetime(1970, 1, 1, tzinfo=UTC)))


def _item(entry: Entry, distance_m: float | None = None) -> ReportItem:
    thumb = links.public_url(f"{entry.thumb}/240.avif") if entry.thumb else None
    return item_of(entry, thumb, distance_m)


def _identity(query: ListQuery) -> dict[str, Any]:
    """What a cursor is bound to: the whole query but for the page's size and the cursor itself."""
    facts: dict[str, Any] = msgspec.to_builtins(query)
    return {name: facts[name] for name in facts if name not in ("cursor", "limit")}


def _near(query: ListQuery) -> tuple[Point | None, list[Fault]]:
    if query.near is None:
        return None, []
    numbers = _numbers(query.near, 2)
    if numbers is None or abs(numbers[0]) > LATITUDE_LIMIT or abs(numbers[1]) > 180:
        return None, [Fault("near", "fault.near", {"limit": LATITUDE_LIMIT})]
    return Point(*numbers), []


def _box(query: ListQuery) -> tuple[Box | None, list[Fault]]:
    if query.bbox is None:
        return None, []
    numbers = _numbers(query.bbox, 4)
    if numbers is None:
        return None, [Fault("bbox", "fault.bbox")]
    west, south, east, north = numbers
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90 or south > north:
        return None, [Fault("bbox", "fault.bbox")]
    return Box(west, south, east, north), []


def _numbers(text: str, count: int) -> tuple[float, ...] | None:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        return None
    return numbers if len(numbers) == count and all(isfinite(one) for one in numbers) else None


def _filters(query: ListQuery) -> tuple[Filters, list[Fault]]:
    status, faults = _statuses(query)
    since, of_since = _time("since", query.since)
    until, of_until = _time("until", query.until)
    category = frozenset(query.category.split(",")) if query.category else None
    filters = Filters(category, status, query.agency, since, until)
    return filters, faults + of_since + of_until


def _statuses(query: ListQuery) -> tuple[frozenset[str] | None, list[Fault]]:
    """`status` and `colour` together: only what both admit."""
    wanted = set(query.status.split(",")) if query.status else set(lifecycle.STATUSES)
    colours: set[str] = set(query.colour.split(",")) if query.colour else set(lifecycle.COLOURS)
    faults = []
    if unknown := wanted - set(lifecycle.STATUSES):
        faults.append(Fault("status", "fault.choice", {"got": ", ".join(sorted(unknown))}))
    if unknown := colours - set(lifecycle.COLOURS):
        faults.append(Fault("colour", "fault.choice", {"got": ", ".join(sorted(unknown))}))
    if faults or not (query.status or query.colour):
        return None, faults
    return frozenset(one for one in wanted if lifecycle.colour(one) in colours), []


def _time(field: str, given: str | None) -> tuple[str | None, list[Fault]]:
    if given is None:
        return None, []
    try:
        return text(moment(given)), []
    except (ValueError, OverflowError):
        return None, [Fault(field, "fault.time")]
