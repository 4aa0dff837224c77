"""Updates of requests, from the event log: what agencies did and said, and what became of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from chalicelib import texts
from chalicelib.agencies import directory
from chalicelib.agencies.directory import Directory
from chalicelib.clock import first_id
from chalicelib.errors import InvalidInput
from chalicelib.events import log
from chalicelib.events.models import EventData, of_item
from chalicelib.open311 import words
from chalicelib.open311.forms import Form
from chalicelib.open311.requests import public_among, second
from chalicelib.open311.searching import period
from chalicelib.reports.comments import Comment

SPAN = timedelta(days=7)
USUAL = timedelta(days=1)
COUNT_LIMIT = 1000
# What clients are told: changes of status, and words in public. The rest is no news for them.
TYPES = frozenset(
    {
        "report.status_changed",
        "report.routed",
        "report.escalated",
        "report.confirmed",
        "report.disputed",
        "report.merged",
        "report.unmerged",
        "report.comment_added",
    }
)
OFFICIAL = ("agency", "moderator")


class Told(Struct, frozen=True):
    """One event, as far as it is an update."""

    at: str
    data: EventData


def listed(form: Form, at: datetime, language: str) -> list[dict[str, Any]]:
    """The first 1,000 updates of a period of 7 days at most, the oldest first.

    Without a beginning it is the day before the end. InvalidInput naming all that is wrong.
    """
    start, end, faults = period(form, at, SPAN, USUAL)
    if faults:
        raise InvalidInput(*faults)
    first, last = first_id(start), first_id(min(end, at) + timedelta(seconds=1))
    found = list(_told(first, last))
    shown = public_among([one.data.report_id for one in found])
    visible = [one for one in found if one.data.report_id in shown]
    said, book = _comments(visible), directory.current()
    updates = (_update(one, said, book, language) for one in visible)
    return [update for update in updates if update is not None]


def change_id(report_id: str, version: int) -> str:
    """By which an update is known that changed the report to this version."""
    return f"{report_id}-{version}"


def _told(first: str, last: str) -> Iterator[Told]:
    count, more = 0, True
    while more and count < COUNT_LIMIT:
        piece = log.read(first, last, COUNT_LIMIT, None, set(TYPES))
        first, more = piece.next, piece.more
        for event in piece.events:
            _, envelope = of_item({"id": {"S": event.id}, "body": {"S": event.body}})
            if _is_news(envelope.data) and count < COUNT_LIMIT:
                count += 1
                yield Told(envelope.timestamp, envelope.data)


def _is_news(data: EventData) -> bool:
    if data.private:
        return False
    if data.comment_id is not None:
        # What citizens say is often what the client itself has sent.
        return data.actor in OFFICIAL
    return data.previous_status not in (None, data.status) or data.note is not None


def _comments(found: Sequence[Told]) -> dict[str, str]:
    """What was said in those comments that are to be seen, by their ids."""
    keys = [
        (one.data.report_id, f"comment#{one.data.comment_id}")
        for one in found
        if one.data.comment_id
    ]
    rows = Comment.batch_get(list(dict.fromkeys(keys))) if keys else []
    return {row.comment_id: row.text for row in rows if row.state == "visible"}


def _update(
    one: Told, said: dict[str, str], book: Directory, language: str
) -> dict[str, Any] | None:
    data = one.data
    comment = data.comment_id
    if comment is not None and comment not in said:
        return None
    return {
        "update_id": comment or change_id(data.report_id, data.version),
        "service_request_id": data.report_id,
        "status": words.word_of(data.status, data.reason),
        "updated_datetime": second(one.at),
        "description": said[comment] if comment else _description(data, book, language),
        "media_url": None,
        "external_status_code": data.status,
    }


def _description(data: EventData, book: Directory, language: str) -> str:
    """What was said, else why it was done, else what it is now."""
    reason = book.reason_text(data.status, data.reason, language)
    return data.note or reason or texts.say(f"share.status.{data.status}", language)
