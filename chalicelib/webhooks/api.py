"""HTTP of webhooks: an agency's endpoints, their deliveries and every attempt."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from chalicelib import aws, clock, cursor
from chalicelib.clock import Time, new_id, text
from chalicelib.errors import EndpointNotFound, Fault, NotAllowed, Unprocessable
from chalicelib.events.models import TYPES
from chalicelib.people.identity import Caller
from chalicelib.settings import settings
from chalicelib.web import Reply, Routes
from chalicelib.webhooks import outbound, signature
from chalicelib.webhooks.fanout import send
from chalicelib.webhooks.models import (
    Endpoint,
    endpoint,
    endpoints_of,
    new_delivery,
    owner_of,
    sealed,
)

routes = Routes(__name__, "webhooks")

OWNERS = ("officer", "admin")
ENDPOINTS_LIMIT = 20
Id = Annotated[str, Meta(min_length=1, max_length=64)]


class NewEndpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """Where events go; empty filters admit everything of the agency."""

    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    event_types: list[Literal[TYPES]] = []  # type: ignore[valid-type]  # a tuple of literals
    categories: Annotated[list[Id], Meta(max_length=100)] = []
    areas: Annotated[list[Id], Meta(max_length=100)] = []


class EndpointView(Struct, frozen=True):
    """An endpoint without its secret."""

    id: str
    agency_id: str | None
    url: str
    event_types: list[str]
    categories: list[str]
    areas: list[str]
    state: Literal["pending", "active", "disabled"]
    created_at: Time


class CreatedEndpoint(EndpointView, frozen=True, kw_only=True):
    """A new endpoint; `secret` signs its messages and is shown here and never again."""

    secret: str


class EndpointList(Struct, frozen=True):
    """All endpoints of the caller's agency."""

    items: list[EndpointView]
    next: None = None


class AttemptView(Struct, frozen=True):
    """One try of a delivery: an HTTP status, or the error that kept one from coming."""

    number: int
    at: Time
    status: int | None
    error: str | None
    duration_ms: int
    excerpt: str | None


class DeliveryView(Struct, frozen=True):
    """An event on its way to an endpoint; `due_at` is when the next try is planned."""

    delivery_id: str
    event_id: str
    event_type: str
    state: str
    due_at: Time | None
    created_at: Time
    settled_at: Time | None
    attempts: list[AttemptView]


class DeliveryPage(Struct, frozen=True):
    """Deliveries, the newest event first."""

    items: list[DeliveryView]
    next: str | None


class DeliveryQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which deliveries to show."""

    state: Literal["pending", "inflight", "delivered", "failed"] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class Pinged(Struct, frozen=True):
    """The id of the ping that is on its way."""

    event_id: str


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """An empty object."""


@routes.post("/v1/webhooks", status=201, roles=OWNERS, problems=(Unprocessable,))
def create_endpoint(body: NewEndpoint, caller: Caller) -> Reply[CreatedEndpoint]:
    """Register an endpoint. A ping goes out at once; the endpoint is active when it is answered."""
    try:
        outbound.check_url(body.url, loopback_allowed=settings.local)
    except outbound.Forbidden as forbidden:
        fault = Fault("url", "fault.url", {"reason": forbidden.reason})
        raise Unprocessable(fault) from None
    owner, at = _owner(caller), clock.now()
    if len(endpoints_of(owner)) >= ENDPOINTS_LIMIT:
        raise Unprocessable(Fault("url", "fault.too_many_endpoints", {"limit": ENDPOINTS_LIMIT}))
    id, secret = new_id(at), signature.new_secret()
    row = Endpoint(
        owner=owner,
        item=f"endpoint#{id}",
        id=id,
        agency=caller.agency_id,
        url=body.url,
        event_types=list(body.event_types),
        categories=body.categories,
        areas=body.areas,
        secrets=[sealed(secret, id)],
        created_at=text(at),
        created_by=caller.sub,
    )
    row.save()
    _ping(row)
    view = CreatedEndpoint(**msgspec.structs.asdict(_view(row)), secret=secret)
    return Reply(view, 201, headers={"Cache-Control": "no-store"})


@routes.get("/v1/webhooks", roles=OWNERS)
def list_endpoints(caller: Caller) -> EndpointList:
    """The endpoints of the caller's agency; an administrator's get the whole city's events."""
    return EndpointList([_view(row) for row in endpoints_of(_owner(caller))])


@routes.get("/v1/webhooks/{id}", roles=OWNERS, problems=(EndpointNotFound,))
def show_endpoint(id: str, caller: Caller) -> EndpointView:
    """One endpoint."""
    return _view(endpoint(_owner(caller), id))


@routes.delete("/v1/webhooks/{id}", status=204, roles=OWNERS, problems=(EndpointNotFound,))
def delete_endpoint(id: str, caller: Caller) -> None:
    """Stop sending to an endpoint; what is still on its way to it ends as failed."""
    endpoint(_owner(caller), id).delete()


@routes.post("/v1/webhooks/{id}/ping", status=202, roles=OWNERS, problems=(EndpointNotFound,))
def ping_endpoint(id: str, body: Nothing, caller: Caller) -> Pinged:
    """Send `endpoint.ping`; an answer of 2xx activates an endpoint that waits for it."""
    return Pinged(_ping(endpoint(_owner(caller), id)))


@routes.get("/v1/webhooks/{id}/deliveries", roles=OWNERS, problems=(EndpointNotFound,))
def list_deliveries(id: str, query: DeliveryQuery, caller: Caller) -> DeliveryPage:
    """What was sent to an endpoint, each with its attempts."""
    row = endpoint(_owner(caller), id)
    identity = ["deliveries", row.id, query.state]
    before = str(cursor.unseal(identity, query.cursor)[0]) if query.cursor else "~"
    found = _deliveries(row.id, before, query)
    last = found[-1].event_id if len(found) == query.limit else None
    return DeliveryPage(found, last and cursor.seal(identity, [last]))


def _owner(caller: Caller) -> str:
    if caller.role == "officer" and caller.agency_id is None:
        raise NotAllowed(roles=["officer"])
    return owner_of(caller.agency_id)


def _ping(to: Endpoint) -> str:
    at = clock.now()
    event_id = new_id(at)
    body = {
        "type": "endpoint.ping",
        "timestamp": text(at),
        "data": {"endpoint_id": to.id, "agency_id": to.agency, "city": settings.city_name},
    }
    ping = new_delivery(to, event_id, "endpoint.ping", at, ping=msgspec.json.encode(body).decode())
    ping.save()
    send([ping])
    return event_id


def _view(row: Endpoint) -> EndpointView:
    return EndpointView(
        id=row.id,
        agency_id=row.agency,
        url=row.url,
        event_types=list(row.event_types),
        categories=list(row.categories),
        areas=list(row.areas),
        state=row.state,  # type: ignore[arg-type]  # the writer's vocabulary is this Literal
        created_at=row.created_at,
    )


def _deliveries(endpoint_id: str, before: str, query: DeliveryQuery) -> list[DeliveryView]:
    """Deliveries with their attempts: attempts follow their delivery in the item collection."""
    found: list[DeliveryView] = []
    attempts: list[AttemptView] = []
    for item in _rows(endpoint_id, before):
        if "#" in item["item"]["S"]:
            attempts.insert(0, _attempt(item))
            continue
        delivery = _delivery(item, attempts)
        attempts = []
        if query.state in (None, delivery.state):
            found.append(delivery)
        if len(found) == query.limit:
            break
    return found


def _rows(endpoint_id: str, before: str) -> Any:
    pages = (
        aws.dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings.webhooks_table,
            KeyConditionExpression="#o = :owner AND #i < :before",
            ExpressionAttributeNames={"#o": "owner", "#i": "item"},
            ExpressionAttributeValues={
                ":owner": {"S": f"deliveries#{endpoint_id}"},
                ":before": {"S": before},
            },
            ScanIndexForward=False,
            ConsistentRead=True,
        )
    )
    return (item for page in pages for item in page["Items"])


def _attempt(item: dict[str, Any]) -> AttemptView:
    return AttemptView(
        number=int(item["number"]["N"]),
        at=item["at"]["S"],
        status=int(item["status"]["N"]) if "status" in item else None,
        error=_text(item, "error"),
        duration_ms=int(item["duration_ms"]["N"]),
        excerpt=_text(item, "excerpt"),
    )


def _delivery(item: dict[str, Any], attempts: list[AttemptView]) -> DeliveryView:
    return DeliveryView(
        delivery_id=item["event_id"]["S"],
        event_id=item["event_id"]["S"],
        event_type=item["event_type"]["S"],
        state=item["state"]["S"],
        due_at=_text(item, "due_at"),
        created_at=item["created_at"]["S"],
        settled_at=_text(item, "settled_at"),
        attempts=attempts,
    )


def _text(item: dict[str, Any], name: str) -> str | None:
    value: str | None = item[name]["S"] if name in item else None
    return value
