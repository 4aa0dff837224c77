"""How much anybody may send in a while: by account, device, address, and all in one place.

Each budget is a counter of one window of time, named by a keyed hash: whose it is cannot be read
from it. To spend is one conditional write for each: racing calls never get more than the limit.
"""

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.aws import Table
from chalicelib.errors import TooManyRequests
from chalicelib.keys import signing_key
from chalicelib.people.identity import Caller
from chalicelib.places.geohash import Point, encode
from chalicelib.settings import settings

DEVICE = "x-device-id"
HOUR_S, BURST_S = 3600, 600
AREA_CHARACTERS = 5
"""A cell of this geohash is 4.9 km wide."""
REMEMBERED = 1000

Of = Literal["account", "device", "address", "area"]
Kind = Literal["report", "word"]
"""What is counted: reports, and comments and flags; each has its own budgets."""


class Limits(Struct, frozen=True):
    """How many in an hour; in `area`, all together in ten minutes."""

    account: int = settings.budget_account
    device: int = settings.budget_device
    address: int = settings.budget_address
    area: int = settings.budget_area


class Sender(Struct, frozen=True):
    """Who sends: `headers` may be made up, `address` is where the connection came from."""

    caller: Caller
    headers: Mapping[str, str]
    address: str


class Budget(Struct, frozen=True):
    """What one call spends one of: `id` names it together with its window, until `end`."""

    of: Of
    id: str
    limit: int
    end: int


class Counter(Table):
    """How much of a budget is spent; gone some time after its window."""

    class Meta:
        table_name = settings.replays_table

    id = UnicodeAttribute(hash_key=True)
    spent = NumberAttribute()
    expires = NumberAttribute()


seen_spent: set[str] = set()
"""What this process knows to be spent: to refuse it again costs nothing."""


def spend(
    kind: Kind,
    sender: Sender,
    at: datetime,
    place: Point | None = None,
    limits: Limits | None = None,
) -> None:
    """Count one; TooManyRequests, naming the budget and when its window ends, when one is spent.

    Who has an account has no budget of an address, which they may share with thousands. Staff and
    keys have none at all: they are known, and can be stopped otherwise.
    """
    if sender.caller.staff or sender.caller.scopes is not None:
        return
    now = int(at.timestamp())
    budgets = list(_budgets(kind, sender, now, place, limits or Limits()))
    for one in budgets:
        if one.id in seen_spent:
            _refuse(one, now)
    for one in budgets:
        if not _counted(one):
            _remember(one)
            _refuse(one, now)


def _budgets(
    kind: Kind, sender: Sender, now: int, place: Point | None, limits: Limits
) -> Iterator[Budget]:
    """The sender's own first: who has spent those takes nothing from what is everybody's."""
    account = sender.caller.account
    if account is not None:
        yield _budget(kind, "account", account, limits.account, now, HOUR_S)
    elif sender.address:
        yield _budget(kind, "address", _network(sender.address), limits.address, now, HOUR_S)
    if device := sender.headers.get(DEVICE):
        yield _budget(kind, "device", device, limits.device, now, HOUR_S)
    if place is not None:
        # Nameless senders from many addresses must not be able to shut out those who are known.
        whose = f"{encode(place, AREA_CHARACTERS)} {'nameless' if account is None else 'known'}"
        yield _budget(kind, "area", whose, limits.area, now, BURST_S)


def _budget(kind: Kind, of: Of, whose: str, limit: int, now: int, window: int) -> Budget:
    end = now - now % window + window
    # ASCII for whatever a header may hold.
    text = ascii(["budget", kind, of, whose, end])
    return Budget(of, hmac.digest(signing_key(), text.encode(), "sha256").hex(), limit, end)


def _network(address: str) -> str:
    """Of IPv6 the half that a provider gives to a household; the other half changes at will."""
    if ":" not in address:
        return address
    # 6 ms of import, for the few who come so and have no account.
    from ipaddress import IPv6Address

    try:
        return str(int(IPv6Address(address)) >> 64)
    except ValueError:
        return address


def _counted(one: Budget) -> bool:
    """Count one in it; False when it is spent."""
    more: list[Action] = [Counter.spent.add(1), Counter.expires.set(one.end + HOUR_S)]
    room = Counter.spent.does_not_exist() | (Counter.spent < one.limit)
    try:
        Counter(one.id).update(more, condition=room)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _remember(one: Budget) -> None:
    if len(seen_spent) >= REMEMBERED:
        seen_spent.clear()
    seen_spent.add(one.id)


def _refuse(one: Budget, now: int) -> None:
    raise TooManyRequests(budget=one.of, retry_after=one.end - now)
