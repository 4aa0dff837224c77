"""One receiver's troubles stay its own: few requests at a time, and a breaker when it fails.

An endpoint has four slots. A request takes one with a lease and gives it back; five failures in a
row open the breaker, which then lets one probe through at a time, ever more rarely, until the
receiver answers. Whoever is not let in waits without using up an attempt.
"""

import random
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError

from chalicelib.aws import Table
from chalicelib.clock import moment, text
from chalicelib.webhooks.models import WebhooksTable

SLOTS = ("slot0", "slot1", "slot2", "slot3")
LEASE = timedelta(seconds=60)
FAILURES_TO_OPEN = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
ASKED_PAUSE_MAX = timedelta(hours=1)
SLOW = timedelta(seconds=3)
FAILURE_LIMIT, FAILURES_TO_DISABLE = timedelta(days=5), 10


class Health(Table):
    """How an endpoint fares: its breaker, and a lease for each request that is under way."""

    class Meta(WebhooksTable):
        pass

    owner = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="health")
    failures = NumberAttribute(default=0)
    failing_since = UnicodeAttribute(null=True)
    failing_from = UnicodeAttribute(null=True)
    open_until = UnicodeAttribute(null=True)
    slot0 = UnicodeAttribute(null=True)
    slot1 = UnicodeAttribute(null=True)
    slot2 = UnicodeAttribute(null=True)
    slot3 = UnicodeAttribute(null=True)


class Slot(Struct, frozen=True):
    """Leave to send: the slot's name and when its lease ends."""

    endpoint_id: str
    name: str
    lease: str


class Wait(Struct, frozen=True):
    """No leave to send: until when, if the breaker is open; else the slots are taken. `slow` says
    that they have been for seconds, so that it makes no sense to stand and wait."""

    until: datetime | None = None
    slow: bool = False


def enter(endpoint_id: str, event_id: str, at: datetime, *, probe: bool = False) -> Slot | Wait:
    """Take a slot for an event. A `probe` (a ping) also passes an open breaker."""
    health = _of(endpoint_id)
    opens = health.open_until
    if opens and opens > text(at) and not probe:
        _note(health, event_id)
        return Wait(until=moment(opens))
    taken = {name: lease for name in SLOTS if (lease := getattr(health, name) or "") > text(at)}
    free = [name for name in SLOTS if name not in taken]
    random.shuffle(free)
    for name in free:
        slot = Slot(endpoint_id, name, text(at + LEASE))
        if _take(slot, at, opens if not probe else None):
            return slot
    slow = any(moment(lease) - LEASE < at - SLOW for lease in taken.values())
    return Wait(slow=slow)


def succeeded(slot: Slot) -> str | None:
    """Give the slot back and close the breaker; if it was open, the oldest event that failed."""
    health = _give_back(slot, [])
    oldest = health.failing_from if health.open_until else None
    if health.failures or health.open_until:
        closed: list[Any] = [
            Health.failures.set(0),
            Health.failing_since.remove(),
            Health.failing_from.remove(),
            Health.open_until.remove(),
        ]
        health.update(actions=closed)
    return oldest


def failed(slot: Slot, event_id: str, at: datetime, retry_after_s: int | None = None) -> str | None:
    """Give the slot back, and pause the endpoint if it must be. If it has failed for so long that
    it is to be disabled: the oldest event that failed."""
    health = _give_back(
        slot,
        [
            Health.failures.add(1),
            Health.failing_since.set(Health.failing_since | text(at)),
            Health.failing_from.set(Health.failing_from | event_id),
        ],
    )
    failures = int(health.failures)
    pause = max(_pause(failures), min(timedelta(seconds=retry_after_s or 0), ASKED_PAUSE_MAX))
    more = [Health.open_until.set(text(at + pause))] if pause else []
    if event_id < health.failing_from:
        more.append(Health.failing_from.set(event_id))
    if more:
        health.update(actions=[*more])
    long_enough = at - moment(health.failing_since) >= FAILURE_LIMIT
    return health.failing_from if long_enough and failures >= FAILURES_TO_DISABLE else None


def _pause(failures: int) -> timedelta:
    """How long the breaker stays open after so many failures in a row: 30 s, doubling to 15 min."""
    if failures < FAILURES_TO_OPEN:
        return timedelta(0)
    doublings: int = min(failures - FAILURES_TO_OPEN, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def _of(endpoint_id: str) -> Health:
    try:
        return Health.get(f"health#{endpoint_id}", "health", consistent_read=True)
    except Health.DoesNotExist:
        return Health(f"health#{endpoint_id}", "health")


def _note(health: Health, event_id: str) -> None:
    """What waits behind the breaker is woken when it closes, also what was never tried."""
    if event_id >= (health.failing_from or event_id):
        return
    # Should the breaker close at this moment, the next failure or the delivery's own wait ends it.
    older = (Health.open_until == health.open_until) & (Health.failing_from > event_id)
    with suppress(UpdateError):
        health.update(actions=[Health.failing_from.set(event_id)], condition=older)


def _take(slot: Slot, at: datetime, opens: str | None) -> bool:
    """Lease the slot; with an opened breaker that is to be tried again, become its one probe."""
    lease: Any = getattr(Health, slot.name)
    actions, condition = [lease.set(slot.lease)], lease.does_not_exist() | (lease <= text(at))
    if opens:
        actions.append(Health.open_until.set(slot.lease))
        condition &= Health.open_until == opens
    try:
        Health(f"health#{slot.endpoint_id}", "health").update(actions=actions, condition=condition)
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _give_back(slot: Slot, actions: list[Any]) -> Health:
    """The health as it is then. A slot whose lease ran out may be another's by now: left alone."""
    health, lease = Health(f"health#{slot.endpoint_id}", "health"), getattr(Health, slot.name)
    try:
        health.update(actions=[*actions, lease.remove()], condition=lease == slot.lease)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        if actions:
            health.update(actions=actions)
    return health
