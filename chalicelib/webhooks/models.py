"""Endpoints, deliveries, health and orders as stored: rows are the truth, messages only wake."""

from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from pynamodb.attributes import (
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from chalicelib.aws import Table
from chalicelib.clock import text
from chalicelib.errors import EndpointNotFound
from chalicelib.settings import settings

CITY = "city"
DUE_SHARDS = 8
GRACE = timedelta(minutes=5)
"""How long a message may wait in the queue before the sweeper takes it for lost."""


class WebhooksTable:
    """The table of all of them."""

    table_name = settings.webhooks_table


class Endpoint(Table):
    """Where an agency wants its events. Empty filters admit all.

    `state`: `pending` until a ping is answered, then `active`; `paused` by its owner; `disabled`
    when its receiver says that it is gone or has failed for days. `recover_from` is the id of the
    oldest event that it may have missed meanwhile; events since `active_from` are owed to it.
    """

    class Meta(WebhooksTable):
        pass

    owner = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    id = UnicodeAttribute()
    agency = UnicodeAttribute(null=True)
    url = UnicodeAttribute()
    event_types: ListAttribute[Any] = ListAttribute(default=list)
    categories: ListAttribute[Any] = ListAttribute(default=list)
    areas: ListAttribute[Any] = ListAttribute(default=list)
    secrets: ListAttribute[Any] = ListAttribute()
    former_secrets: ListAttribute[Any] = ListAttribute(default=list)
    header_names: ListAttribute[Any] = ListAttribute(default=list)
    headers = UnicodeAttribute(null=True)
    certificate = UnicodeAttribute(null=True)
    certificate_key = UnicodeAttribute(null=True)
    state = UnicodeAttribute(default="pending")
    disabled_reason = UnicodeAttribute(null=True)
    active_from = UnicodeAttribute(null=True)
    recover_from = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute()

    def admits(self, type: str, category: str, areas: set[str]) -> bool:
        """Whether the endpoint asked for events like this."""
        return (
            (not self.event_types or type in self.event_types)
            and (not self.categories or category in self.categories)
            and (not self.areas or bool(areas & set(self.areas)))
        )


class Owner(Table):
    """That somebody has, or once had, endpoints: by these rows all endpoints are found."""

    class Meta(WebhooksTable):
        pass

    owner = UnicodeAttribute(hash_key=True, default="owners")
    item = UnicodeAttribute(range_key=True)


class Try(MapAttribute[str, Any]):
    """One attempt: what was answered and how long it took."""

    number = NumberAttribute()
    at = UnicodeAttribute()
    status = NumberAttribute(null=True)
    error = UnicodeAttribute(null=True)
    duration_ms = NumberAttribute()
    excerpt = UnicodeAttribute(null=True)


class Delivery(Table):
    """One event on its way to one endpoint, with every attempt.

    `state`: `pending`, `inflight` (claimed until `lease`), `delivered`, `failed` (dead: no
    attempt is left), `held` (its endpoint is paused or disabled), `cancelled` (it is deleted).
    `due_shard` and `due_at` are the keys of the sparse index: when the sweeper is to look at it;
    for a dead one `dead#{endpoint}` and the event's id.
    """

    class Meta(WebhooksTable):
        pass

    owner = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    endpoint_owner = UnicodeAttribute()
    event_id = UnicodeAttribute()
    event_type = UnicodeAttribute()
    state = UnicodeAttribute(default="pending")
    attempt = NumberAttribute(default=1)
    parks = NumberAttribute(default=0)
    tries: ListAttribute[Try] = ListAttribute(of=Try, default=list)
    not_before = UnicodeAttribute(null=True)
    lease = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    settled_at = UnicodeAttribute(null=True)
    renewed_by = UnicodeAttribute(null=True)
    ping = UnicodeAttribute(null=True)
    expires = NumberAttribute(null=True)

    @property
    def endpoint_id(self) -> str:
        """Of the endpoint that it is for."""
        return self.owner.removeprefix("deliveries#")


def owner_of(agency_id: str | None) -> str:
    """The partition of an agency's endpoints, or of those that get the whole city's events."""
    return f"agency#{agency_id}" if agency_id else CITY


def add(row: Endpoint) -> None:
    """Save a new endpoint."""
    Owner(item=row.owner).save()
    row.save()


def all_endpoints() -> list[Endpoint]:
    """The endpoints of the city and of all agencies."""
    owners = Owner.query("owners", consistent_read=True)
    return [row for owner in owners for row in endpoints_of(owner.item)]


def endpoint(owner: str, id: str) -> Endpoint:
    """An endpoint of that owner; EndpointNotFound."""
    try:
        return Endpoint.get(owner, f"endpoint#{id}", consistent_read=True)
    except Endpoint.DoesNotExist:
        raise EndpointNotFound from None


def endpoints_of(owner: str) -> list[Endpoint]:
    """All endpoints of an owner."""
    found = Endpoint.query(owner, Endpoint.item.startswith("endpoint#"), consistent_read=True)
    return list(found)


def delivery_key(endpoint_id: str, event_id: str) -> tuple[str, str]:
    """Owner and item of a delivery; an endpoint has one for each event, whatever happens twice."""
    return f"deliveries#{endpoint_id}", event_id


def new_delivery(
    to: Endpoint, event_id: str, event_type: str, at: datetime, ping: str | None = None
) -> Delivery:
    """A delivery that is to be tried now; `ping` is the body of a message that is no event."""
    owner, item = delivery_key(to.id, event_id)
    return Delivery(
        owner=owner,
        item=item,
        endpoint_owner=to.owner,
        event_id=event_id,
        event_type=event_type,
        due_shard=due_shard(event_id),
        due_at=text(at + GRACE),
        created_at=text(at),
        ping=ping,
    )


def due_shard(event_id: str) -> str:
    """One of eight partitions of the due index, so that no hot key limits the city."""
    return str(crc32(event_id.encode()) % DUE_SHARDS)


def dead_shard(endpoint_id: str) -> str:
    """The partition of the due index that lists an endpoint's dead deliveries."""
    return f"dead#{endpoint_id}"
