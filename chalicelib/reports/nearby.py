"""The k nearest reports to a point: growing circles until provably nothing nearer is unread."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from chalicelib.places.cover import Range, TooLarge, cells_touching_circle, cover_circle, subtract
from chalicelib.places.distance import distance_m
from chalicelib.places.point import Point
from chalicelib.reports import index
from chalicelib.reports.index import Entry, Filters

FIRST_CIRCLE_M = 200.0
FEED_PAGE = 200


class Found(Struct, frozen=True, order=True):
    """A report and how far away it is; found things sort by distance, then id."""

    distance_m: float
    id: str
    entry: Entry


def nearest(
    centre: Point,
    radius_m: float,
    limit: int,
    filters: Filters,
    after: tuple[float, str] | None = None,
) -> list[Found]:
    """Up to `limit` admitted reports within the radius, nearest first, beyond `after`.

    Each circle is covered by key ranges of index `near`; only what is new is read. The search
    stops when as many as wanted lie inside the circle that has been read whole, so that a nearer
    unread report cannot exist. Circles of more partitions than one request may touch are read
    from the coarse index `newest4` instead: few reports lie there.
    """
    circle = min(radius_m, max(FIRST_CIRCLE_M, (after[0] * 1.5 if after else 0.0)))
    done: list[Range] = []
    found: dict[str, Found] = {}
    while True:
        try:
            ranges = cover_circle(centre, circle)
        except TooLarge:
            return _first(_everything(centre, radius_m, filters), radius_m, limit, after)
        for entry in _read(subtract(ranges, done), filters):
            found[entry.id] = Found(distance_m(centre, entry.point), entry.id, entry)
        done = sorted([*done, *subtract(ranges, done)], key=lambda one: (one.partition, one.low))
        inside = _first(found.values(), circle, limit, after)
        if len(inside) == limit or circle >= radius_m:
            return inside
        circle = min(radius_m, _grown(circle, len(inside), limit))


def _read(ranges: Iterable[Range], filters: Filters) -> list[Entry]:
    calls = [
        (f"{one.partition}#{shelf}", one.low, one.high)
        for one in ranges
        for shelf in filters.shelves
    ]
    read: Callable[..., list[Entry]] = index.in_range
    return [
        entry
        for entries in index.parallel(read, calls)
        for entry in entries
        if filters.admits(entry)
    ]


def _first(
    found: Iterable[Found], radius_m: float, limit: int, after: tuple[float, str] | None
) -> list[Found]:
    inside = [
        one
        for one in found
        if one.distance_m <= radius_m and (after is None or (one.distance_m, one.id) > after)
    ]
    return sorted(inside, key=lambda one: (one.distance_m, one.id))[:limit]


def _grown(circle: float, inside: int, limit: int) -> float:
    """The next radius, by the density seen so far: enough for half as much again as is wanted."""
    wanted = (1.5 * limit / inside) ** 0.5 if inside else 5.0
    return circle * min(5.0, max(1.6, wanted))


def _everything(centre: Point, radius_m: float, filters: Filters) -> list[Found]:
    cells = cells_touching_circle(centre, radius_m, 4)
    calls = [(f"{cell}#{shelf}", filters) for cell in cells for shelf in filters.shelves]
    return [
        Found(distance_m(centre, entry.point), entry.id, entry)
        for entries in index.parallel(_all_of, calls)
        for entry in entries
    ]


def _all_of(partition: str, filters: Filters) -> list[Entry]:
    entries: list[Entry] = []
    before = "~"
    while True:
        page = index.newest("newest4", partition, "0", before, FEED_PAGE)
        entries += [entry for entry in page.entries if filters.admits(entry)]
        if not page.more or not page.entries:
            return entries
        before = page.entries[-1].id
