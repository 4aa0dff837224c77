"""What all lists by place have in common: the words for a place, and the item that is shown."""

from math import isfinite

from chalicelib.photos import links
from chalicelib.places.box import Box
from chalicelib.places.point import LATITUDE_LIMIT, Point
from chalicelib.reports.index import Entry, ReportItem, item_of


def point_of(near: str) -> Point | None:
    """The point that `lat,lon` names; None when it names none that can be searched around."""
    numbers = _numbers(near, 2)
    if numbers is None or abs(numbers[0]) > LATITUDE_LIMIT or abs(numbers[1]) > 180:
        return None
    return Point(*numbers)


def box_of(bbox: str) -> Box | None:
    """The box that `west,south,east,north` names; None when it names none."""
    numbers = _numbers(bbox, 4)
    if numbers is None:
        return None
    west, south, east, north = numbers
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90 or south > north:
        return None
    return Box(west, south, east, north)


def shown(entry: Entry, distance_m: float | None = None) -> ReportItem:
    """The report as lists show it, with the address of its 240-pixel picture."""
    thumb = links.public_url(f"{entry.thumb}/240.avif") if entry.thumb else None
    return item_of(entry, thumb, distance_m)


def _numbers(text: str, count: int) -> tuple[float, ...] | None:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        return None
    return numbers if len(numbers) == count and all(isfinite(one) for one in numbers) else None
