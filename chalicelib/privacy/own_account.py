"""What is kept of an account outside its reports, as plain values of its rows."""

from collections.abc import Iterator
from typing import Any

from chalicelib.privacy import erasing, taking_part
from chalicelib.reports import rows as items
from chalicelib.reports.comments import Comment
from chalicelib.reports.rows import Row

OURS = ("listed", "expires", "person")
"""Keys and dates of the city's own, which tell nothing of the person."""


def rows(sub: str) -> list[dict[str, Any]]:
    """The account's own rows: what it chose, what it was told, and its standing."""
    return [plain(row) for row in erasing.own_rows(sub)]


def left_at_reports(sub: str) -> list[dict[str, Any]]:
    """Supports, follows, comments and flags, each with the id of its report."""
    return list(_left(sub))


def plain(row: Row) -> dict[str, Any]:
    """The values of a row by their names."""
    return {name: _value(given) for name, given in row.items() if name not in OURS}


def comment(row: Row) -> dict[str, Any]:
    """A comment with its past texts, without who of the moderators edited it."""
    said = Comment.from_raw_data(row)
    earlier = [{"text": one["text"], "at": one["at"]} for one in said.earlier or []]
    return {**plain(row), "earlier": earlier}


def _left(sub: str) -> Iterator[dict[str, Any]]:
    for report_id, item in taking_part.rows_of(sub):
        for row in items.same_items(report_id, [{"item": {"S": item}}]).values():
            yield comment(row) if item.startswith("comment#") else plain(row)


def _value(given: dict[str, Any]) -> Any:
    """What a value of DynamoDB stands for."""
    ((kind, value),) = given.items()
    match kind:
        case "N":
            return float(value) if set(value) & set(".eE") else int(value)
        case "M":
            return {name: _value(one) for name, one in value.items()}
        case "L":
            return [_value(one) for one in value]
        case "NULL":
            return None
    return value
