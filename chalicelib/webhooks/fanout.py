"""From one event to a delivery for each endpoint that asked for it. Runs twice harmlessly."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import msgspec
from msgspec import Struct
from pynamodb.exceptions import PutError

from chalicelib import aws
from chalicelib.clock import moment, text
from chalicelib.events.models import Envelope, Event
from chalicelib.observability import logger
from chalicelib.settings import settings
from chalicelib.webhooks.models import (
    CITY,
    DUE_SHARDS,
    Delivery,
    Endpoint,
    endpoints_of,
    new_delivery,
    owner_of,
)

QUEUE_DELAY_LIMIT_S = 900


class Pointer(Struct, frozen=True):
    """A queue message: which delivery to look at. The row decides what is done."""

    owner: str
    item: str


def publish(image: dict[str, Any], at: datetime) -> None:
    """Create and send the deliveries of an event, given as the stream's new image."""
    event = Event.from_raw_data(image)
    areas = {area.id for area in msgspec.json.decode(event.body, type=Envelope).data.areas}
    created = [
        delivery
        for to in _endpoints(event)
        if to.state == "active" and to.admits(event.type, event.category, areas)
        if (delivery := _created(to, event, at)) is not None
    ]
    send(created)
    logger.info("event published", event=event.id, type=event.type, deliveries=len(created))


def sweep(at: datetime, ahead: timedelta = timedelta(seconds=60)) -> int:
    """Send again whatever is due within a minute: long waits, lost messages, dead workers."""
    found = [
        (Pointer(item["owner"]["S"], item["item"]["S"]), item["due_at"]["S"])
        for shard in range(DUE_SHARDS)
        for item in _due(str(shard), text(at + ahead))
    ]
    for pointer, due_at in found:
        _send([(pointer, max(0.0, (moment(due_at) - at).total_seconds()))])
    return len(found)


def send(deliveries: Iterable[Delivery], delay_s: float = 0) -> None:
    """Wake the worker for these deliveries after `delay_s` seconds (15 minutes at most)."""
    _send([(Pointer(one.owner, one.item), delay_s) for one in deliveries])


def _endpoints(event: Event) -> list[Endpoint]:
    owners = [CITY, *(owner_of(agency) for agency in sorted(event.agency_ids or ()))]
    return [endpoint for owner in owners for endpoint in endpoints_of(owner)]


def _created(to: Endpoint, event: Event, at: datetime) -> Delivery | None:
    delivery = new_delivery(to, event.id, event.type, at)
    try:
        delivery.save(condition=Delivery.owner.does_not_exist())
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            # The stream came twice; should the first message be lost, the sweeper sends it.
            return None
        raise
    return delivery


def _send(pointers: list[tuple[Pointer, float]]) -> None:
    for start in range(0, len(pointers), 10):
        entries = [
            {
                "Id": str(number),
                "MessageBody": msgspec.json.encode(pointer).decode(),
                "DelaySeconds": min(QUEUE_DELAY_LIMIT_S, ceil(delay_s)),
                # A standard queue is fair between groups: one slow receiver delays no other.
                "MessageGroupId": pointer.owner.removeprefix("deliveries#"),
            }
            for number, (pointer, delay_s) in enumerate(pointers[start : start + 10])
        ]
        answer = aws.sqs().send_message_batch(QueueUrl=settings.delivery_queue_url, Entries=entries)
        if answer.get("Failed"):
            raise RuntimeError(f"{len(answer['Failed'])} messages were not taken by the queue")


def _due(shard: str, until: str) -> list[dict[str, Any]]:
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
    return [item for page in pages for item in page["Items"]]
