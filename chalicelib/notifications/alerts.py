"""Alerts: new reports around a point or in an area, found without reading anybody else's.

An alert lies under each geohash cell of five characters (about 4.9 km) that its circle touches, or
under its area. A report looks into its own cell and the areas of its chain.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.agencies import directory
from chalicelib.audit import recording
from chalicelib.clock import new_id
from chalicelib.errors import Fault, Unprocessable
from chalicelib.events.models import EventData
from chalicelib.notifications.models import Alert, AlertPlace, alerts_of
from chalicelib.places.cover import PARTITION_LENGTH, cover_circle
from chalicelib.places.distance import distance_m
from chalicelib.places.geohash import encode
from chalicelib.places.point import LATITUDE_LIMIT, Point

ALERTS_LIMIT = 20

LookUp = Callable[[str | None], tuple[list[str], str | None]]
"""From a position to some owners of alerts and the position after them, None at the end."""


class Centre(Struct, frozen=True, forbid_unknown_fields=True):
    """A point in WGS 84 degrees."""

    lat: Annotated[float, Meta(ge=-LATITUDE_LIMIT, le=LATITUDE_LIMIT)]
    lon: Annotated[float, Meta(ge=-180, le=180)]


class NewAlert(Struct, frozen=True, forbid_unknown_fields=True):
    """A circle (`near` and `radius_m`, metres) or an `area`, and of which categories; none: all."""

    near: Centre | None = None
    radius_m: Annotated[int, Meta(ge=50, le=5000)] | None = None
    area: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    categories: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=20)
    ] = []


def create(sub: str, body: NewAlert, at: datetime) -> Alert:
    """Store the alert with its places; Unprocessable naming all that is wrong with it."""
    if found := _faults(sub, body):
        raise Unprocessable(*found)
    alert = Alert(
        person=sub,
        item=f"alert#{new_id(at)}",
        area=body.area,
        categories=body.categories or None,
    )
    if body.near is not None:
        alert.lat, alert.lon = round(body.near.lat, 6), round(body.near.lon, 6)
        alert.radius_m = body.radius_m
    with recording.transaction() as writes:
        writes.save(alert)
        for place in _places(alert):
            writes.save(place)
    return alert


def remove(sub: str, id: str) -> None:
    """Delete the alert with its places; nothing happens when the person has no such one."""
    try:
        alert = Alert.get(sub, f"alert#{id}", consistent_read=True)
    except Alert.DoesNotExist:
        return
    with recording.transaction() as writes:
        writes.delete(alert)
        for place in _places(alert):
            writes.delete(place)


def forget(sub: str) -> int:
    """Delete all of the person's alerts with their places; says how many there were."""
    found = alerts_of(sub)
    for alert in found:
        remove(sub, alert.alert_id)
    return len(found)


def places(data: EventData) -> list[str]:
    """Where the alerts lie that a new report like this may meet."""
    point = Point(data.location["lat"], data.location["lon"])
    return [_cell(encode(point, PARTITION_LENGTH)), *(_area(one.id) for one in data.areas)]


def look_up(place: str, data: EventData, limit: int) -> LookUp:
    """Who of a place wants to be told of the report: after a position, `limit` alerts at a time."""
    point = Point(data.location["lat"], data.location["lon"])

    def some(after: str | None) -> tuple[list[str], str | None]:
        start = {"person": {"S": place}, "item": {"S": after}} if after else None
        found = AlertPlace.query(place, limit=limit, last_evaluated_key=start)
        owners = [str(one.owner) for one in found if _wants(one, point, data.category)]
        last = found.last_evaluated_key
        return owners, last["item"]["S"] if last else None

    return some


def _faults(sub: str, body: NewAlert) -> list[Fault]:
    faults = []
    if (body.near is None) == (body.area is None):
        faults.append(Fault("near", "fault.near_or_area"))
    if (body.near is None) != (body.radius_m is None):
        faults.append(Fault("radius_m", "fault.with_near"))
    book = directory.current()
    if body.area is not None and body.area not in {one.id for one in book.areas.shapes()}:
        faults.append(Fault("area", "fault.not_in_directory"))
    if set(body.categories) - set(book.categories):
        faults.append(Fault("categories", "fault.not_in_directory"))
    if len(alerts_of(sub)) >= ALERTS_LIMIT:
        faults.append(Fault("near", "fault.too_many_alerts", {"limit": ALERTS_LIMIT}))
    return faults


def _places(alert: Alert) -> list[AlertPlace]:
    return [
        AlertPlace(
            person=name,
            item=f"{alert.person}#{alert.alert_id}",
            owner=alert.person,
            lat=alert.lat,
            lon=alert.lon,
            radius_m=alert.radius_m,
            categories=alert.categories,
        )
        for name in _names(alert)
    ]


def _names(alert: Alert) -> list[str]:
    if alert.area is not None:
        return [_area(alert.area)]
    centre = Point(float(alert.lat), float(alert.lon))
    cells = {one.partition for one in cover_circle(centre, float(alert.radius_m))}
    return sorted(_cell(cell) for cell in cells)


# No account's id begins so: they are issued as UUIDs, or as texts without this sign.
def _cell(geohash: str) -> str:
    return f"alerts@cell#{geohash}"


def _area(id: str) -> str:
    return f"alerts@area#{id}"


def _wants(place: AlertPlace, point: Point, category: str) -> bool:
    if place.categories and category not in place.categories:
        return False
    if place.radius_m is None:
        return True
    centre = Point(float(place.lat), float(place.lon))
    return distance_m(centre, point) <= float(place.radius_m)
