"""HTTP of deliveries: what was sent to whom with every attempt, and sending it again."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct, field

from chalicelib import clock, cursor
from chalicelib.clock import first_id, id_time, moment, new_id
from chalicelib.errors import (
    EndpointNotFound,
    EventNotFound,
    Fault,
    InvalidInput,
    Unprocessable,
)
from chalicelib.events.models import Event, hour_of
from chalicelib.people.identity import Caller
from chalicelib.web import Routes
from chalicelib.webhooks import orders
from chalicelib.webhooks.access import owner_for
from chalicelib.webhooks.fanout import admits, store
from chalicelib.webhooks.models import (
    Delivery,
    Endpoint,
    all_endpoints,
    delivery_key,
    endpoint,
    new_delivery,
)
from chalicelib.webhooks.queue import wake
from chalicelib.webhooks.records import DeliveryView, State, newest
from chalicelib.webhooks.resending import renew

routes = Routes(__name__, "webhooks")

PERIOD_MAX = timedelta(days=31)
_ABOVE_ALL = "~"


class DeliveryPage(Struct, frozen=True):
    """Deliveries, the newest event first."""

    items: list[DeliveryView]
    next: str | None


class DeliveryQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which deliveries to show; `failed` are the dead ones."""

    state: State | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class ReplayWish(Struct, frozen=True, forbid_unknown_fields=True):
    """What to send again: one event, one delivery, or all events with `from` <= time < `to`."""

    event_id: Annotated[str, Meta(max_length=64)] | None = None
    delivery_id: Annotated[str, Meta(max_length=64)] | None = None
    start: str | None = field(default=None, name="from")
    end: str | None = field(default=None, name="to")


class Replayed(Struct, frozen=True):
    """One event is on its way again; a period's events (`order`) follow within a minute or so."""

    event_id: str | None
    order: str | None


@routes.get("/v1/webhooks/{id}/deliveries", problems=(EndpointNotFound,))
def list_deliveries(id: str, query: DeliveryQuery, caller: Caller) -> DeliveryPage:
    """What was sent to an endpoint, each with its attempts."""
    row = endpoint(owner_for(caller), id)
    return _page(query, ["deliveries", row.id, query.state], [row.id])


@routes.get("/v1/admin/deliveries")
def list_all_deliveries(query: DeliveryQuery) -> DeliveryPage:
    """What was sent to all endpoints of the city and of its agencies."""
    ids = [to.id for to in all_endpoints()]
    return _page(query, ["deliveries", "all", query.state], ids)


@routes.post(
    "/v1/webhooks/{id}/replay",
    status=202,
    problems=(EndpointNotFound, EventNotFound, Unprocessable),
)
def replay(id: str, body: ReplayWish, caller: Caller) -> Replayed:
    """Send again, with the same `webhook-id`: one event, one delivery, or a period."""
    row, at = endpoint(owner_for(caller), id), clock.now()
    one = body.event_id or body.delivery_id
    given = [body.event_id, body.delivery_id, body.start or body.end]
    if sum(wish is not None for wish in given) != 1:
        raise InvalidInput(Fault("event_id", "fault.one_of_replay"))
    if row.state != "active":
        raise Unprocessable(Fault("id", "fault.not_active"))
    if one:
        _send_again(row, one, at)
        return Replayed(one, None)
    start, end = _period(body)
    return Replayed(None, orders.place(row, "replay", first_id(start), first_id(end), at))


def _page(
    query: DeliveryQuery, identity: list[str | None], endpoint_ids: list[str]
) -> DeliveryPage:
    before = (_ABOVE_ALL, _ABOVE_ALL)
    if query.cursor:
        event, to = cursor.unseal(identity, query.cursor)
        before = (str(event), str(to))
    found = list(islice(newest(endpoint_ids, before, query.state), query.limit))
    if len(found) < query.limit:
        return DeliveryPage(found, None)
    last: list[str | float] = [found[-1].event_id, found[-1].endpoint_id]
    return DeliveryPage(found, cursor.seal(identity, last))


def _send_again(to: Endpoint, event_id: str, at: datetime) -> None:
    try:
        delivery = Delivery.get(*delivery_key(to.id, event_id), consistent_read=True)
        renew(delivery, at, "replay", new_id(at))
    except Delivery.DoesNotExist:
        delivery = _new(to, event_id, at)
    wake([delivery])


def _new(to: Endpoint, event_id: str, at: datetime) -> Delivery:
    """A delivery of an event that the endpoint has not had; EventNotFound if it is not for it."""
    try:
        id_time(event_id)
        event = Event.get(hour_of(event_id), event_id, consistent_read=True)
    except (ValueError, Event.DoesNotExist):
        raise EventNotFound from None
    if not admits(to, event):
        raise EventNotFound
    delivery = new_delivery(to, event.id, event.type, at)
    store(delivery)
    return delivery


def _period(body: ReplayWish) -> tuple[datetime, datetime]:
    try:
        start, end = moment(body.start or ""), moment(body.end or "")
    except ValueError:
        raise InvalidInput(Fault("from", "fault.time")) from None
    if not timedelta(0) < end - start <= PERIOD_MAX:
        raise InvalidInput(Fault("to", "fault.replay_period", {"days": PERIOD_MAX.days}))
    return start, end
