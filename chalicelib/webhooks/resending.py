"""Sending a period's events again, and giving notice: orders, worked off once a minute.

It is done in steps that each may happen twice. An order remembers how far it is, so that one
which takes longer than a function may run goes on a minute later.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import batched
from typing import Any

from pynamodb.exceptions import UpdateError

from chalicelib.clock import text
from chalicelib.events import log
from chalicelib.events.models import Event
from chalicelib.observability import logger
from chalicelib.webhooks import notices
from chalicelib.webhooks.fanout import admits, store
from chalicelib.webhooks.models import (
    GRACE,
    Delivery,
    Endpoint,
    due_shard,
    new_delivery,
)
from chalicelib.webhooks.orders import Order
from chalicelib.webhooks.queue import wake

STEP = 25


def work_off(at: datetime, time_left: Callable[[], bool] = lambda: True) -> int:
    """Do what is ordered; how many deliveries were sent again."""
    sent = 0
    for order in Order.query("orders", consistent_read=True):
        if not time_left():
            break
        try:
            to = Endpoint.get(
                order.endpoint_owner, f"endpoint#{order.endpoint_id}", consistent_read=True
            )
        except Endpoint.DoesNotExist:
            order.delete()
            continue
        if order.kind == "notice":
            notices.endpoint_disabled(to, order.reason or "")
            order.delete()
        elif to.state == "active":
            sent += _send_period(order, to, at, time_left)
        else:
            # What it would have sent is among what the endpoint's next return recovers.
            order.delete()
    return sent


def _send_period(order: Order, to: Endpoint, at: datetime, time_left: Callable[[], bool]) -> int:
    sent = 0
    for events in batched(log.between(order.first, order.last), STEP):
        renewed = [one for event in events if (one := _renewed(order, to, event, at))]
        wake(renewed)
        sent += len(renewed)
        order.update(actions=[Order.first.set(log.just_after(events[-1].id))])
        if not time_left():
            return sent
    order.delete()
    logger.info("events sent again", endpoint=to.id, kind=order.kind, order=order.item)
    return sent


def _renewed(order: Order, to: Endpoint, event: Event, at: datetime) -> Delivery | None:
    """The delivery to wake; None when the order does not want it, or has had it already."""
    if not admits(to, event):
        return None
    delivery = new_delivery(to, event.id, event.type, at)
    if store(delivery):
        return delivery
    return delivery if renew(delivery, at, order.kind, order.item) else None


WANTED = {
    "replay": ("pending", "inflight", "held", "delivered", "failed", "cancelled"),
    "recover": ("pending", "inflight", "held", "failed", "cancelled"),
    "resume": ("pending", "inflight", "held"),
}


def renew(delivery: Delivery, at: datetime, kind: str, by: str) -> bool:
    """Make a delivery due now; False when it is not wanted, being sent, or renewed `by` that."""
    actions: list[Any] = [
        Delivery.state.set("pending"),
        Delivery.parks.set(0),
        Delivery.lease.remove(),
        Delivery.not_before.remove(),
        Delivery.settled_at.remove(),
        Delivery.expires.remove(),
        Delivery.due_shard.set(due_shard(delivery.event_id)),
        Delivery.due_at.set(text(at + GRACE)),
        Delivery.renewed_by.set(by),
    ]
    if kind != "resume":
        actions.append(Delivery.attempt.set(1))
    free = Delivery.lease.does_not_exist() | (Delivery.lease <= text(at))
    new = Delivery.renewed_by.does_not_exist() | (Delivery.renewed_by != by)
    try:
        delivery.update(actions=actions, condition=Delivery.state.is_in(*WANTED[kind]) & free & new)
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True
