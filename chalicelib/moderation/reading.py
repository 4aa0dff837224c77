"""What moderators read: cases with their flags, and reports and comments with their past."""

from typing import Any

from msgspec import Struct

from chalicelib.clock import Time, id_time, text
from chalicelib.errors import CommentNotFound, ReportNotFound
from chalicelib.moderation.models import REPORT, Case, EarlierText, Flag
from chalicelib.reports.comments import find_comment
from chalicelib.reports.models import find


class FlagView(Struct, frozen=True):
    """What somebody said; never who."""

    at: Time
    reason: str
    text: str | None


class CaseView(Struct, frozen=True):
    """A report or comment (`comment_id`) that waits; `causes` counts why, `flags` is for one case.

    `text` is None when it has been erased meanwhile.
    """

    id: str
    opened_at: Time
    report_id: str
    comment_id: str | None
    flag_count: int
    causes: dict[str, int]
    text: str | None
    flags: list[FlagView] | None


class Earlier(Struct, frozen=True):
    """What it said until then, and which moderator changed that."""

    until: Time
    by: str
    text: str


class ReportFile(Struct, frozen=True):
    """A report with its past texts, the oldest first; `hidden` is why it is hidden."""

    id: str
    number: str
    description: str
    hidden: str | None
    private: bool
    version: int
    earlier: list[Earlier]


class CommentFile(Struct, frozen=True):
    """A comment with its past texts, the oldest first."""

    id: str
    report_id: str
    at: Time
    by: str
    text: str
    state: str
    earlier: list[Earlier]


def case_view(case: Case, with_flags: bool = False) -> CaseView:
    """The case with what it is about."""
    return CaseView(
        id=case.item,
        opened_at=text(id_time(case.item)),
        report_id=case.report_id,
        comment_id=None if case.about == REPORT else case.about,
        flag_count=int(case.flags),
        causes=case.causes,
        text=_said(case),
        flags=_flags(case) if with_flags else None,
    )


def report_file(report_id: str) -> ReportFile:
    """The report with its past; ReportNotFound when there is none."""
    report = find(report_id)
    past = EarlierText.query(report_id, EarlierText.item.startswith("earlier#"))
    return ReportFile(
        id=report.id,
        number=report.number,
        description=report.description,
        hidden=report.hidden,
        private=bool(report.private),
        version=int(report.version),
        earlier=[Earlier(one.at, one.by, one.text) for one in past],
    )


def comment_file(report_id: str, comment_id: str) -> CommentFile:
    """The comment with its past; CommentNotFound when there is none."""
    comment = find_comment(report_id, comment_id)
    past: list[dict[str, Any]] = comment.earlier or []
    return CommentFile(
        id=comment.comment_id,
        report_id=comment.id,
        at=comment.at,
        by=comment.by,
        text=comment.text,
        state=comment.state,
        earlier=[Earlier(one["at"], one["by"], one["text"]) for one in past],
    )


def _said(case: Case) -> str | None:
    try:
        if case.about == REPORT:
            return str(find(case.report_id).description)
        return str(find_comment(case.report_id, case.about).text)
    except (ReportNotFound, CommentNotFound):
        return None


def _flags(case: Case) -> list[FlagView]:
    beginning = Flag.item.startswith(f"flag#{case.about}#")
    return [FlagView(one.at, one.reason, one.text) for one in Flag.query(case.report_id, beginning)]
