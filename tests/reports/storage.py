"""Looking at what is stored, and meddling with how it is written, at the app's own client."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, local
from typing import Any

from chalicelib import aws
from chalicelib.settings import settings

_WRITING = "TransactWriteItems"


def stored() -> list[dict[str, Any]]:
    """Everything that the tables of reports and events hold."""
    return [
        item
        for table in (settings.reports_table, settings.events_table)
        for page in aws.dynamodb().get_paginator("scan").paginate(TableName=table)
        for item in page["Items"]
    ]


def items_of(report_id: str) -> list[str]:
    """The names of a report's items."""
    return sorted(item["item"]["S"] for item in stored() if item["id"]["S"] == report_id)


@contextmanager
def refusing_transactions() -> Iterator[None]:
    """Every transaction gets one more row, whose condition cannot be met."""

    def spoil(params: dict[str, Any], **_: object) -> None:
        params["TransactItems"].append(
            {
                "ConditionCheck": {
                    "TableName": settings.reports_table,
                    "Key": {"id": {"S": "nothing"}, "item": {"S": "nothing"}},
                    "ConditionExpression": "attribute_exists(id)",
                }
            }
        )

    with _hooked("provide-client-params", _WRITING, spoil):
        yield


@contextmanager
def ids_asked_for() -> Iterator[list[str]]:
    """The ids of the single items that the app reads."""
    ids: list[str] = []

    def note(params: dict[str, Any], **_: object) -> None:
        ids.append(params["Key"]["id"]["S"])

    with _hooked("provide-client-params", "GetItem", note):
        yield ids


@contextmanager
def calls() -> Iterator[list[str]]:
    """The operations that the app asks of the database."""
    asked: list[str] = []

    def note(model: Any, **_: object) -> None:
        asked.append(model.name)

    with _hooked("before-call", "*", note):
        yield asked


@contextmanager
def meanwhile(action: Callable[[], object]) -> Iterator[None]:
    """Once, `action` is done after the app has read and before it writes."""
    left = [action]

    def act(**_: object) -> None:
        if left:
            left.pop()()

    with _hooked("before-call", _WRITING, act):
        yield


def race[Result](*writers: Callable[[], Result]) -> list[Result]:
    """The results of all writers, run side by side: each has read before the first writes."""
    ready, mine = Barrier(len(writers), timeout=20), local()

    def wait(**_: object) -> None:
        if not getattr(mine, "waited", False):
            mine.waited = True
            ready.wait()

    with _hooked("before-call", _WRITING, wait), ThreadPoolExecutor(len(writers)) as pool:
        return [one.result() for one in [pool.submit(writer) for writer in writers]]


@contextmanager
def _hooked(moment: str, operation: str, handler: Callable[..., None]) -> Iterator[None]:
    events, name = aws.dynamodb().meta.events, f"{moment}.dynamodb.{operation}"
    events.register(name, handler)
    try:
        yield
    finally:
        events.unregister(name, handler)
