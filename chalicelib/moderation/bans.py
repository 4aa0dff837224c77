"""Bans: who wrote what should not be there reads on, but writes no more.

A moderator names the report or comment and not the person, whom they need not know.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.clock import Time, text
from chalicelib.errors import BanNotFound, Fault, Unprocessable
from chalicelib.people import banned
from chalicelib.people.banned import Ban
from chalicelib.people.identity import Caller
from chalicelib.reports.comments import find_comment
from chalicelib.reports.models import find


class NewBan(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose author is banned: a report's, or with `comment_id` a comment's."""

    report_id: Annotated[str, Meta(min_length=1, max_length=64)]
    comment_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=500)] | None = None


class BanView(Struct, frozen=True):
    """A banned account."""

    person: str
    at: Time
    reason: str | None


def ban(body: NewBan, caller: Caller, at: datetime) -> BanView:
    """Ban the author; Unprocessable when no account wrote it, or the moderator's own did."""
    report = find(body.report_id)
    comment = find_comment(body.report_id, body.comment_id) if body.comment_id else None
    person = comment.person if comment else report.reporter
    if person is None or person == caller.sub:
        key = "fault.no_account" if person is None else "fault.own_ban"
        raise Unprocessable(Fault("comment_id" if comment else "report_id", key))
    return _view(banned.ban(person, body.reason, str(caller.sub), text(at)))


def lift(person: str) -> None:
    """Let the account write again; BanNotFound when it can."""
    if not banned.lift(person):
        raise BanNotFound


def all_bans(after: str | None, limit: int) -> list[BanView]:
    """At most `limit` banned accounts by id, those after `after`."""
    return [_view(row) for row in banned.listed(after, limit)]


def _view(row: Ban) -> BanView:
    return BanView(row.person, row.at, row.reason)
