"""One delivery, one try: claimed with a lease, signed, sent, recorded, perhaps planned again.

An agency's failure is a handled outcome, written down; only our own faults leave the message in
the queue, so that its dead letters are nothing but bugs.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct
from pynamodb.exceptions import UpdateError

from chalicelib.clock import text
from chalicelib.events.models import Event, hour_of
from chalicelib.observability import logger
from chalicelib.settings import settings
from chalicelib.webhooks import outbound, retries, signature
from chalicelib.webhooks.fanout import QUEUE_DELAY_LIMIT_S, Pointer, send
from chalicelib.webhooks.models import Attempt, Delivery, Endpoint, unsealed

LEASE = timedelta(seconds=60)
ATTEMPTS_KEPT = timedelta(days=30)
USER_AGENT = "Tanggap-Webhooks/1.0"


class Outcome(Struct, frozen=True):
    """What came of one try: an HTTP status, or why there was none."""

    verdict: retries.Verdict
    duration_ms: int
    status: int | None = None
    error: str | None = None
    excerpt: str | None = None
    retry_after_s: int | None = None


Post = Callable[..., outbound.Answer]


def deliver(message: str, at: datetime, post: Post = outbound.post) -> None:
    """Handle one queue message; a stale, doubled or early one changes nothing."""
    pointer = msgspec.json.decode(message, type=Pointer)
    delivery = _claimed(pointer, at)
    if delivery is None:
        return
    to = _endpoint(delivery)
    if to is None or to.state == "disabled":
        _settle(delivery, "failed", at)
        return
    outcome = _try(delivery, to, at, post)
    _record(delivery, outcome, at)
    _conclude(delivery, to, outcome, at)
    logger.info(
        "webhook tried",
        endpoint=to.id,
        event=delivery.event_id,
        attempt=int(delivery.attempt),
        status=outcome.status,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
    )


def _claimed(pointer: Pointer, at: datetime) -> Delivery | None:
    """The delivery, ours until the lease ends; None when it is not due or somebody has it."""
    delivery = Delivery(pointer.owner, pointer.item)
    try:
        delivery.update(
            actions=[Delivery.state.set("inflight"), Delivery.due_at.set(text(at + LEASE))],
            condition=(Delivery.due_at <= text(at)) & Delivery.state.is_in("pending", "inflight"),
        )
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return None
        raise
    return delivery


def _endpoint(delivery: Delivery) -> Endpoint | None:
    id = delivery.owner.removeprefix("deliveries#")
    try:
        return Endpoint.get(delivery.endpoint_owner, f"endpoint#{id}")
    except Endpoint.DoesNotExist:
        return None


def _try(delivery: Delivery, to: Endpoint, at: datetime, post: Post) -> Outcome:
    body = (delivery.ping or Event.get(hour_of(delivery.event_id), delivery.event_id).body).encode()
    secrets = [unsealed(secret, to.id) for secret in to.secrets]
    headers = signature.headers(secrets, delivery.event_id, int(at.timestamp()), body)
    headers |= {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    try:
        answer = post(to.url, body, headers, loopback_allowed=settings.local)
    except outbound.Forbidden as forbidden:
        return Outcome(retries.Verdict.RETRY, 0, error=f"forbidden_{forbidden.reason}")
    except outbound.Unreachable as unreachable:
        return Outcome(retries.Verdict.RETRY, unreachable.duration_ms, error=unreachable.reason)
    return Outcome(
        verdict=retries.verdict(answer.status),
        duration_ms=answer.duration_ms,
        status=answer.status,
        excerpt=answer.excerpt or None,
        retry_after_s=answer.retry_after_s,
    )


def _record(delivery: Delivery, outcome: Outcome, at: datetime) -> None:
    Attempt(
        owner=delivery.owner,
        item=f"{delivery.event_id}#{int(delivery.attempt):02d}",
        number=int(delivery.attempt),
        at=text(at),
        status=outcome.status,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
        excerpt=outcome.excerpt,
        expires=int((at + ATTEMPTS_KEPT).timestamp()),
    ).save()


def _conclude(delivery: Delivery, to: Endpoint, outcome: Outcome, at: datetime) -> None:
    if outcome.verdict is retries.Verdict.DELIVERED:
        _settle(delivery, "delivered", at)
        if to.state == "pending":
            to.update(actions=[Endpoint.state.set("active")])
    elif outcome.verdict is retries.Verdict.GONE:
        _settle(delivery, "failed", at)
        to.update(actions=[Endpoint.state.set("disabled")])
    else:
        _plan_again(delivery, outcome, at)


def _plan_again(delivery: Delivery, outcome: Outcome, at: datetime) -> None:
    delay = retries.next_delay_s(
        int(delivery.attempt), retry_after_s=outcome.retry_after_s, spread=random.uniform(-1, 1)
    )
    if delay is None:
        _settle(delivery, "failed", at)
        return
    delivery.update(
        actions=[
            Delivery.state.set("pending"),
            Delivery.attempt.add(1),
            Delivery.due_at.set(text(at + timedelta(seconds=delay))),
        ]
    )
    # Longer waits are the sweeper's: it finds them in the due index.
    if delay <= QUEUE_DELAY_LIMIT_S:
        send([delivery], delay)


def _settle(delivery: Delivery, state: Literal["delivered", "failed"], at: datetime) -> None:
    actions: list[Any] = [
        Delivery.state.set(state),
        Delivery.settled_at.set(text(at)),
        Delivery.due_shard.remove(),
        Delivery.due_at.remove(),
    ]
    delivery.update(actions=actions)
