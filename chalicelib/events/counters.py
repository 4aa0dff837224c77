"""The table of counters: rows of whole numbers, read by their series.

Every row belongs to an edition. One edition is shown, one is counted into; they differ only while
a recount fills the new one.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from chalicelib import aws
from chalicelib.settings import settings

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

# A counter's series (what is read together) and id (its place in there).
Counter = tuple[str, str]
Numbers = dict[str, int]

# Series of the markers of events: of this beginning and the event's id.
MARKER = "counted#"
# As many as the client keeps connections.
PARALLEL = 10
_KEY = {"series": {"S": "editions"}, "id": {"S": "editions"}}


class Range(Struct, frozen=True):
    """Counters of one series with `low` <= id <= `high`."""

    series: str
    low: str
    high: str


class Editions(Struct, frozen=True):
    """Which edition is shown to callers, and which one the events are counted into."""

    shown: int = 1
    counted: int = 1


def editions() -> Editions:
    """As of now: whoever counts must not miss that a recount has begun."""
    row = aws.dynamodb().get_item(TableName=settings.counters_table, Key=_KEY, ConsistentRead=True)
    item = row.get("Item")
    return Editions(int(item["shown"]["N"]), int(item["counted"]["N"])) if item else Editions()


def set_editions(new: Editions) -> None:
    """Point callers and events at these editions."""
    item = _KEY | {"shown": {"N": str(new.shown)}, "counted": {"N": str(new.counted)}}
    aws.dynamodb().put_item(TableName=settings.counters_table, Item=item)


def key(edition: int, counter: Counter) -> dict[str, Any]:
    """The primary key of a counter's row."""
    series, id = counter
    return {"series": {"S": f"{edition}#{series}"}, "id": {"S": id}}


def read(edition: int, ranges: Sequence[Range]) -> list[tuple[str, Numbers]]:
    """(id, numbers) of the counters of all ranges, in their order; read side by side."""
    return [row for rows in read_each(edition, ranges) for row in rows]


def read_each(edition: int, ranges: Sequence[Range]) -> list[list[tuple[str, Numbers]]]:
    """The same, apart for each range."""
    if len(ranges) < 2:
        return [_read(edition, one) for one in ranges]
    return list(_pool().map(lambda one: _read(edition, one), ranges))


def shown(ranges: Sequence[Range]) -> list[list[tuple[str, Numbers]]]:
    """What callers are shown of each range."""
    return read_each(editions().shown, ranges)


def everything(edition: int) -> dict[Counter, Numbers]:
    """All counters of an edition that are not nought: reads the whole table, for operators only."""
    rows = {
        (item["series"]["S"].split("#", 1)[1], item["id"]["S"]): _numbers(item)
        for item in _all(edition)
    }
    return {counter: numbers for counter, numbers in rows.items() if numbers}


def remove(edition: int) -> None:
    """Delete an edition, but for its markers, which expire; for operators only."""
    keys = [{name: item[name] for name in ("series", "id")} for item in _all(edition)]
    for some in batched(keys, 25):
        _delete(some)


@cache
def _pool() -> "ThreadPoolExecutor":
    # Imported only where there is something to run side by side; the import is not free.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(PARALLEL, "counters")


def _read(edition: int, range: Range) -> list[tuple[str, Numbers]]:
    pages = (
        aws.dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings.counters_table,
            KeyConditionExpression="series = :series AND id BETWEEN :low AND :high",
            ExpressionAttributeValues={
                ":series": {"S": f"{edition}#{range.series}"},
                ":low": {"S": range.low},
                ":high": {"S": range.high},
            },
        )
    )
    return [(item["id"]["S"], _numbers(item)) for page in pages for item in page["Items"]]


def _all(edition: int) -> Iterator[dict[str, Any]]:
    pages = (
        aws.dynamodb()
        .get_paginator("scan")
        .paginate(
            TableName=settings.counters_table,
            FilterExpression="begins_with(series, :edition) AND NOT begins_with(series, :marker)",
            ExpressionAttributeValues={
                ":edition": {"S": f"{edition}#"},
                ":marker": {"S": f"{edition}#{MARKER}"},
            },
            ConsistentRead=True,
        )
    )
    return (item for page in pages for item in page["Items"])


def _delete(keys: Iterable[dict[str, Any]]) -> None:
    request = {settings.counters_table: [{"DeleteRequest": {"Key": one}} for one in keys]}
    while request:
        request = aws.dynamodb().batch_write_item(RequestItems=request)["UnprocessedItems"]


def _numbers(item: dict[str, Any]) -> Numbers:
    """The numbers that are not nought, by name."""
    return {
        name: number
        for name, value in item.items()
        if name not in _KEY and (number := int(value["N"]))
    }
