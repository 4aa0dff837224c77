"""HTTP of the event log: the events that webhooks bring, to be fetched instead."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from chalicelib import clock, cursor
from chalicelib.clock import Time, first_id, moment
from chalicelib.errors import Fault, InvalidInput, NotAllowed
from chalicelib.events import log
from chalicelib.events.models import TYPES, Envelope, Event, EventData
from chalicelib.people.identity import Caller
from chalicelib.web import Routes

routes = Routes(__name__, "events")

FIRST_READ = timedelta(days=7)


class EventQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on, and what to leave out."""

    after: Annotated[str, Meta(max_length=400, description="`next` of the last page")] | None = None
    since: Annotated[str, Meta(description="where to begin without `after`; 7 days ago")] | None = (
        None
    )
    types: Annotated[str, Meta(max_length=400, description="comma-separated list")] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 100


class EventView(Struct, frozen=True):
    """One event, with the body of its webhook request; `id` is that request's `webhook-id`."""

    id: str
    type: str
    timestamp: Time
    data: EventData


class EventPage(Struct, frozen=True):
    """Events in their final order. `next` is never null: with `more` false, ask it again later."""

    items: list[EventView]
    next: str
    more: bool


@routes.get("/v1/events")
def list_events(query: EventQuery, caller: Caller) -> EventPage:
    """All events of the caller's agency, an administrator's of the city, the oldest first.

    Nothing is skipped and nothing comes twice, also while events are being written: an event is
    shown once none can come before it, 45 seconds after its change. A page may be short or empty
    while `more` is true.
    """
    agency, now = _agency(caller), clock.now()
    identity = ["events", agency]
    first = _first(query, identity, now)
    piece = log.read(first, log.settled(now), query.limit, agency, _types(query))
    items = [_view(event) for event in piece.events]
    return EventPage(items, cursor.seal(identity, [piece.next]), piece.more)


def _agency(caller: Caller) -> str | None:
    if caller.role == "officer" and caller.agency_id is None:
        raise NotAllowed(roles=["officer"])
    return caller.agency_id if caller.role == "officer" else None


def _first(query: EventQuery, identity: list[str | None], now: datetime) -> str:
    if query.after is not None:
        if query.since is not None:
            raise InvalidInput(Fault("since", "fault.not_with", {"name": "after"}))
        return _position(query.after, identity)
    if query.since is None:
        return first_id(now - FIRST_READ)
    try:
        return first_id(max(moment(query.since), moment("1970-01-02T00:00:00Z")))
    except (ValueError, OverflowError):
        raise InvalidInput(Fault("since", "fault.time")) from None


def _position(after: str, identity: list[str | None]) -> str:
    try:
        return str(cursor.unseal(identity, after)[0])
    except InvalidInput:
        raise InvalidInput(Fault("after", "fault.cursor")) from None


def _types(query: EventQuery) -> set[str]:
    types = set((query.types or "").split(",")) - {""}
    if unknown := types - set(TYPES):
        raise InvalidInput(Fault("types", "fault.choice", {"got": ", ".join(sorted(unknown))}))
    return types


def _view(event: Event) -> EventView:
    envelope = msgspec.json.decode(event.body, type=Envelope)
    return EventView(event.id, envelope.type, envelope.timestamp, envelope.data)
