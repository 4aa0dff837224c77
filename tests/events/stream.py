"""What the stream of the event log does: it brings every event to the function that counts."""

from typing import Any

from chalicelib import aws, workers
from chalicelib.settings import settings


def bring_all() -> None:
    """All events of the log, in one batch; also those that were brought before."""
    workers.count_events({"Records": records()})


def records() -> list[dict[str, Any]]:
    """All events of the log as the stream brings them."""
    return [_record(item) for item in _log()]


def _log() -> list[dict[str, Any]]:
    pages = aws.dynamodb().get_paginator("scan").paginate(TableName=settings.events_table)
    return [item for page in pages for item in page["Items"]]


def _record(item: dict[str, Any]) -> dict[str, Any]:
    return {"eventName": "INSERT", "dynamodb": {"NewImage": item, "SequenceNumber": "1"}}
