"""One delivery, one try: claimed with a lease, signed, sent, recorded, perhaps planned again.

An agency's failure is a handled outcome, written down; only our own faults leave the message in
the queue, so that its dead letters are nothing but bugs.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from pynamodb.exceptions import UpdateError

from chalicelib.clock import moment, text
from chalicelib.events.models import DIGEST_READY, Event, hour_of
from chalicelib.observability import logger
from chalicelib.settings import settings
from chalicelib.stats import ready
from chalicelib.webhooks import (
    fates,
    health,
    lifecycle,
    outbound,
    retries,
    sealing,
    signature,
    targets,
)
from chalicelib.webhooks.models import Delivery, Endpoint
from chalicelib.webhooks.queue import Pointer, send

LEASE = timedelta(seconds=60)
"""Longer than a try may last (15 s) by more than two machines' clocks differ."""

EARLY_MAX = timedelta(seconds=60)
STANDING_S, PATIENCE_S = 0.1, 6.0
USER_AGENT = "Tanggap-Webhooks/1.0"

Post = Callable[..., outbound.Answer]
Pause = Callable[[float], None]


class Outcome(Struct, frozen=True):
    """What came of one try: an HTTP status, or why there was none."""

    verdict: retries.Verdict
    duration_ms: int
    status: int | None = None
    error: str | None = None
    excerpt: str | None = None
    retry_after_s: int | None = None


def deliver(
    message: str, at: datetime, post: Post = outbound.post, pause: Pause = time.sleep
) -> None:
    """Handle one queue message; a stale, doubled or early one changes nothing."""
    pointer = msgspec.json.decode(message, type=Pointer)
    delivery = _claimed(pointer, at)
    if delivery is None:
        return
    to = _endpoint(delivery)
    if to is None:
        fates.cancel(delivery, at)
    elif to.state != "active" and not delivery.ping:
        fates.hold(delivery, to, at)
    else:
        _try_with_leave(delivery, to, at, post, pause)


def _claimed(pointer: Pointer, at: datetime) -> Delivery | None:
    """The delivery, ours until the lease ends; None when it is not due or somebody has it."""
    delivery = Delivery(pointer.owner, pointer.item)
    free = Delivery.lease.does_not_exist() | (Delivery.lease <= text(at))
    due = Delivery.not_before.does_not_exist() | (Delivery.not_before <= text(at))
    try:
        delivery.update(
            actions=[Delivery.state.set("inflight"), Delivery.lease.set(text(at + LEASE))],
            condition=Delivery.state.is_in("pending", "inflight") & free & due,
        )
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        _again_if_early(pointer, at)
        return None
    return delivery


def _again_if_early(pointer: Pointer, at: datetime) -> None:
    """Our clock may be behind the one that planned the try: then the message must come again."""
    try:
        delivery = Delivery.get(pointer.owner, pointer.item, consistent_read=True)
    except Delivery.DoesNotExist:
        return
    planned = delivery.not_before if delivery.state == "pending" else None
    if planned and timedelta(0) < moment(planned) - at <= EARLY_MAX:
        send([(pointer, (moment(planned) - at).total_seconds())])


def _endpoint(delivery: Delivery) -> Endpoint | None:
    try:
        return Endpoint.get(
            delivery.endpoint_owner, f"endpoint#{delivery.endpoint_id}", consistent_read=True
        )
    except Endpoint.DoesNotExist:
        return None


def _try_with_leave(
    delivery: Delivery, to: Endpoint, at: datetime, post: Post, pause: Pause
) -> None:
    leave = _leave(delivery, at, pause)
    if isinstance(leave, health.Wait):
        fates.park(delivery, leave.until, at)
        return
    outcome = _try(delivery, to, at, post)
    done = at + timedelta(milliseconds=outcome.duration_ms)
    _conclude(delivery, to, outcome, done)
    _tell_health(leave, to, delivery.event_id, outcome, done)
    logger.info(
        "webhook tried",
        endpoint=to.id,
        event=delivery.event_id,
        attempt=int(delivery.attempt),
        status=outcome.status,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
    )


def _leave(delivery: Delivery, at: datetime, pause: Pause) -> health.Slot | health.Wait:
    """A slot; a quick receiver's is waited for, which is cheaper than to come again."""
    id, event_id, ping = delivery.endpoint_id, delivery.event_id, bool(delivery.ping)
    leave = health.enter(id, event_id, at, probe=ping)
    stood = 0.0
    while isinstance(leave, health.Wait) and not (leave.until or leave.slow or stood > PATIENCE_S):
        step = (STANDING_S + stood / 4) * random.uniform(0.5, 1.5)
        pause(step)
        stood += step
        leave = health.enter(id, event_id, at + timedelta(seconds=stood), probe=ping)
    return leave


def _try(delivery: Delivery, to: Endpoint, at: datetime, post: Post) -> Outcome:
    body = (delivery.ping or _told(delivery.event_id)).encode()
    headers = sealing.request_headers(to) | signature.headers(
        sealing.live_secrets(to, at), delivery.event_id, int(at.timestamp()), body
    )
    headers |= {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    try:
        answer = post(
            to.url,
            body,
            headers,
            loopback_allowed=settings.local,
            identity=sealing.identity(to),
        )
    except targets.Forbidden as forbidden:
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


def _told(event_id: str) -> str:
    """The event's body; of a digest with links that begin to live now, also days later."""
    event = Event.get(hour_of(event_id), event_id)
    return ready.with_links(event.body) if event.type == DIGEST_READY else str(event.body)


def _conclude(delivery: Delivery, to: Endpoint, outcome: Outcome, at: datetime) -> None:
    tried = fates.tried(
        delivery, outcome.status, outcome.error, outcome.duration_ms, outcome.excerpt, at
    )
    if outcome.verdict is retries.Verdict.DELIVERED:
        fates.delivered(delivery, at, tried)
    elif outcome.verdict is retries.Verdict.GONE:
        lifecycle.disable(to, "gone", delivery.event_id, at)
        fates.hold(delivery, to, at, tried)
    else:
        delay_s = retries.next_delay_s(
            int(delivery.attempt), retry_after_s=outcome.retry_after_s, spread=random.uniform(-1, 1)
        )
        fates.again(delivery, delay_s, at, tried)


def _tell_health(
    slot: health.Slot, to: Endpoint, event_id: str, outcome: Outcome, at: datetime
) -> None:
    if outcome.verdict is retries.Verdict.DELIVERED:
        lifecycle.answered(to, health.succeeded(slot), at)
    elif oldest := health.failed(slot, event_id, at, outcome.retry_after_s):
        lifecycle.disable(to, "failing", oldest, at)
