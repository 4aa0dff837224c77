"""Flags: a person's word that a report or comment should not be there; once a person and object."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.clock import Time, text
from chalicelib.errors import NotIdentified, ReportNotFound
from chalicelib.moderation import cases
from chalicelib.moderation.models import REPORT, Flag, FlagReason
from chalicelib.moderation.plain_text import plain
from chalicelib.people.identity import Caller
from chalicelib.reports.comments import readable
from chalicelib.reports.models import Report, find


class NewFlag(Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong with it."""

    reason: FlagReason
    text: Annotated[str, Meta(min_length=1, max_length=500)] | None = None


class Flagged(Struct, frozen=True):
    """That the caller's flag is there, and when it was sent."""

    at: Time
    flagged: bool = True


def flag_report(report_id: str, body: NewFlag, caller: Caller, at: datetime) -> Flagged:
    """Flag a report, once however often it is sent.

    Raises ReportNotFound, NotIdentified, Unprocessable, TooManyRequests in a storm.
    """
    report = find(report_id)
    if not report.visible_to(caller):
        raise ReportNotFound
    return _flag(report, REPORT, body, caller, at)


def flag_comment(
    report_id: str, comment_id: str, body: NewFlag, caller: Caller, at: datetime
) -> Flagged:
    """Flag a comment, once however often it is sent; raises CommentNotFound too."""
    comment = readable(report_id, comment_id, caller)
    return _flag(find(report_id), comment.comment_id, body, caller, at)


def _flag(report: Report, about: str, body: NewFlag, caller: Caller, at: datetime) -> Flagged:
    said = plain(body.text, "text") if body.text is not None else None
    flag = Flag(
        id=report.id,
        item=f"flag#{about}#{_who(report, caller)}",
        at=text(at),
        person=caller.account,
        reason=body.reason,
        text=said,
    )
    cases.report(report.id, about, body.reason, at, flag)
    return Flagged(text(at))


def _who(report: Report, caller: Caller) -> str:
    if caller.sub is not None:
        return caller.sub
    if not report.is_reporter(caller):
        raise NotIdentified
    return "reporter"
