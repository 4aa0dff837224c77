"""Reading the indexes of reports: raw queries into small structs, the cheap way to lists."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from chalicelib import aws
from chalicelib.clock import Time, id_time, text
from chalicelib.places.geohash import encode
from chalicelib.places.point import Point
from chalicelib.reports import lifecycle
from chalicelib.settings import settings

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

SHELVES = ("o", "c")
# As many as aws.connection() keeps connections.
PARALLEL = 16

# Index name: (partition key, sort key). The template declares the same; a test compares them.
INDEXES = {
    "near": ("near_cell", "near_place"),
    "newest4": ("newest4", "id"),
    "newest5": ("newest5", "id"),
    "newest6": ("newest6", "id"),
    "kind": ("kind_cell", "id"),
    "mine": ("reporter", "id"),
    "trending": ("trending", "heat"),
    "queue": ("queue", "queue_place"),
    "escalated": ("escalated_queue", "queue_place"),
}
PROJECTED = ("number", "category", "title", "status", "lat", "lon", "thumb", "agency", "area")
# An agency sees more of its own reports than the public does.
QUEUE_PROJECTED = (*PROJECTED, "assignee", "private", "hand_over_count", "escalated_for")


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
    area: str | None = None

    @property
    def created_at(self) -> Time:
        """When it was sent: the time inside its id."""
        return text(id_time(self.id))


class Filters(Struct, frozen=True):
    """What a list leaves out; None where everything is wanted.

    `since` and `until` are least ids of their moments; `areas` holds the deepest areas wanted.
    """

    category: frozenset[str] | None = None
    status: frozenset[str] | None = None
    agency: str | None = None
    since: str | None = None
    until: str | None = None
    areas: frozenset[str] | None = None

    def admits(self, entry: Entry) -> bool:
        """Whether the list wants this report."""
        return (
            (self.category is None or entry.category in self.category)
            and (self.status is None or entry.status in self.status)
            and (self.agency is None or entry.agency == self.agency)
            and (self.since is None or entry.id >= self.since)
            and (self.until is None or entry.id < self.until)
            and (self.areas is None or entry.area in self.areas)
        )

    @property
    def shelves(self) -> list[str]:
        """The classes of partitions (`o` open, `c` closed) that can hold what is wanted."""
        if self.status is None:
            return list(SHELVES)
        wanted = {"o" if lifecycle.is_open(status) else "c" for status in self.status}
        return [shelf for shelf in SHELVES if shelf in wanted]


class Query(Struct, frozen=True):
    """The keys of one partition with low <= key < high, ascending, or descending when `down`.

    `limit` is the most that is read at once; a page ends at 1 MB in any case.
    """

    index: str
    partition: str
    low: str
    high: str
    limit: int | None = None
    down: bool = False

    def after(self, page: "Page") -> "Query":
        """The query that goes on where the page ended."""
        assert page.last is not None  # the caller looks first
        if self.down:
            return msgspec.structs.replace(self, high=page.last)
        # Keys of an index are of one length: none lies between this one and its lengthening.
        return msgspec.structs.replace(self, low=f"{page.last}~")


class Page(Struct, frozen=True):
    """One answer: entries with their sort keys, in order; `last` where it goes on, else None."""

    keys: list[str]
    entries: list[Entry]
    last: str | None

    @property
    def more(self) -> bool:
        """Whether the partition goes on after the last entry."""
        return self.last is not None


Read = Callable[[Sequence[Query]], list[Page]]


def read(queries: Sequence[Query]) -> list[Page]:
    """The first page of each query, in their order; they run side by side: one round trip."""
    return parallel(_page, [(query,) for query in queries])


def read_whole(queries: Sequence[Query], read: Read = read) -> list[Entry]:
    """All that the queries name, page after page."""
    entries: list[Entry] = []
    while queries:
        pages = read(queries)
        entries += [entry for page in pages for entry in page.entries]
        asked = zip(queries, pages, strict=True)
        queries = [query.after(page) for query, page in asked if page.more]
    return entries


def parallel[Arguments: tuple[Any, ...], Result](
    function: Callable[..., Result], calls: Iterable[Arguments]
) -> list[Result]:
    """The results of all calls, in order; several run side by side. Calls must not do so again."""
    listed = list(calls)
    if len(listed) < 2:
        return [function(*arguments) for arguments in listed]
    return list(_pool().map(lambda arguments: function(*arguments), listed))


def newest(index: str, partition: str, after: str, before: str, limit: int) -> Page:
    """The newest reports of an index sorted by id with after <= id < before."""
    return _page(Query(index, partition, after, before, limit, down=True))


@cache
def _pool() -> "ThreadPoolExecutor":
    # One for the life of the process: starting threads costs as much as the request they make.
    # Imported only where there is something to run side by side; the import is not free.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(PARALLEL, "index")


def _page(query: Query) -> Page:
    partition_key, sort_key = INDEXES[query.index]
    request: dict[str, Any] = {
        "TableName": settings.reports_table,
        "IndexName": query.index,
        "KeyConditionExpression": "#p = :p AND #s BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#p": partition_key, "#s": sort_key},
        "ExpressionAttributeValues": {
            ":p": {"S": query.partition},
            ":low": {"S": query.low},
            ":high": {"S": query.high},
        },
        "ScanIndexForward": not query.down,
    }
    if query.limit is not None:
        request["Limit"] = query.limit
    answer = aws.dynamodb().query(**request)
    # BETWEEN includes its upper end, where an earlier page ended.
    items = [item for item in answer["Items"] if item[sort_key]["S"] != query.high]
    last = answer.get("LastEvaluatedKey")
    return Page(
        [item[sort_key]["S"] for item in items],
        [_entry(item) for item in items],
        last[sort_key]["S"] if last else None,
    )


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
        area=item["area"]["S"] if "area" in item else None,
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
