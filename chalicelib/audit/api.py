"""HTTP of the audit: who of the staff did what."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from chalicelib import clock, cursor
from chalicelib.audit import reading
from chalicelib.audit.models import Entry
from chalicelib.audit.reading import Place, Wanted
from chalicelib.clock import Time, moment, text
from chalicelib.errors import Fault, InvalidInput
from chalicelib.web import Routes

routes = Routes(__name__, "audit")

FIRST_READ = timedelta(days=30)
Filter = Annotated[str, Meta(max_length=200)]


class AuditQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which entries; without `since`, those of the 30 days before `until`, which is now."""

    actor: Filter | None = None
    action: Filter | None = None
    object: Annotated[str, Meta(max_length=200, description="or the beginning of one")] = ""
    since: str | None = None
    until: str | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class AuditEntry(Struct, frozen=True):
    """What somebody did; `changed` has each field's value before and after. `hash` proves it."""

    id: str
    at: Time
    actor: str
    role: str
    agency: str | None
    action: str
    object: str
    changed: dict[str, list[Any]]
    hash: str


class AuditPage(Struct, frozen=True):
    """Entries, the newest first; a page may be short while `next` leads on."""

    items: list[AuditEntry]
    next: str | None


@routes.get("/v1/admin/audit")
def list_audit(query: AuditQuery) -> AuditPage:
    """Everything that officers, moderators, administrators and keys have done, the newest first."""
    until = _time("until", query.until, clock.now() + timedelta(seconds=1))
    since = _time("since", query.since, until - FIRST_READ)
    wanted = Wanted(text(since), text(until), query.actor, query.action, query.object)
    identity = ["audit", query.actor, query.action, query.object, query.since, query.until]
    piece = reading.newest(wanted, _below(identity, query.cursor), query.limit)
    more = cursor.seal(identity, list(piece.next)) if piece.next else None
    return AuditPage([_view(entry) for entry in piece.entries], more)


def _time(field: str, given: str | None, usual: datetime) -> datetime:
    try:
        return moment(given) if given else usual
    except (ValueError, OverflowError):
        raise InvalidInput(Fault(field, "fault.time")) from None


def _below(identity: list[str | None], given: str | None) -> Place | None:
    if given is None:
        return None
    at, chain, item = cursor.unseal(identity, given)
    return str(at), str(chain), str(item)


def _view(entry: Entry) -> AuditEntry:
    return AuditEntry(
        id=f"{entry.chain}/{entry.item}",
        at=entry.at,
        actor=entry.actor,
        role=entry.role,
        agency=entry.agency,
        action=entry.action,
        object=entry.object,
        changed=msgspec.json.decode(entry.changed),
        hash=entry.hash,
    )
