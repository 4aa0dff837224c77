"""A file of history the whole way: slices, transactions, the event log, its stream, counters."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import batched
from types import SimpleNamespace
from typing import Any

from bench.metered import Metered
from chalicelib import aws, clock
from chalicelib.imports import running
from chalicelib.imports.models import Import, find, new_import
from chalicelib.imports.uploads import PREFIX
from chalicelib.settings import settings
from chalicelib.stats import counters

# How many events the stream brings at once: count_events' batch size.
BATCH = 1000


class Streamed(Metered):
    """Metered tables that hand on the events which are stored in them."""

    def __init__(self, names: dict[str, str]) -> None:
        self.events: list[dict[str, Any]] = []
        super().__init__(names)

    def call(self, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """As Metered has it."""
        status, answer = super().call(operation, body)
        if operation == "TransactWriteItems" and status == 200:
            puts = (one["Put"] for one in body["TransactItems"] if "Put" in one)
            self.events += [
                put["Item"] for put in puts if put["TableName"] == settings.events_table
            ]
        return status, answer

    def bring(self, at: datetime, least: int = 1) -> int:
        """What the stream brings to count_events once there is so much; how many events it was."""
        if len(self.events) < least:
            return 0
        events, self.events = self.events, []
        for some in batched(events, BATCH):
            counters.count(some, at)
        return len(events)


def imported(tables: Streamed, file: bytes, at: datetime) -> tuple[Import, int]:
    """The import of a file, done, and how many events were counted meanwhile."""
    row, events = new_import(clock.new_id(at), "bench", at), 0

    def time_left() -> bool:
        nonlocal events
        events += tables.bring(at, BATCH)
        return True

    row.save()
    key = f"{PREFIX}{row.id}"
    stored = aws.s3().put_object(Bucket=settings.uploads_bucket, Key=key, Body=file)
    arrival = {"object": {"key": key, "eTag": stored["ETag"].strip('"')}}
    message = json.dumps({"Records": [{"s3": arrival}]})
    with _unread_queue():
        running.run(message, at, time_left)
        events += tables.bring(at)
        # Ordered to look again whether all is counted.
        running.run(message, at, time_left)
    done = find(row.id)
    assert done.state == "done"
    return done, events


@contextmanager
def _unread_queue() -> Iterator[None]:
    """Orders are taken, and thrown away."""

    def taken(**_: Any) -> Any:
        return SimpleNamespace(status_code=200), dict[str, Any]()

    aws.sqs().meta.events.register("before-call.sqs.*", taken)
    try:
        yield
    finally:
        aws.sqs().meta.events.unregister("before-call.sqs.*", taken)
