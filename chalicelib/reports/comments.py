"""Comments: what people and agencies say about a report, under its moderation.

A comment is `comment#{ULID}` in the report's collection. Only visible ones are counted, warm the
report and are told by an event, which says that there is one and neither whose nor what.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from pynamodb.attributes import BooleanAttribute, JSONAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.agencies import directory
from chalicelib.audit.recording import Writes
from chalicelib.aws import Table
from chalicelib.clock import id_time, new_id, text
from chalicelib.errors import (
    CommentNotFound,
    Fault,
    NotAllowed,
    NotIdentified,
    ReportChanged,
    ReportNotFound,
    Unprocessable,
)
from chalicelib.moderation import cases, word_lists
from chalicelib.moderation.plain_text import plain
from chalicelib.people.identity import Caller
from chalicelib.reports.counted import Write, counted
from chalicelib.reports.models import Report, find
from chalicelib.settings import settings

COMMENT_LENGTH = 2000
State = Literal["visible", "held", "hidden"]


class NewComment(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be said, as plain text."""

    text: Annotated[str, Meta(min_length=1, max_length=COMMENT_LENGTH)]


class Comment(Table):
    """One comment. `person` is None for the holder of a tracking code; `earlier` are the texts
    before a moderator edited it, each with when that was and by whom."""

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute()
    by = UnicodeAttribute()
    agency = UnicodeAttribute(null=True)
    person = UnicodeAttribute(null=True)
    text = UnicodeAttribute()
    state = UnicodeAttribute(default="visible")
    told = BooleanAttribute(default=False)
    earlier = JSONAttribute(null=True)

    @property
    def comment_id(self) -> str:
        """Its ULID, by which calls name it."""
        return str(self.item).partition("#")[2]

    def is_by(self, caller: Caller, report: Report) -> bool:
        """Whether the caller wrote it."""
        if self.person is not None:
            return bool(self.person == caller.account)
        return self.by == "reporter" and report.is_reporter(caller)

    def visible_to(self, caller: Caller, report: Report) -> bool:
        """Whether the caller may read it: unless it is visible, only its author and moderators."""
        moderates = caller.role in ("moderator", "admin")
        return self.state == "visible" or moderates or self.is_by(caller, report)


def add(report_id: str, body: NewComment, caller: Caller, at: datetime) -> Comment:
    """Store a comment; one with a listed word waits for a moderator.

    Raises NotIdentified, ReportNotFound, TooManyRequests in a storm, and Unprocessable for a
    withdrawn report, a duplicate, which is talked about elsewhere, or a text that is none.
    """
    said = plain(body.text, "text")
    held = bool(word_lists.found(said, directory.current()))
    id = new_id(at)

    def step(report: Report) -> Sequence[Write]:
        comment = _comment(report, id, said, caller, at, held)
        if held:
            opening = cases.open_for(report.id, comment.comment_id, "words", at)
            return [_saved(comment), *opening]
        return [_saved(comment), _event(report, comment, at)]

    counted(report_id, caller, "comment_count", 0 if held else 1, step)
    return find_comment(report_id, id)


def set_state(report_id: str, comment_id: str, state: State, caller: Caller, at: datetime) -> None:
    """Hide a comment, or show it; when it becomes visible for the first time it is told.

    Raises CommentNotFound, and ReportChanged when another moderator did something else meanwhile.
    """
    seen = find_comment(report_id, comment_id).state

    def step(report: Report) -> Sequence[Write]:
        comment = find_comment(report_id, comment_id)
        if comment.state == state:
            return []
        if comment.state != seen:
            raise ReportChanged(version=int(report.version), current=report.status)
        first = state == "visible" and not comment.told
        actions: list[Action] = [Comment.state.set(state), Comment.told.set(comment.told or first)]
        same = Comment.state == seen
        writes = [partial(Writes.update, model=comment, actions=actions, condition=same)]
        return [*writes, _event(report, comment, at)] if first else writes

    more = int(state == "visible") - int(seen == "visible")
    counted(report_id, caller, "comment_count", more, step)


def remove(report_id: str, comment_id: str, caller: Caller) -> None:
    """Delete the caller's own comment, with its case, its earlier texts and the flags on it.

    Raises ReportNotFound, CommentNotFound when the caller may not read it, NotIdentified or
    NotAllowed when it is another's, and ReportChanged when a moderator was quicker.
    """
    seen = readable(report_id, comment_id, caller)

    def step(report: Report) -> Sequence[Write]:
        comment = find_comment(report_id, comment_id)
        if not comment.is_by(caller, report):
            raise NotIdentified if caller.sub is None else NotAllowed
        if comment.state != seen.state:
            raise ReportChanged(version=int(report.version), current=report.status)
        return [partial(Writes.delete, model=comment, condition=Comment.state == seen.state)]

    counted(report_id, caller, "comment_count", -int(seen.state == "visible"), step)
    cases.forget(report_id, comment_id)


def edit(report_id: str, comment_id: str, said: str, by: str, at: datetime) -> None:
    """Put another text in place of what was said, which moderators can still read.

    Raises CommentNotFound, Unprocessable, and ReportChanged when somebody was quicker.
    """
    comment, kept = find_comment(report_id, comment_id), plain(said, "text")
    earlier = [*(comment.earlier or []), {"text": comment.text, "at": text(at), "by": by}]
    condition = Comment.text == comment.text
    try:
        comment.update([Comment.text.set(kept), Comment.earlier.set(earlier)], condition=condition)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise ReportChanged from None


def find_comment(report_id: str, comment_id: str) -> Comment:
    """The comment; CommentNotFound when the report has no such one."""
    try:
        id_time(comment_id)
        return Comment.get(report_id, f"comment#{comment_id}", consistent_read=True)
    except (ValueError, Comment.DoesNotExist):
        raise CommentNotFound from None


def readable(report_id: str, comment_id: str, caller: Caller) -> Comment:
    """The comment if the caller may read it; else what is said of one that there is not."""
    report = find(report_id)
    if not report.visible_to(caller):
        raise ReportNotFound
    comment = find_comment(report_id, comment_id)
    if not comment.visible_to(caller, report):
        raise CommentNotFound
    return comment


def _comment(
    report: Report, id: str, said: str, caller: Caller, at: datetime, held: bool
) -> Comment:
    if report.status in ("withdrawn", "duplicate"):
        raise Unprocessable(Fault("report_id", "fault.no_comment"))
    by = _role(report, caller)
    # Who holds a tracking code may be signed in: an anonymous report stays anonymous.
    person = caller.account if by != "reporter" else report.reporter
    return Comment(
        id=report.id,
        item=f"comment#{id}",
        at=text(at),
        by=by,
        agency=caller.agency_id if by == "agency" else None,
        person=person,
        text=said,
        state="held" if held else "visible",
        told=not held,
    )


def _role(report: Report, caller: Caller) -> str:
    if report.is_reporter(caller):
        return "reporter"
    if caller.sub is None:
        raise NotIdentified
    if caller.role == "officer":
        return "agency"
    return "moderator" if caller.role in ("moderator", "admin") else "citizen"


def _saved(comment: Comment) -> Write:
    return partial(Writes.save, model=comment, condition=Comment.id.does_not_exist())


def _event(report: Report, comment: Comment, at: datetime) -> Write:
    facts: dict[str, Any] = {"actor": comment.by, "comment_id": comment.comment_id}
    event = report.event("report.comment_added", at, **facts)
    condition = type(event).hour.does_not_exist()
    return partial(Writes.save, model=event, condition=condition)
