"""The inbox: what a person was told in the last 90 days, the newest first."""

from collections.abc import Iterable
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib import cursor, texts
from chalicelib.clock import Time, id_time, text
from chalicelib.notifications.models import Notification, preferences_of


class InboxQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None


class NotificationView(Struct, frozen=True):
    """That something happened to a report; `type` is the event's, `text` says it."""

    id: str
    at: Time
    type: str
    report_id: str
    number: str
    status: str
    text: str
    read: bool


class Inbox(Struct, frozen=True):
    """A page of notifications, the newest first."""

    items: list[NotificationView]
    next: str | None


def page(sub: str, query: InboxQuery, language: str) -> Inbox:
    """One page; InvalidInput when the cursor is another's."""
    identity = ["inbox", sub]
    before = str(cursor.unseal(identity, query.cursor)[0]) if query.cursor else "~"
    between = Notification.item.between("notification#", f"notification#{before}")
    found = Notification.query(sub, between, scan_index_forward=False, consistent_read=True)
    rows = [row for row in _first(found, query.limit + 2) if row.event_id != before]
    shown = rows[: query.limit]
    more = cursor.seal(identity, [shown[-1].event_id]) if rows[query.limit :] else None
    until = preferences_of(sub).read_until or ""
    return Inbox([_view(row, until, language) for row in shown], more)


def since(sub: str, event_id: str, limit: int) -> list[Notification]:
    """At most `limit` notifications from that one on, the oldest first."""
    between = Notification.item.between(f"notification#{event_id}", "notification#~")
    return _first(Notification.query(sub, between, consistent_read=True), limit)


def sentence(row: Notification, language: str) -> str:
    """What happened, in one sentence."""
    status = texts.say(f"share.status.{row.status}", language)
    return texts.say(f"notify.{row.type}", language, number=row.number, status=status)


def _first(rows: Iterable[Notification], limit: int) -> list[Notification]:
    return list(islice(rows, limit))


def _view(row: Notification, until: str, language: str) -> NotificationView:
    return NotificationView(
        id=row.event_id,
        at=text(id_time(row.event_id)),
        type=row.type,
        report_id=row.report_id,
        number=row.number,
        status=row.status,
        text=sentence(row, language),
        read=row.event_id <= until,
    )
