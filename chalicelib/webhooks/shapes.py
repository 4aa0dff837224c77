"""What endpoints look like over HTTP: what is given, and what is shown."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from chalicelib.clock import Time
from chalicelib.events.models import TYPES
from chalicelib.webhooks import records
from chalicelib.webhooks.client_certificate import ClientCertificate
from chalicelib.webhooks.models import Endpoint

Id = Annotated[str, Meta(min_length=1, max_length=64)]
Url = Annotated[str, Meta(min_length=1, max_length=2000)]
Types = list[Literal[TYPES]]  # type: ignore[valid-type]  # a tuple of literals
Ids = Annotated[list[Id], Meta(max_length=100)]


class NewEndpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """Where events go; empty filters admit everything of the agency.

    `headers` go with each request; `client_certificate` is shown to a server that asks (mTLS).
    """

    url: Url
    event_types: Types = []
    categories: Ids = []
    areas: Ids = []
    headers: dict[str, str] = {}
    client_certificate: ClientCertificate | None = None


class EndpointChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. Another `url` must answer a ping first."""

    url: Url | UnsetType = UNSET
    event_types: Types | UnsetType = UNSET
    categories: Ids | UnsetType = UNSET
    areas: Ids | UnsetType = UNSET
    headers: dict[str, str] | UnsetType = UNSET
    client_certificate: ClientCertificate | UnsetType | None = UNSET
    paused: bool | UnsetType = UNSET


class EndpointView(Struct, frozen=True):
    """An endpoint without its secrets: of its own headers only the names. `dead` counts the
    deliveries whose attempts are all used up; a replay brings them back."""

    id: str
    agency_id: str | None
    url: str
    event_types: list[str]
    categories: list[str]
    areas: list[str]
    headers: list[str]
    client_certificate: bool
    state: Literal["pending", "active", "paused", "disabled"]
    disabled_reason: Literal["gone", "failing"] | None
    dead: int
    created_at: Time


class CreatedEndpoint(EndpointView, frozen=True, kw_only=True):
    """A new endpoint; `secret` signs its messages and is shown here and never again."""

    secret: str


class EndpointList(Struct, frozen=True):
    """All endpoints of the caller's agency."""

    items: list[EndpointView]
    next: None = None


class Pinged(Struct, frozen=True):
    """The id of the ping that is on its way."""

    event_id: str


class Rotated(Struct, frozen=True):
    """A new secret, shown here and never again; the former one signs too, until then."""

    secret: str
    former_until: Time


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """An empty object."""


def view_of(row: Endpoint) -> EndpointView:
    """An endpoint as its owner sees it."""
    return EndpointView(
        id=row.id,
        agency_id=row.agency,
        url=row.url,
        event_types=list(row.event_types),
        categories=list(row.categories),
        areas=list(row.areas),
        headers=list(row.header_names),
        client_certificate=row.certificate is not None,
        state=row.state,  # type: ignore[arg-type]  # the writer's vocabulary is this Literal
        disabled_reason=row.disabled_reason,  # type: ignore[arg-type]
        dead=records.count_dead(row.id),
        created_at=row.created_at,
    )
