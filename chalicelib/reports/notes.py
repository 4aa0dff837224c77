"""The agency's own affair: on whose desk a report is, and what its people note about it.

Both are for who has the report now, and for moderators. They travel along when it is handed over,
are no part of the timeline, and no event tells of them.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.audit import recording
from chalicelib.clock import Time, new_id, text
from chalicelib.moderation.plain_text import plain
from chalicelib.people.identity import Caller
from chalicelib.reports.changing import Step, apply
from chalicelib.reports.models import Note, Report, find, notes_of
from chalicelib.reports.permission import actor_of

Words = Annotated[str, Meta(min_length=1, max_length=4000)]
Account = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^\S+\Z")]


class NewNote(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be noted."""

    text: Words


class Assignment(Struct, frozen=True, forbid_unknown_fields=True):
    """The account of who is to take care of it; null takes it off everybody's desk."""

    assignee: Account | None


class NoteView(Struct, frozen=True):
    """A note, or that the report came to somebody's desk (`assigned`); `by` is an account."""

    id: str
    at: Time
    kind: str
    by: str | None
    agency: str | None
    text: str | None
    assignee: str | None


def assign(
    report_id: str, body: Assignment, caller: Caller, at: datetime, only: int | None = None
) -> Report:
    """Put it on somebody's desk; nothing changes when it is there already.

    Raises what `changing.apply` raises, and NotAllowed.
    """

    def change(report: Report) -> Step | None:
        actor_of(report, caller)
        if report.assignee == body.assignee:
            return None
        report.assignee = body.assignee
        row = _row(report_id, "assigned", caller, at)
        row.assignee = body.assignee
        return Step(None, rows=(row,))

    return apply(report_id, change, at, only)


def add(report_id: str, body: NewNote, caller: Caller, at: datetime) -> NoteView:
    """Note something; ReportNotFound, NotAllowed, or Unprocessable for words that hide some."""
    actor_of(find(report_id), caller)
    row = _row(report_id, "note", caller, at)
    row.text = plain(body.text, "text")
    with recording.transaction(f"reports/{report_id}") as writes:
        writes.save(row)
    return _view(row)


def listed(report_id: str, caller: Caller) -> list[NoteView]:
    """All notes, the oldest first; ReportNotFound or NotAllowed."""
    actor_of(find(report_id), caller)
    return [_view(row) for row in notes_of(report_id)]


def _row(report_id: str, kind: str, caller: Caller, at: datetime) -> Note:
    return Note(
        id=report_id,
        item=f"note#{new_id(at)}",
        at=text(at),
        kind=kind,
        by=caller.sub,
        agency=caller.agency_id,
    )


def _view(row: Note) -> NoteView:
    id = row.item.partition("#")[2]
    return NoteView(id, row.at, row.kind, row.by, row.agency, row.text, row.assignee)
