"""Deliveries as people see them: of one endpoint, of all, and only the dead ones."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any, Literal

from msgspec import Struct

from chalicelib import aws
from chalicelib.clock import Time
from chalicelib.settings import settings
from chalicelib.webhooks.models import Delivery, dead_shard

State = Literal["pending", "inflight", "held", "delivered", "failed", "cancelled"]
PAGE = 25


class AttemptView(Struct, frozen=True):
    """One try of a delivery: an HTTP status, or the error that kept one from coming."""

    number: int
    at: Time
    status: int | None
    error: str | None
    duration_ms: int
    excerpt: str | None


class DeliveryView(Struct, frozen=True):
    """An event on its way to an endpoint; `due_at` is when the next try is planned.

    `failed` is dead: all attempts are used up. `held` waits for the endpoint's return.
    """

    delivery_id: str
    endpoint_id: str
    event_id: str
    event_type: str
    state: State
    due_at: Time | None
    created_at: Time
    settled_at: Time | None
    attempts: list[AttemptView]


def newest(
    endpoint_ids: Iterable[str], before: tuple[str, str], state: State | None
) -> Iterator[DeliveryView]:
    """The deliveries to these endpoints, the newest event first, from below (event, endpoint).

    Each endpoint is read a page at a time and only as far as it is looked at: no index is needed.
    """
    found = [_below(_of(id, before[0], state), before) for id in endpoint_ids]
    for row in heapq.merge(*found, key=_place, reverse=True):
        view = _view(row)
        if state in (None, view.state):
            yield view


def count_dead(endpoint_id: str) -> int:
    """How many deliveries to an endpoint are dead."""
    pages = aws.dynamodb().get_paginator("query").paginate(**_dead(endpoint_id), Select="COUNT")
    return sum(page["Count"] for page in pages)


def _place(row: Delivery) -> tuple[str, str]:
    return row.event_id, row.endpoint_id


def _below(rows: Iterator[Delivery], before: tuple[str, str]) -> Iterator[Delivery]:
    return (row for row in rows if _place(row) < before)


def _of(endpoint_id: str, last: str, state: State | None) -> Iterator[Delivery]:
    if state == "failed":
        yield from _dead_rows(endpoint_id, last)
        return
    yield from Delivery.query(
        f"deliveries#{endpoint_id}",
        Delivery.item <= last,
        scan_index_forward=False,
        consistent_read=True,
        page_size=PAGE,
    )


def _dead_rows(endpoint_id: str, last: str) -> Iterator[Delivery]:
    request = _dead(endpoint_id)
    request["KeyConditionExpression"] += " AND due_at <= :last"
    request["ExpressionAttributeValues"][":last"] = {"S": last}
    pages = aws.dynamodb().get_paginator("query").paginate(**request, ScanIndexForward=False)
    ids = (item["item"]["S"] for page in pages for item in page["Items"])
    for batch in batched(ids, PAGE):
        keys = [(f"deliveries#{endpoint_id}", id) for id in batch]
        rows = list(Delivery.batch_get(keys, consistent_read=True))
        yield from sorted(rows, key=_place, reverse=True)


def _dead(endpoint_id: str) -> dict[str, Any]:
    return {
        "TableName": settings.webhooks_table,
        "IndexName": "due",
        "KeyConditionExpression": "due_shard = :shard",
        "ExpressionAttributeValues": {":shard": {"S": dead_shard(endpoint_id)}},
    }


def _view(row: Delivery) -> DeliveryView:
    waits = row.state == "pending"
    return DeliveryView(
        delivery_id=row.event_id,
        endpoint_id=row.endpoint_id,
        event_id=row.event_id,
        event_type=row.event_type,
        state=row.state,  # type: ignore[arg-type]  # the writer's vocabulary is this Literal
        due_at=(row.not_before or row.created_at) if waits else None,
        created_at=row.created_at,
        settled_at=row.settled_at,
        attempts=[
            AttemptView(
                number=int(one.number),
                at=one.at,
                status=None if one.status is None else int(one.status),
                error=one.error,
                duration_ms=int(one.duration_ms),
                excerpt=one.excerpt,
            )
            for one in row.tries
        ],
    )
