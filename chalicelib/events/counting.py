"""Counters fed by events, exact however often and in whatever batches the events come.

One transaction holds a marker for each event, which must not exist yet, and one ADD for each
counter that these events move together: an event is counted with all it moves, or not at all.
A refused transaction names the events that were counted before; the others go again without them.

A counter is a row of numbers under a series (what is read together) and an id (its place in
there). All rows belong to an edition, so that a recount can fill a new one beside the old.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from msgspec import Struct

from chalicelib import aws
from chalicelib.events.counters import MARKER, Counter, key
from chalicelib.events.models import Envelope
from chalicelib.settings import settings

# What is added to the numbers of counters, by name.
Deltas = dict[Counter, dict[str, int]]
Moves = Callable[[Envelope], Deltas]

# DynamoDB's limit for one transaction.
TRANSACTION_LIMIT = 100
# The stream keeps records for a day; a recount must be done before its first markers go.
MARKED = timedelta(days=14)
CONFLICTS_LIMIT = 6
# Stands between an event's id and the number of a later piece of it.
PIECE = "#"


class Told(Struct, frozen=True):
    """An event, and what it moves."""

    event_id: str
    deltas: Deltas


# Writes a transaction; the cancellation code of each item when it is refused, nothing when not.
Write = Callable[[list[dict[str, Any]]], list[str]]


class NotCounted(Exception):
    """The database refused for another reason than events that were counted before."""


def count(
    events: Iterable[Told],
    edition: int,
    at: datetime,
    write: Write | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Count each event once in this edition, and say how many were new; NotCounted to try again.

    Events that move nothing cost nothing: not even a marker is written for them.
    """
    once = {piece.event_id: piece for event in events if event.deltas for piece in _pieces(event)}
    # Events that move the same rows go together: a transaction writes each row once.
    alike = sorted(once.values(), key=lambda event: sorted(event.deltas))
    expires = int((at + MARKED).timestamp())
    return sum(
        _settled(part, edition, expires, write or _transact, pause) for part in _parts(alike)
    )


def counted(event_ids: Collection[str], edition: int) -> set[str]:
    """Those of at most 100 events that have been counted in this edition."""
    keys = [key(edition, (f"{MARKER}{id}", "event")) for id in event_ids]
    request = {settings.counters_table: {"Keys": keys, "ConsistentRead": True}}
    found: list[dict[str, Any]] = []
    while keys and request:
        answer = aws.dynamodb().batch_get_item(RequestItems=request)
        found += answer["Responses"][settings.counters_table]
        request = answer["UnprocessedKeys"]
    return {item["series"]["S"].rpartition("#")[2] for item in found}


def fold(all_deltas: Iterable[Deltas]) -> Deltas:
    """The sum, without what cancels out."""
    sums: dict[Counter, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for deltas in all_deltas:
        for counter, numbers in deltas.items():
            for name, amount in numbers.items():
                sums[counter][name] += amount
    moved = {
        counter: {name: amount for name, amount in numbers.items() if amount}
        for counter, numbers in sums.items()
    }
    return {counter: numbers for counter, numbers in moved.items() if numbers}


def negative(deltas: Deltas) -> Deltas:
    """What takes these deltas back."""
    return {
        counter: {name: -amount for name, amount in numbers.items()}
        for counter, numbers in deltas.items()
    }


def _pieces(event: Told) -> list[Told]:
    """The event, or pieces of one that moves more rows than a transaction takes.

    Each piece has its own marker. Rows go by their names, so that a repetition is cut alike.
    """
    if len(event.deltas) < TRANSACTION_LIMIT:
        return [event]
    rows = batched(sorted(event.deltas), TRANSACTION_LIMIT - 1)
    return [
        Told(
            f"{event.event_id}{PIECE}{number}" if number else event.event_id,
            {row: event.deltas[row] for row in piece},
        )
        for number, piece in enumerate(rows)
    ]


def _parts(events: Iterable[Told]) -> Iterator[list[Told]]:
    """As many events to a transaction as its limit lets in, markers and counters together."""
    part: list[Told] = []
    touched: set[Counter] = set()
    for event in events:
        wider = touched | event.deltas.keys()
        if part and len(part) + 1 + len(wider) > TRANSACTION_LIMIT:
            yield part
            part, wider = [], set(event.deltas)
        part, touched = [*part, event], wider
    if part:
        yield part


def _settled(
    events: list[Told], edition: int, expires: int, write: Write, pause: Callable[[float], None]
) -> int:
    """Count what has not been counted of one transaction's events, and say how many that were."""
    conflicts = 0
    while events and (codes := write(_transaction(events, edition, expires))):
        known = [code == "ConditionalCheckFailed" for code in codes[: len(events)]]
        events = [event for event, was in zip(events, known, strict=True) if not was]
        if not any(known):
            conflicts += 1
            _conflict(codes, conflicts)
            # Another function wrote one of these rows at this moment; not both at once again.
            pause(random.uniform(0.01, 0.05) * 2**conflicts)
    return sum(PIECE not in event.event_id for event in events)


def _conflict(codes: list[str], conflicts: int) -> None:
    """NotCounted when the refusal was for another reason, or came too often."""
    if set(codes) - {"None", "TransactionConflict"} or conflicts == CONFLICTS_LIMIT:
        raise NotCounted(", ".join(sorted(set(codes))))


def _transaction(events: list[Told], edition: int, expires: int) -> list[dict[str, Any]]:
    """Markers first, in the order of the events: cancellation codes are found by position."""
    sums = fold(event.deltas for event in events)
    return [
        *(_marker(event.event_id, edition, expires) for event in events),
        *(_addition(counter, numbers, edition) for counter, numbers in sums.items()),
    ]


def _marker(event_id: str, edition: int, expires: int) -> dict[str, Any]:
    item = key(edition, (f"{MARKER}{event_id}", "event")) | {"expires": {"N": str(expires)}}
    return {
        "Put": {
            "TableName": settings.counters_table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(series)",
        }
    }


def _addition(counter: Counter, numbers: dict[str, int], edition: int) -> dict[str, Any]:
    names = {f"#{place}": name for place, name in enumerate(numbers)}
    amounts = {f":{place}": {"N": str(amount)} for place, amount in enumerate(numbers.values())}
    added = ", ".join(f"#{place} :{place}" for place in range(len(numbers)))
    return {
        "Update": {
            "TableName": settings.counters_table,
            "Key": key(edition, counter),
            "UpdateExpression": f"ADD {added}",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": amounts,
        }
    }


def _transact(items: list[dict[str, Any]]) -> list[str]:
    client = aws.dynamodb()
    try:
        client.transact_write_items(TransactItems=items)
    except client.exceptions.TransactionCanceledException as refusal:
        return [reason["Code"] for reason in refusal.response["CancellationReasons"]]
    return []
