"""HTTP of webhooks: an agency's endpoints, and what is told of them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from pynamodb.exceptions import UpdateError

from chalicelib import clock
from chalicelib.clock import new_id, text
from chalicelib.errors import EndpointChanged, EndpointNotFound, Fault, Unprocessable
from chalicelib.people.identity import Caller
from chalicelib.settings import settings
from chalicelib.web import Reply, Routes
from chalicelib.webhooks import (
    client_certificate,
    lifecycle,
    request_headers,
    sealing,
    signature,
)
from chalicelib.webhooks.access import agency_for, owner_for
from chalicelib.webhooks.client_certificate import ClientCertificate
from chalicelib.webhooks.models import Endpoint, add, endpoint, endpoints_of, new_delivery
from chalicelib.webhooks.queue import wake
from chalicelib.webhooks.shapes import (
    CreatedEndpoint,
    EndpointChange,
    EndpointList,
    EndpointView,
    NewEndpoint,
    Nothing,
    Pinged,
    Rotated,
    view_of,
)

routes = Routes(__name__, "webhooks")

ENDPOINTS_LIMIT = 20
SECRET_KEPT = timedelta(minutes=10)
"""How long a repeated request is answered with the same secret."""


@routes.post("/v1/webhooks", status=201, problems=(Unprocessable,))
def create_endpoint(body: NewEndpoint, caller: Caller) -> Reply[CreatedEndpoint]:
    """Register an endpoint. A ping goes out at once; the endpoint is active when it is answered."""
    owner, at = owner_for(caller), clock.now()
    faults = [*_url_faults(body.url), *request_headers.faults(body.headers)]
    faults += client_certificate.faults(body.client_certificate)
    if not faults and len(endpoints_of(owner)) >= ENDPOINTS_LIMIT:
        faults.append(Fault("url", "fault.too_many_endpoints", {"limit": ENDPOINTS_LIMIT}))
    if faults:
        raise Unprocessable(*faults)
    id, secret = new_id(at), signature.new_secret()
    row = Endpoint(
        owner=owner,
        item=f"endpoint#{id}",
        id=id,
        agency=agency_for(caller),
        url=body.url,
        event_types=list(body.event_types),
        categories=body.categories,
        areas=body.areas,
        secrets=[sealing.sealed(secret, id)],
        created_at=text(at),
        created_by=caller.sub,
        **_sealed(id, body.headers, body.client_certificate),
    )
    add(row)
    _ping(row)
    view = CreatedEndpoint(**msgspec.structs.asdict(view_of(row)), secret=secret)
    return Reply(view, 201, headers={"Cache-Control": "no-store"}, kept=SECRET_KEPT)


@routes.get("/v1/webhooks")
def list_endpoints(caller: Caller) -> EndpointList:
    """The endpoints of the caller's agency; an administrator's get the whole city's events."""
    return EndpointList([view_of(row) for row in endpoints_of(owner_for(caller))])


@routes.get("/v1/webhooks/{id}", problems=(EndpointNotFound,))
def show_endpoint(id: str, caller: Caller) -> EndpointView:
    """One endpoint."""
    return view_of(endpoint(owner_for(caller), id))


@routes.patch(
    "/v1/webhooks/{id}",
    problems=(EndpointNotFound, EndpointChanged, Unprocessable),
)
def change_endpoint(id: str, body: EndpointChange, caller: Caller) -> EndpointView:
    """Change an endpoint, pause it or end its pause; what it misses meanwhile is sent then."""
    row = endpoint(owner_for(caller), id)
    faults = list(_change_faults(row, body))
    if faults:
        raise Unprocessable(*faults)
    _store_change(row, body)
    moved = body.url is not UNSET and body.url != row.url
    if moved and not lifecycle.move(row, str(body.url), clock.now()):
        raise EndpointChanged
    if moved:
        _ping(row)
    if body.paused is True and row.state == "active" and not lifecycle.pause(row, clock.now()):
        raise EndpointChanged
    if body.paused is False and row.state == "paused" and not lifecycle.activate(row, clock.now()):
        raise EndpointChanged
    return view_of(row)


@routes.delete("/v1/webhooks/{id}", status=204, problems=(EndpointNotFound,))
def delete_endpoint(id: str, caller: Caller) -> None:
    """Stop sending to an endpoint; what is still on its way to it is cancelled."""
    endpoint(owner_for(caller), id).delete()


@routes.post("/v1/webhooks/{id}/ping", status=202, problems=(EndpointNotFound,))
def ping_endpoint(id: str, body: Nothing, caller: Caller) -> Pinged:
    """Send `endpoint.ping`; an answer of 2xx activates an endpoint that waits for it, also one
    that was disabled, which then gets what it has missed."""
    return Pinged(_ping(endpoint(owner_for(caller), id)))


@routes.post(
    "/v1/webhooks/{id}/rotate",
    problems=(EndpointNotFound, EndpointChanged, Unprocessable),
)
def rotate_secret(id: str, body: Nothing, caller: Caller) -> Reply[Rotated]:
    """Make a new secret; for 24 hours the former one signs beside it."""
    row, at, secret = endpoint(owner_for(caller), id), clock.now(), signature.new_secret()
    until = text(at + signature.OVERLAP)
    live = [one for one in row.former_secrets if one["until"] > text(at)]
    if len(live) >= signature.FORMER_MAX:
        raise Unprocessable(Fault("id", "fault.too_many_secrets", {"limit": len(live)}))
    former = [{"sealed": row.secrets[0], "until": until}, *live]
    new = [sealing.sealed(secret, id)]
    _change(
        row,
        [Endpoint.secrets.set(new), Endpoint.former_secrets.set(former)],
        Endpoint.secrets == list(row.secrets),
    )
    shown = Rotated(secret, until)
    return Reply(shown, headers={"Cache-Control": "no-store"}, kept=SECRET_KEPT)


def _url_faults(url: str) -> Iterator[Fault]:
    # Networks that are refused, parsed when an address is to be judged.
    from chalicelib.webhooks import targets

    try:
        targets.check_url(url, loopback_allowed=settings.local)
    except targets.Forbidden as forbidden:
        yield Fault("url", "fault.url", {"reason": forbidden.reason})


def _change_faults(row: Endpoint, body: EndpointChange) -> Iterator[Fault]:
    if isinstance(body.url, str):
        yield from _url_faults(body.url)
    if isinstance(body.headers, dict):
        yield from request_headers.faults(body.headers)
    if isinstance(body.client_certificate, ClientCertificate):
        yield from client_certificate.faults(body.client_certificate)
    moves = isinstance(body.url, str) and body.url != row.url
    if body.paused is True and (moves or row.state not in ("active", "paused")):
        yield Fault("paused", "fault.not_active")


def _store_change(row: Endpoint, body: EndpointChange) -> None:
    """The parts of a change that leave the endpoint's state as it is."""
    given = {name: getattr(body, name) for name in ("event_types", "categories", "areas")}
    values = {name: list(value) for name, value in given.items() if value is not UNSET}
    if isinstance(body.headers, dict):
        values |= _sealed_headers(row.id, body.headers)
    if not isinstance(body.client_certificate, UnsetType):
        values |= _sealed_certificate(row.id, body.client_certificate)
    if values:
        fields = {name: getattr(Endpoint, name) for name in values}
        actions = [
            fields[name].remove() if value is None else fields[name].set(value)
            for name, value in values.items()
        ]
        _change(row, actions, Endpoint.id.exists())


def _change(row: Endpoint, actions: list[Any], condition: Any) -> None:
    try:
        row.update(actions=actions, condition=condition)
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise EndpointChanged from None
        raise


def _sealed(
    id: str, headers: dict[str, str], certificate: ClientCertificate | None
) -> dict[str, Any]:
    return _sealed_headers(id, headers) | _sealed_certificate(id, certificate)


def _sealed_headers(id: str, headers: dict[str, str]) -> dict[str, Any]:
    return {"header_names": sorted(headers), "headers": sealing.sealed_headers(headers, id)}


def _sealed_certificate(id: str, shown: ClientCertificate | None) -> dict[str, Any]:
    return {
        "certificate": shown.certificate if shown else None,
        "certificate_key": sealing.sealed(shown.key, id) if shown else None,
    }


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
    wake([ping])
    return event_id
