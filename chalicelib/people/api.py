"""HTTP of API keys: administrators make them for everybody, officers for their own agency."""

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.agencies import directory
from chalicelib.audit import recording
from chalicelib.clock import Time
from chalicelib.errors import Fault, KeyNotFound, Unprocessable
from chalicelib.people import api_keys
from chalicelib.people.identity import Caller
from chalicelib.people.models import ApiKey, find_key, keys_of
from chalicelib.people.permissions import WITHOUT_AGENCY, Scope
from chalicelib.web import Reply, Routes

routes = Routes(__name__, "API keys")

KEYS_LIMIT = 50
"""Of one agency, and of all that have none."""
KEY_KEPT = timedelta(minutes=10)
"""How long a repeated request is answered with the same key."""

Label = Annotated[str, Meta(min_length=1, max_length=120)]
Scopes = Annotated[list[Scope], Meta(min_length=1, max_length=20)]


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """What a key is called, whose it is, and what it is good for."""

    name: Label
    scopes: Scopes
    agency: str | None = None


class NewAgencyKey(Struct, frozen=True, forbid_unknown_fields=True):
    """What a key of one's own agency is called, and what it is good for."""

    name: Label
    scopes: Scopes


class KeyView(Struct, frozen=True):
    """A key without its secret; `used_on` is the last day (UTC) that it was used."""

    id: str
    name: str
    agency: str | None
    scopes: list[str]
    created_at: Time
    used_on: str | None


class CreatedKey(KeyView, frozen=True, kw_only=True):
    """A new key; `key` is shown here and never again."""

    key: str


class KeyList(Struct, frozen=True):
    """Keys, the oldest first."""

    items: list[KeyView]
    next: None = None


class KeyQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose keys."""

    agency: str | None = None


@routes.post("/v1/admin/keys", status=201, problems=(Unprocessable,))
def create_key(body: NewKey, caller: Caller) -> Reply[CreatedKey]:
    """Make an API key for an agency's system, or without an agency for an Open311 client."""
    return _created(body.name, body.agency, body.scopes, caller)


@routes.get("/v1/admin/keys")
def list_keys(query: KeyQuery) -> KeyList:
    """All keys, or those of one agency."""
    return KeyList([_view(key) for key in keys_of(query.agency)])


@routes.get("/v1/admin/keys/{id}", problems=(KeyNotFound,))
def show_key(id: str) -> KeyView:
    """One key."""
    return _view(find_key(id))


@routes.delete("/v1/admin/keys/{id}", status=204, problems=(KeyNotFound,))
def revoke_key(id: str) -> None:
    """Revoke a key; within half a minute it works nowhere any more."""
    _revoke(find_key(id))


@routes.post("/v1/agency/keys", status=201, problems=(Unprocessable,))
def create_agency_key(body: NewAgencyKey, caller: Caller) -> Reply[CreatedKey]:
    """Make an API key for a system of one's own agency."""
    return _created(body.name, caller.agency_id, body.scopes, caller)


@routes.get("/v1/agency/keys")
def list_agency_keys(caller: Caller) -> KeyList:
    """The keys of one's own agency."""
    return KeyList([_view(key) for key in keys_of(_agency(caller))])


@routes.get("/v1/agency/keys/{id}", problems=(KeyNotFound,))
def show_agency_key(id: str, caller: Caller) -> KeyView:
    """One key of one's own agency."""
    return _view(find_key(id, _agency(caller)))


@routes.delete("/v1/agency/keys/{id}", status=204, problems=(KeyNotFound,))
def revoke_agency_key(id: str, caller: Caller) -> None:
    """Revoke a key of one's own agency; within half a minute it works nowhere any more."""
    _revoke(find_key(id, _agency(caller)))


def _created(
    name: str, agency: str | None, wanted: list[Scope], caller: Caller
) -> Reply[CreatedKey]:
    if faults := _faults(agency, wanted):
        raise Unprocessable(*faults)
    row, key = api_keys.new_key(name, agency, list(wanted), caller.sub, clock.now())
    changed: recording.Changed = {"agency": (None, agency), "scopes": (None, row.scopes)}
    with recording.transaction(f"keys/{row.id}", changed) as transaction:
        transaction.save(row)
    view = CreatedKey(**msgspec.structs.asdict(_view(row)), key=key)
    return Reply(view, 201, headers={"Cache-Control": "no-store"}, kept=KEY_KEPT)


def _faults(agency: str | None, wanted: list[Scope]) -> list[Fault]:
    faults = []
    if agency is not None and agency not in directory.current().agencies:
        faults.append(Fault("agency", "fault.no_agency"))
    homeless = [name for name in wanted if name not in WITHOUT_AGENCY]
    if agency is None and homeless:
        facts: dict[str, object] = {"scopes": ", ".join(homeless)}
        faults.append(Fault("scopes", "fault.scope_needs_agency", facts))
    if sum(key.agency == agency for key in keys_of()) >= KEYS_LIMIT:
        faults.append(Fault("name", "fault.too_many_keys", {"limit": KEYS_LIMIT}))
    return faults


def _agency(caller: Caller) -> str:
    assert caller.agency_id is not None  # an officer has one, or is not identified
    return caller.agency_id


def _revoke(key: ApiKey) -> None:
    changed: recording.Changed = {"agency": (key.agency, None), "scopes": (key.scopes, None)}
    with recording.transaction(f"keys/{key.id}", changed) as transaction:
        transaction.delete(key)
    api_keys.known.forget(key.id)


def _view(key: ApiKey) -> KeyView:
    return KeyView(
        id=key.id,
        name=key.name,
        agency=key.agency,
        scopes=key.scopes,
        created_at=key.created_at,
        used_on=key.used_on,
    )
