"""Reading the event log in the order of its ids, without gaps.

An id holds the time at which its change began; it is in the table when the change is committed. So
ids of one moment appear a little later and not in their order, and whoever reads up to the present
would pass some by. `settled` is the id before which nothing can appear any more.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from chalicelib.clock import first_id, id_time
from chalicelib.events.models import Event, items_of_hour

SETTLE_TIME = timedelta(seconds=45)
"""Longest from an id to its commit, and 10 s between the clocks of any two machines.

A request is ended after 28 s; functions that run for longer take the time anew for each change, and
a call to the table ends within 35 s (docs/decisions.md)."""

HOURS_AT_ONCE = 200


class Piece(Struct, frozen=True):
    """Some events, and the id from which reading goes on; `more` says that it can at once."""

    events: list[Event]
    next: str
    more: bool


def settled(at: datetime) -> str:
    """Every event that will ever have a lesser id is in the log at `at`."""
    return first_id(at - SETTLE_TIME)


def just_after(id: str) -> str:
    """A bound that lets in whatever comes after this event, and not the event itself."""
    return id + "0"


def between(first: str, last: str) -> Iterator[Event]:
    """The events with first <= id < last in order of their ids."""
    for hour in _hours(first, last):
        yield from _of_hour(hour, first, last)


def read(first: str, last: str, limit: int, agency: str | None, types: set[str]) -> Piece:
    """At most `limit` events of reports with first <= id < last, of an agency (None: all) and of
    these types (none: all). It ends early after HOURS_AT_ONCE hours: a long silence is no long
    wait."""
    found: list[Event] = []
    for number, hour in enumerate(_hours(first, last)):
        if number == HOURS_AT_ONCE:
            return Piece(found, max(first, first_id(_start(hour))), more=True)
        for event in _of_hour(hour, first, last, agency, types):
            found.append(event)
            if len(found) == limit:
                return Piece(found, just_after(event.id), more=True)
    return Piece(found, max(first, last), more=False)


def _hours(first: str, last: str) -> Iterator[str]:
    at, end = id_time(first[:26]), id_time(last[:26])
    at = at.replace(minute=0, second=0, microsecond=0)
    while first < last and at <= end:
        yield at.strftime("%Y-%m-%dT%H")
        at += timedelta(hours=1)


def _start(hour: str) -> datetime:
    return datetime.fromisoformat(f"{hour}:00:00+00:00")


def _of_hour(
    hour: str, first: str, last: str, agency: str | None = None, types: set[str] | None = None
) -> Iterator[Event]:
    items = items_of_hour(hour, first, last, lambda request: _filter(request, agency, types))
    yield from (Event.from_raw_data(item) for item in items)


def _filter(request: dict[str, Any], agency: str | None, types: set[str] | None) -> None:
    """Let the table leave out what is not asked for (None: all is): it is read, but not sent."""
    if types is None:
        return
    conditions = ["attribute_exists(report_id)"]
    if agency:
        conditions.append("contains(agency_ids, :agency)")
        request["ExpressionAttributeValues"][":agency"] = {"S": agency}
    if types:
        names = {f":type{number}": {"S": type} for number, type in enumerate(sorted(types))}
        conditions.append(f"#type IN ({', '.join(names)})")
        request["ExpressionAttributeNames"]["#type"] = "type"
        request["ExpressionAttributeValues"] |= names
    request["FilterExpression"] = " AND ".join(conditions)
