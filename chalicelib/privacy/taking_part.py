"""What people left at reports: supports, follows, comments, flags; found by sparse index `left`.

Such a row names its person in `person`. A row that its report counts goes together with the count.
"""

from collections.abc import Iterator

from chalicelib import aws
from chalicelib.errors import ReportChanged
from chalicelib.moderation import cases
from chalicelib.reports import rows
from chalicelib.reports.rows import Row
from chalicelib.settings import settings

COUNTED = {
    "support#": "support_count",
    "follow#": "follower_count",
    "comment#": "comment_count",
}
ATTEMPTS = 8


def rows_of(sub: str) -> Iterator[tuple[str, str]]:
    """(report id, item) of each."""
    request = {
        "TableName": settings.reports_table,
        "IndexName": "left",
        "KeyConditionExpression": "person = :sub",
        "ExpressionAttributeValues": {":sub": {"S": sub}},
    }
    for page in aws.dynamodb().get_paginator("query").paginate(**request):
        yield from ((item["id"]["S"], item["item"]["S"]) for item in page["Items"])


def remove(report_id: str, item: str) -> None:
    """Take one away, with the count; ReportChanged when others kept getting in between."""
    for _ in range(ATTEMPTS):
        row = rows.same_items(report_id, [{"item": {"S": item}}]).get(item)
        if row is None:
            return
        counter = _counter(row)
        counts = [rows.count(report_id, counter, -1)] if counter else []
        if rows.transact([rows.delete(row, "state"), *counts]):
            _forget_case(report_id, item)
            return
    raise ReportChanged


def _forget_case(report_id: str, item: str) -> None:
    """A comment that is gone waits for no moderator, and nobody's words about it are kept."""
    kind, _, comment_id = item.partition("#")
    if kind == "comment":
        cases.forget(report_id, comment_id)


def _counter(row: Row) -> str | None:
    """The count that the row is in; a comment that nobody sees is in none."""
    prefix = row["item"]["S"].partition("#")[0] + "#"
    seen = row.get("state", {"S": "visible"})["S"] == "visible"
    return COUNTED.get(prefix) if seen else None
