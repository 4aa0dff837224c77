"""What moderators do: hide and show reports and comments, and edit what they say.

Showing what is shown already says that nothing is wrong with it; both close the case. An edit
leaves it open, so that its moderator still decides.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from chalicelib.clock import text
from chalicelib.errors import Fault, Unprocessable
from chalicelib.moderation import cases
from chalicelib.moderation.models import REPORT, EarlierText, FlagReason
from chalicelib.moderation.plain_text import plain
from chalicelib.people.identity import Caller
from chalicelib.reports import comments
from chalicelib.reports.changing import Step, apply
from chalicelib.reports.comments import COMMENT_LENGTH, Comment, find_comment
from chalicelib.reports.models import Report
from chalicelib.reports.particulars import title_of
from chalicelib.reputation import points

Note = Annotated[str, Meta(min_length=1, max_length=2000)]


class ReportDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """`hide` with a reason, `show`, or `edit` with the new description; `note` is public."""

    action: Literal["hide", "show", "edit"]
    reason: FlagReason | None = None
    description: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None
    note: Note | None = None


class CommentDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """`hide`, `show`, or `edit` with the new text."""

    action: Literal["hide", "show", "edit"]
    text: Annotated[str, Meta(min_length=1, max_length=COMMENT_LENGTH)] | None = None


def decide_report(report_id: str, body: ReportDecision, caller: Caller, at: datetime) -> Report:
    """Do it, and return the report; Unprocessable when the action lacks or has too much.

    Points that waited for the decision are given, or gone.
    """
    _complete(body, {"reason": "hide", "description": "edit"})
    if body.action == "edit":
        return _edited(report_id, str(body.description), body.note, caller, at)
    report = _hidden(report_id, body.reason, body.note, at)
    cases.close(report_id, REPORT)
    points.decided(report_id, at)
    return report


def decide_comment(
    report_id: str, comment_id: str, body: CommentDecision, caller: Caller, at: datetime
) -> Comment:
    """Do it, and return the comment; Unprocessable when the action lacks or has too much."""
    _complete(body, {"text": "edit"})
    if body.action == "edit":
        comments.edit(report_id, comment_id, str(body.text), str(caller.sub), at)
    else:
        state: comments.State = "hidden" if body.action == "hide" else "visible"
        comments.set_state(report_id, comment_id, state, caller, at)
        cases.close(report_id, comment_id)
    return find_comment(report_id, comment_id)


def _complete(body: ReportDecision | CommentDecision, needed: dict[str, str]) -> None:
    """Unprocessable unless each of these fields is given with its action, and no other."""
    faults = []
    for field, action in needed.items():
        given = getattr(body, field) is not None
        if action == body.action and not given:
            faults.append(Fault(field, "fault.required"))
        if action != body.action and given:
            faults.append(Fault(field, "fault.only_with", {"action": action}))
    if faults:
        raise Unprocessable(*faults)


def _hidden(report_id: str, reason: str | None, note: str | None, at: datetime) -> Report:
    """Withhold the report for a reason, or with None no longer."""

    def change(report: Report) -> Step | None:
        if report.hidden == reason:
            return None
        before, report.hidden = report.withheld, reason
        facts: dict[str, Any] = {"actor": "moderator", "note": note}
        if report.withheld != before:
            facts["previous_private"] = before
        kind = "hidden" if reason else "shown"
        entry = {"kind": kind, "by": "moderator", "note": note}
        return Step("report.hidden" if reason else "report.shown", facts, entry)

    return apply(report_id, change, at)


def _edited(
    report_id: str, description: str, note: str | None, caller: Caller, at: datetime
) -> Report:
    new = plain(description, "description")

    def change(report: Report) -> Step | None:
        if report.description == new:
            return None
        earlier = EarlierText(
            id=report.id,
            item=f"earlier#{int(report.version):06d}",
            at=text(at),
            by=str(caller.sub),
            text=report.description,
        )
        report.description, report.title = new, title_of(new)
        facts = {"actor": "moderator", "changed": ["description"], "note": note}
        entry = {"kind": "edited", "by": "moderator", "changed": ["description"], "note": note}
        return Step("report.edited", facts, entry, rows=(earlier,))

    return apply(report_id, change, at)
