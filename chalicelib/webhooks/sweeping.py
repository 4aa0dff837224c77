"""Once a minute: wake what is due, as long waits, lost messages, and dead workers' deliveries."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pynamodb.exceptions import UpdateError

from chalicelib import aws
from chalicelib.clock import moment, text
from chalicelib.settings import settings
from chalicelib.webhooks.models import DUE_SHARDS, Delivery
from chalicelib.webhooks.queue import Pointer, send

AHEAD = timedelta(seconds=60)
PATIENCE = timedelta(minutes=10)
"""How long a woken delivery is left to the queue before it is woken again: in a backlog, longer
than the queue, each is doubled once in this time and not each minute."""


def sweep(at: datetime) -> int:
    """Send a pointer for all that is due within a minute; how many."""
    woken = 0
    for shard in range(DUE_SHARDS):
        batch = [found for found in _due(str(shard), text(at + AHEAD)) if _ours(*found, at)]
        send(
            [
                (pointer, max(0.0, (moment(due_at) - at).total_seconds()))
                for pointer, due_at in batch
            ]
        )
        woken += len(batch)
    return woken


def _ours(pointer: Pointer, due_at: str, at: datetime) -> bool:
    """Put off the next look; False when another sweeper did, or the delivery has moved on."""
    later = text(max(at, moment(due_at)) + PATIENCE)
    try:
        Delivery(pointer.owner, pointer.item).update(
            actions=[Delivery.due_at.set(later)], condition=Delivery.due_at == due_at
        )
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _due(shard: str, until: str) -> Iterator[tuple[Pointer, str]]:
    pages = (
        aws.dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings.webhooks_table,
            IndexName="due",
            KeyConditionExpression="due_shard = :shard AND due_at <= :until",
            ExpressionAttributeValues={":shard": {"S": shard}, ":until": {"S": until}},
        )
    )
    for page in pages:
        for item in page["Items"]:
            yield Pointer(item["owner"]["S"], item["item"]["S"]), item["due_at"]["S"]
