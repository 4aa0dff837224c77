"""Reading the five geohash indexes: raw queries into small structs, the cheap way to lists."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec import Struct

from chalicelib import aws
from chalicelib.clock import Time, id_time, text
from chalicelib.places.geohash import encode
from chalicelib.places.point import Point
from chalicelib.reports import lifecycle
from chalicelib.settings import settings

SHELVES = ("o", "c")
PARALLEL = 8

# Index name: (partition key, sort key). The template declares the same; a test compares them.
INDEXES = {
    "near": ("near_cell", "near_place"),
    "newest4": ("newest4", "id"),
    "newest5": ("newest5", "id"),
    "newest6": ("newest6", "id"),
    "kind": ("kind_cell", "id"),
}
PROJECTED = ("number", "category", "title", "status", "lat", "lon", "thumb", "agency")


class Entry(Struct, frozen=True):
    """A report as the indexes have it."""

    id: str
    number: str
    category: str
    title: str
    status: str
    point: Point
    thumb: str | None
    agency: str | None

    @property
    def created_at(self) -> Time:
        """When it was sent: the time inside its id."""
        return text(id_time(self.id))


class Filters(Struct, frozen=True):
    """What a list leaves out; None where everything is wanted."""

    category: frozenset[str] | None = None
    status: frozenset[str] | None = None
    agency: str | None = None
    since: str | None = None
    until: str | None = None

    def admits(self, entry: Entry) -> bool:
        """Whether the list wants this report."""
        return (
            (self.category is None or entry.category in self.category)
            and (self.status is None or entry.status in self.status)
            and (self.agency is None or entry.agency == self.agency)
            and (self.since is None or entry.created_at >= self.since)
            and (self.until is None or entry.created_at < self.until)
        )

    @property
    def shelves(self) -> list[str]:
        """The classes of partitions (`o` open, `c` closed) that can hold what is wanted."""
        if self.status is None:
            return list(SHELVES)
        wanted = {"o" if lifecycle.is_open(status) else "c" for status in self.status}
        return [shelf for shelf in SHELVES if shelf in wanted]


class Page(Struct, frozen=True):
    """One answer of a query; `more` when the partition goes on after the last entry."""

    entries: list[Entry]
    more: bool


def in_range(partition: str, low: str, high: str) -> list[Entry]:
    """All reports of an S partition whose 12-character geohash is within [low, high]."""
    entries: list[Entry] = []
    start: dict[str, Any] | None = None
    while True:
        answer = _query("near", partition, f"{low}#", f"{high}~", start=start)
        entries += [_entry(item) for item in answer["Items"]]
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return entries


def newest(index: str, partition: str, after: str, before: str, limit: int) -> Page:
    """The newest reports of a `newest` or `kind` partition with after <= id < before."""
    answer = _query(index, partition, after, before, limit=limit, forward=False)
    entries = [_entry(item) for item in answer["Items"]]
    # BETWEEN includes its upper end: the position that an earlier page ended with.
    within = [entry for entry in entries if entry.id < before]
    return Page(within, more="LastEvaluatedKey" in answer)


def parallel[Arguments: tuple[Any, ...], Result](
    function: Callable[..., Result], calls: Iterable[Arguments]
) -> list[Result]:
    """The results of all calls, in order; several run side by side."""
    listed = list(calls)
    if len(listed) < 2:
        return [function(*arguments) for arguments in listed]
    # Threads only where there is something to run side by side; their import is not free.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(lambda arguments: function(*arguments), listed))


def _query(
    index: str,
    partition: str,
    low: str,
    high: str,
    *,
    start: dict[str, Any] | None = None,
    limit: int | None = None,
    forward: bool = True,
) -> dict[str, Any]:
    partition_key, sort_key = INDEXES[index]
    request: dict[str, Any] = {
        "TableName": settings.reports_table,
        "IndexName": index,
        "KeyConditionExpression": "#p = :p AND #s BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#p": partition_key, "#s": sort_key},
        "ExpressionAttributeValues": {
            ":p": {"S": partition},
            ":low": {"S": low},
            ":high": {"S": high},
        },
        "ScanIndexForward": forward,
    }
    if start is not None:
        request["ExclusiveStartKey"] = start
    if limit is not None:
        request["Limit"] = limit
    answer: dict[str, Any] = aws.dynamodb().query(**request)
    return answer


def _entry(item: dict[str, dict[str, str]]) -> Entry:
    return Entry(
        id=item["id"]["S"],
        number=item["number"]["S"],
        category=item["category"]["S"],
        title=item["title"]["S"],
        status=item["status"]["S"],
        point=Point(float(item["lat"]["N"]), float(item["lon"]["N"])),
        thumb=item["thumb"]["S"] if "thumb" in item else None,
        agency=item["agency"]["S"] if "agency" in item else None,
    )


class ReportItem(Struct, frozen=True):
    """A report as lists show it."""

    id: str
    number: str
    category: str
    title: str
    status: str
    colour: lifecycle.Colour
    location: Point
    geohash: str
    thumb: str | None
    created_at: Time
    distance_m: float | msgspec.UnsetType = msgspec.UNSET


def item_of(entry: Entry, thumb: str | None, distance_m: float | None = None) -> ReportItem:
    """The list item of an index entry; `thumb` is the address of its 240-pixel picture."""
    return ReportItem(
        id=entry.id,
        number=entry.number,
        category=entry.category,
        title=entry.title,
        status=entry.status,
        colour=lifecycle.colour(entry.status),
        location=entry.point,
        geohash=encode(entry.point, 12),
        thumb=thumb,
        created_at=entry.created_at,
        distance_m=msgspec.UNSET if distance_m is None else round(distance_m, 1),
    )
