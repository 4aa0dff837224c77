"""Reading an agency's queue: its reports, the open ones by what is due next.

The partitions of the index `queue` are `{agency}#o` and `{agency}#c`, open and closed; reports of
nobody are in those of the empty name. The index `escalated` has, under the coordinator's name, the
open reports of others that were escalated. `Report.place_in_indexes` sets the keys, for private
reports too.
"""

from collections.abc import Iterator
from heapq import merge
from typing import Any, Literal

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.clock import Time
from chalicelib.places.point import Point
from chalicelib.reports.index import INDEXES, Entry
from chalicelib.settings import settings

FIRST, LAST = " ", "~~"
# The name of no agency.
NOBODY = ""

Escalated = Literal["overdue", "hand_overs"]
"""Why the coordinator has to see to it: far beyond its time, or handed over too often."""


class Queued(Entry, frozen=True, kw_only=True):
    """A report as the index has it, with its sort key."""

    key: str
    assignee: str | None
    private: bool
    hand_over_count: int
    escalated_for: Escalated | None

    @property
    def due(self) -> Time | None:
        """What is due next; None without a running clock, and for a closed report."""
        time, _, _ = self.key.partition("#")
        return time if time.endswith("Z") else None


def read(agency: str, shelf: str, low: str = FIRST, high: str = LAST) -> Iterator[Queued]:
    """The reports of a shelf (`o`, `c`) with low < key < high, in the order of the keys."""
    yield from _rows(_request(agency, shelf, low, high), low, high)


def read_work(agency: str, shelf: str, low: str = FIRST, high: str = LAST) -> Iterator[Queued]:
    """The same, and among them the open reports of others that were escalated to the agency."""
    own = read(agency, shelf, low, high)
    if shelf != "o":
        return own
    others = _rows(_request(agency, shelf, low, high, "escalated"), low, high)
    return merge(own, others, key=lambda row: row.key)


def _rows(request: dict[str, Any], low: str, high: str) -> Iterator[Queued]:
    for answer in _pages(request):
        rows = (_queued(item) for item in answer["Items"])
        # BETWEEN includes both ends.
        yield from (row for row in rows if low < row.key < high)


def count_open(agency: str, category: str | None = None, index: str = "queue") -> int:
    """How many open reports an agency has; only those of a category when one is named.

    By the index `escalated`: how many of others were escalated to it.
    """
    request = _request(agency, "o", FIRST, LAST, index) | {"Select": "COUNT"}
    if category is not None:
        request["FilterExpression"] = "category = :category"
        request["ExpressionAttributeValues"][":category"] = {"S": category}
    return sum(int(answer["Count"]) for answer in _pages(request))


def owners() -> list[str]:
    """All that can have open reports, for no agency leaves that has any: and nobody, at last."""
    return [*sorted(directory.current().agencies), NOBODY]


def _request(agency: str, shelf: str, low: str, high: str, index: str = "queue") -> dict[str, Any]:
    partition_key, sort_key = INDEXES[index]
    return {
        "TableName": settings.reports_table,
        "IndexName": index,
        "KeyConditionExpression": "#p = :p AND #s BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#p": partition_key, "#s": sort_key},
        "ExpressionAttributeValues": {
            ":p": {"S": f"{agency}#{shelf}"},
            ":low": {"S": low},
            ":high": {"S": high},
        },
    }


def _pages(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from aws.dynamodb().get_paginator("query").paginate(**request)


def _queued(item: dict[str, Any]) -> Queued:
    return Queued(
        id=item["id"]["S"],
        number=item["number"]["S"],
        category=item["category"]["S"],
        title=item["title"]["S"],
        status=item["status"]["S"],
        point=Point(float(item["lat"]["N"]), float(item["lon"]["N"])),
        thumb=_text(item, "thumb"),
        agency=_text(item, "agency"),
        area=_text(item, "area"),
        key=item["queue_place"]["S"],
        assignee=_text(item, "assignee"),
        private=item["private"]["BOOL"],
        hand_over_count=int(item["hand_over_count"]["N"]),
        escalated_for=_text(item, "escalated_for"),  # type: ignore[arg-type]  # written by two verbs only
    )


def _text(item: dict[str, Any], name: str) -> str | None:
    return item[name]["S"] if name in item else None
