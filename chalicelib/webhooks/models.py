"""Endpoints, deliveries and attempts as stored: rows are the truth, messages only wake."""

import base64
from datetime import datetime
from typing import Any
from zlib import crc32

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import aws
from chalicelib.aws import Table
from chalicelib.clock import text
from chalicelib.errors import EndpointNotFound
from chalicelib.settings import settings

CITY = "city"
DUE_SHARDS = 8


class _WebhooksTable:
    table_name = settings.webhooks_table


class Endpoint(Table):
    """Where an agency wants its events; `state` is `pending` until a ping is answered, then
    `active`, or `disabled` when the receiver says that it is gone. Empty filters admit all."""

    class Meta(_WebhooksTable):
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
    state = UnicodeAttribute(default="pending")
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute()

    def admits(self, type: str, category: str, areas: set[str]) -> bool:
        """Whether the endpoint asked for events like this."""
        return (
            (not self.event_types or type in self.event_types)
            and (not self.categories or category in self.categories)
            and (not self.areas or bool(areas & set(self.areas)))
        )


class Delivery(Table):
    """One event on its way to one endpoint.

    `state`: `pending`, `inflight` (claimed until `due_at`), `delivered`, `failed`. `due_shard` and
    `due_at` exist only while something is left to do: they are the keys of the sparse due index.
    """

    class Meta(_WebhooksTable):
        pass

    owner = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    endpoint_owner = UnicodeAttribute()
    event_id = UnicodeAttribute()
    event_type = UnicodeAttribute()
    state = UnicodeAttribute(default="pending")
    attempt = NumberAttribute(default=1)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    settled_at = UnicodeAttribute(null=True)
    ping = UnicodeAttribute(null=True)


class Attempt(Table):
    """One try: what was answered and how long it took. Ages out after 30 days."""

    class Meta(_WebhooksTable):
        pass

    owner = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    number = NumberAttribute()
    at = UnicodeAttribute()
    status = NumberAttribute(null=True)
    error = UnicodeAttribute(null=True)
    duration_ms = NumberAttribute()
    excerpt = UnicodeAttribute(null=True)
    expires = NumberAttribute()


def owner_of(agency_id: str | None) -> str:
    """The partition of an agency's endpoints, or of those that get the whole city's events."""
    return f"agency#{agency_id}" if agency_id else CITY


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


def new_delivery(
    to: Endpoint, event_id: str, event_type: str, at: datetime, ping: str | None = None
) -> Delivery:
    """A delivery that is due now; `ping` is the body of a message that is no event."""
    return Delivery(
        owner=f"deliveries#{to.id}",
        item=event_id,
        endpoint_owner=to.owner,
        event_id=event_id,
        event_type=event_type,
        due_shard=due_shard(event_id),
        due_at=text(at),
        created_at=text(at),
        ping=ping,
    )


def due_shard(event_id: str) -> str:
    """One of eight partitions of the due index, so that no hot key limits the city."""
    return str(crc32(event_id.encode()) % DUE_SHARDS)


def sealed(secret: str, endpoint_id: str) -> str:
    """A webhook secret encrypted under the stage's key, bound to its endpoint."""
    answer = aws.kms().encrypt(
        KeyId=settings.secrets_key_arn,
        Plaintext=secret.encode(),
        EncryptionContext={"endpoint": endpoint_id},
    )
    return base64.b64encode(answer["CiphertextBlob"]).decode()


def unsealed(secret: str, endpoint_id: str) -> str:
    """The webhook secret in clear, for signing."""
    answer = aws.kms().decrypt(
        KeyId=settings.secrets_key_arn,
        CiphertextBlob=base64.b64decode(secret),
        EncryptionContext={"endpoint": endpoint_id},
    )
    plain: bytes = answer["Plaintext"]
    return plain.decode()
