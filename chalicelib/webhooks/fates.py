"""What becomes of a claimed delivery: each fate is one write, and only of him who has the lease."""

import random
from datetime import datetime, timedelta
from typing import Any, Literal

from pynamodb.exceptions import UpdateError

from chalicelib.clock import text
from chalicelib.events.log import just_after
from chalicelib.observability import logger
from chalicelib.webhooks import lifecycle, orders
from chalicelib.webhooks.models import GRACE, Delivery, Endpoint, Try, dead_shard, due_shard
from chalicelib.webhooks.queue import DELAY_LIMIT_S, wake

KEPT = timedelta(days=90)
TRIES_KEPT = 30
FIRST_PARK_S = 2.0
LONGEST_FOR_SLOT_S, LONGEST_FOR_BREAKER_S = 60.0, 3_600.0

Actions = list[Any]


def tried(
    delivery: Delivery,
    status: int | None,
    error: str | None,
    duration_ms: int,
    excerpt: str | None,
    at: datetime,
) -> Actions:
    """The attempt log with this try at its end, to be written together with its outcome."""
    number = 1 + int(delivery.tries[-1].number if delivery.tries else 0)
    last = Try(  # type: ignore[no-untyped-call]
        number=number,
        at=text(at),
        status=status,
        error=error,
        duration_ms=duration_ms,
        excerpt=excerpt,
    )
    return [Delivery.tries.set([*delivery.tries, last][-TRIES_KEPT:]), Delivery.parks.set(0)]


def delivered(delivery: Delivery, at: datetime, log: Actions) -> None:
    """Done. The row stays for as long as somebody may ask or want it again."""
    _settle(delivery, "delivered", at, [*log, *_undue()])


def cancel(delivery: Delivery, at: datetime) -> None:
    """Its endpoint is deleted: nothing is sent."""
    _settle(delivery, "cancelled", at, _undue())


def again(delivery: Delivery, delay_s: int | None, at: datetime, log: Actions) -> None:
    """Plan the next attempt, or write it off as dead when there is none left (`delay_s` None)."""
    if delay_s is None:
        dead = [
            Delivery.due_shard.set(dead_shard(delivery.endpoint_id)),
            Delivery.due_at.set(delivery.event_id),
        ]
        _settle(delivery, "failed", at, [*log, *dead])
        return
    _plan(delivery, delay_s, at, [*log, Delivery.attempt.add(1)])


def park(delivery: Delivery, until: datetime | None, at: datetime) -> None:
    """Wait without using up an attempt: until the breaker may close, or a slot may be free.

    Each wait is twice as long as the last, and all are spread, so that a crowd before one endpoint
    costs little. Nobody waits too long for it: the first that gets through has all others woken.
    """
    limit_s = LONGEST_FOR_BREAKER_S if until else LONGEST_FOR_SLOT_S
    longest = min(limit_s, FIRST_PARK_S * 2 ** int(delivery.parks))
    spread = random.uniform(0.5, 1) * longest
    delay_s = spread + ((until - at).total_seconds() if until else 0)
    _plan(delivery, delay_s, at, [Delivery.parks.add(1)])


def hold(delivery: Delivery, to: Endpoint, at: datetime, log: Actions | None = None) -> None:
    """Its endpoint takes nothing now: it waits, and the endpoint's return brings it back."""
    if not lifecycle.missed(to, delivery.event_id):
        park(delivery, None, at)
        return
    _write(delivery, [*(log or []), Delivery.state.set("held"), Delivery.lease.remove(), *_undue()])
    if not lifecycle.still_away(to):
        # It came back between the two writes, and its recovery has passed this delivery by.
        orders.place(to, "recover", delivery.event_id, just_after(delivery.event_id), at)


def _plan(delivery: Delivery, delay_s: float, at: datetime, more: Actions) -> None:
    planned = at + timedelta(seconds=delay_s)
    by_queue = delay_s <= DELAY_LIMIT_S
    due_at = text(planned + GRACE if by_queue else planned)
    actions = [
        Delivery.state.set("pending"),
        Delivery.lease.remove(),
        Delivery.not_before.set(text(planned)),
        Delivery.due_shard.set(due_shard(delivery.event_id)),
        Delivery.due_at.set(due_at),
        *more,
    ]
    # Longer waits are the sweeper's: it finds them in the due index.
    if _write(delivery, actions) and by_queue:
        wake([delivery], delay_s)


def _settle(
    delivery: Delivery,
    state: Literal["delivered", "failed", "cancelled"],
    at: datetime,
    more: Actions,
) -> None:
    actions = [
        Delivery.state.set(state),
        Delivery.settled_at.set(text(at)),
        Delivery.lease.remove(),
        Delivery.not_before.remove(),
        Delivery.expires.set(int((at + KEPT).timestamp())),
        *more,
    ]
    _write(delivery, actions)


def _undue() -> Actions:
    return [Delivery.due_shard.remove(), Delivery.due_at.remove()]


def _write(delivery: Delivery, actions: Actions) -> bool:
    """False when the lease has run out and another has the delivery: what he finds counts."""
    lease = delivery.lease
    try:
        delivery.update(actions=actions, condition=Delivery.lease == lease)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        logger.warning("delivery concluded too late", delivery=delivery.owner, event=delivery.item)
        return False
    return True
