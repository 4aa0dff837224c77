"""Items of a report's collection, read and written as they are.

Every write is guarded by what was read, so that the writes of a transaction happen all, or not
at all when somebody else came in between.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib import aws
from chalicelib.reports import heat
from chalicelib.settings import settings

# Items and writes as DynamoDB's own client takes them.
Row = dict[str, Any]
Write = dict[str, Any]

# The counters that the heat follows: each is guarded when the other is written.
WARMING = ("support_count", "comment_count")


def read(report_id: str, prefix: str | None = None) -> Iterator[Row]:
    """All items of a kind, or simply all, as they are."""
    request: dict[str, Any] = {
        "TableName": settings.reports_table,
        "KeyConditionExpression": "id = :id",
        "ExpressionAttributeValues": {":id": {"S": report_id}},
        "ConsistentRead": True,
    }
    if prefix is not None:
        request["KeyConditionExpression"] += " AND begins_with(#item, :prefix)"
        request["ExpressionAttributeNames"] = {"#item": "item"}
        request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
    for page in aws.dynamodb().get_paginator("query").paginate(**request):
        yield from page["Items"]


def same_items(report_id: str, rows: Sequence[Row]) -> dict[str, Row]:
    """The rows that another report has under the same names, by name."""
    keys = [{"id": {"S": report_id}, "item": row["item"]} for row in rows]
    found: list[Row] = []
    while keys:
        asked = {settings.reports_table: {"Keys": keys, "ConsistentRead": True}}
        answer = aws.dynamodb().batch_get_item(RequestItems=asked)
        found += answer["Responses"].get(settings.reports_table, [])
        keys = answer["UnprocessedKeys"].get(settings.reports_table, {}).get("Keys", [])
    return {row["item"]["S"]: row for row in found}


def put(row: Row, instead_of: Row | None) -> Write:
    """Write a row in place of the one that was read; None where there was none."""
    condition, values = _still(instead_of)
    if instead_of is None:
        condition = "attribute_not_exists(id)"
    return {"Put": {"TableName": settings.reports_table, "Item": row, **_when(condition, values)}}


def delete(row: Row, same: str = "") -> Write:
    """Remove the row that was read, if its attribute `same` is what it was, where it has that."""
    condition, values = _still(row)
    key = {"id": row["id"], "item": row["item"]}
    when = _when(condition, values)
    if same in row:
        when = _when(f"{condition} AND #same = :same", {**values, ":same": row[same]})
        when["ExpressionAttributeNames"] = {"#same": same}
    return {"Delete": {"TableName": settings.reports_table, "Key": key, **when}}


def _still(row: Row | None) -> tuple[str, dict[str, Any]]:
    """The condition that a row is there with the origins that were read."""
    if row is None or "origins" not in row:
        return "attribute_exists(id) AND attribute_not_exists(origins)", {}
    return "origins = :origins", {":origins": row["origins"]}


def _when(condition: str, values: dict[str, Any]) -> dict[str, Any]:
    given = {"ExpressionAttributeValues": values} if values else {}
    return {"ConditionExpression": condition, **given}


def count(report_id: str, counter: str, more: int) -> Write:
    """Add to a report's counter, and warm or cool the report accordingly."""
    other = "support_count" if counter == "comment_count" else "comment_count"
    before, others = _counts(report_id, counter, other)
    after = before + more
    assignments, values = ["#count = :after"], {":after": {"N": str(after)}}
    conditions = ["attribute_exists(id)", _still_counts("#count", ":before", before)]
    if counter in WARMING:
        assignments.append("heat = :heat")
        conditions.append(_still_counts(other, ":others", others))
        # Below 0 only when rows are gone that were read: then all of this is refused.
        values[":heat"] = {"S": heat.key(report_id, max(0, after + others))}
        values[":others"] = {"N": str(others)}
    values[":before"] = {"N": str(before)}
    return {
        "Update": {
            "TableName": settings.reports_table,
            "Key": _report(report_id),
            "UpdateExpression": f"SET {', '.join(assignments)}",
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {"#count": counter},
            "ExpressionAttributeValues": values,
        }
    }


def _still_counts(name: str, value: str, before: int) -> str:
    never = f" OR attribute_not_exists({name})" if before == 0 else ""
    return f"({name} = {value}{never})"


def _counts(report_id: str, *counters: str) -> list[int]:
    answer = aws.dynamodb().get_item(
        TableName=settings.reports_table,
        Key=_report(report_id),
        ProjectionExpression=", ".join(counters),
        ConsistentRead=True,
    )
    item = answer.get("Item", {})
    return [int(item.get(counter, {"N": "0"})["N"]) for counter in counters]


def _report(report_id: str) -> dict[str, Any]:
    return {"id": {"S": report_id}, "item": {"S": "report"}}


def transact(writes: list[Write]) -> bool:
    """Whether all was written; False when somebody else wrote one of these rows meanwhile."""
    client = aws.dynamodb()
    try:
        client.transact_write_items(TransactItems=writes)
    except client.exceptions.TransactionCanceledException as refusal:
        codes = {reason["Code"] for reason in refusal.response["CancellationReasons"]}
        if codes - {"None"} <= {"ConditionalCheckFailed", "TransactionConflict"}:
            return False
        raise
    return True
