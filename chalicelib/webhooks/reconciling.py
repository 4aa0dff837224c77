"""Every few minutes: are there deliveries of every event? What is missing is made, and counted.

The stream fans events out. Should it ever lose one (its retries are used up, a bug), this finds the
gap by comparing the log with the deliveries, endpoint by endpoint.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import batched

from msgspec import Struct
from pynamodb.attributes import UnicodeAttribute

from chalicelib import aws
from chalicelib.aws import Table
from chalicelib.clock import first_id
from chalicelib.events import log
from chalicelib.events.models import Event
from chalicelib.observability import logger
from chalicelib.settings import settings
from chalicelib.webhooks.fanout import admits, store
from chalicelib.webhooks.models import Endpoint, all_endpoints, new_delivery
from chalicelib.webhooks.queue import wake

LAG = timedelta(minutes=5)
"""How long the stream may take before its work is looked at."""

FIRST_LOOK = timedelta(days=1)
STEP = 500


class Found(Struct, frozen=True):
    """How many events were looked at, and how many deliveries were missing."""

    events: int
    missing: int


class Position(Table):
    """Up to which event everything is known to be fanned out."""

    class Meta:
        table_name = settings.webhooks_table

    owner = UnicodeAttribute(hash_key=True, default="reconciler")
    item = UnicodeAttribute(range_key=True, default="position")
    first = UnicodeAttribute()


def reconcile(at: datetime, time_left: Callable[[], bool] = lambda: True) -> Found:
    """Look at everything since the last look, up to five minutes ago."""
    endpoints = [to for to in all_endpoints() if to.state == "active"]
    events = missing = 0
    last = first_id(at - LAG)
    for piece in batched(log.between(_first(at), last), STEP):
        events += len(piece)
        missing += sum(_repaired(to, piece, at) for to in endpoints)
        Position(first=log.just_after(piece[-1].id)).save()
        if not time_left():
            break
    else:
        Position(first=last).save()
    (logger.warning if missing else logger.info)("reconciled", events=events, missing=missing)
    return Found(events, missing)


def _first(at: datetime) -> str:
    try:
        return Position.get("reconciler", "position", consistent_read=True).first
    except Position.DoesNotExist:
        return first_id(at - FIRST_LOOK)


def _repaired(to: Endpoint, events: tuple[Event, ...], at: datetime) -> int:
    owed = {event.id: event for event in events if _owed(to, event)}
    if not owed:
        return 0
    gone = sorted(owed.keys() - _ids(to, min(owed), max(owed)))
    made = [new_delivery(to, id, owed[id].type, at) for id in gone]
    stored = [delivery for delivery in made if store(delivery)]
    wake(stored)
    return len(stored)


def _owed(to: Endpoint, event: Event) -> bool:
    return event.id >= (to.active_from or "~") and admits(to, event)


def _ids(to: Endpoint, first: str, last: str) -> set[str]:
    pages = (
        aws.dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings.webhooks_table,
            KeyConditionExpression="#o = :o AND #i BETWEEN :first AND :last",
            ExpressionAttributeNames={"#o": "owner", "#i": "item"},
            ExpressionAttributeValues={
                ":o": {"S": f"deliveries#{to.id}"},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            ProjectionExpression="#i",
            ConsistentRead=True,
        )
    )
    return {item["item"]["S"] for page in pages for item in page["Items"]}
