"""Erasing a report as far as its person wants it: the link, its words and pictures too, or all.

What stays of a report that is wholly erased is a tombstone, which nobody can see: its id, its
number and its version, so that none is given anew and nobody who had read it can write it again,
and COUNTED.
The figures keep counting it: its event takes it off the map, and out of the work if it was open.
"""

from datetime import datetime
from typing import Any

from chalicelib import aws
from chalicelib.errors import ReportNotFound
from chalicelib.moderation.models import CASES, Case
from chalicelib.photos.models import photos_of
from chalicelib.privacy import event_texts, photo_erasing
from chalicelib.privacy.models import How
from chalicelib.reports import lifecycle, rows
from chalicelib.reports.changing import Step, apply
from chalicelib.reports.models import Report, Submission, Update, find, timeline
from chalicelib.settings import settings

DEGREES: tuple[How, ...] = ("keep_text", "unlink", "delete")
"""From the least to the most."""

LINKS = ("reporter", "contact", "tracking_hash", "submission")
WORDS = ("address", "answers", "observed_at", "accuracy_m", "thumb")
COUNTED = ("status", "category", "agency", "areas", "resolve_due", "standing", "created_at")
"""What the figures of a period count a report by (`Report.account`)."""
TOMBSTONE = ("id", "item", "number", "version", "erased", *COUNTED)


def erase(report_id: str, how: How, at: datetime, by: str = "reporter") -> int:
    """One pass; how much it found to erase. May run twice: the second finds nothing."""
    found = _submission(report_id) + _cut(report_id, how, at, by)
    if how == "keep_text":
        return found + photo_erasing.forget_sources(report_id)
    found += event_texts.redact(report_id, only_reporter=how == "unlink")
    photos = [one for one in photos_of(report_id) if how == "delete" or one.purpose == "evidence"]
    found += photo_erasing.erase(report_id, photos, _agencies(report_id))
    return found + (_bury(report_id) if how == "delete" else _notes(report_id))


def hide(report_id: str, at: datetime) -> None:
    """Take a report away from everybody's eyes at once; the worker erases the rest."""
    _cut(report_id, "delete", at, "reporter")


def _submission(report_id: str) -> int:
    """Forget which of the client's keys made the report, while the report still knows it."""
    try:
        report = find(report_id)
    except ReportNotFound:
        return 0
    if report.submission is None:
        return 0
    Submission(report.submission, "submission").delete()
    return 1


def _cut(report_id: str, how: How, at: datetime, by: str) -> int:
    """Change the report itself, with its event; 0 when it is so already."""
    cut: list[str] = []

    def change(report: Report) -> Step | None:
        if _as_wanted(report, how):
            return None
        before, was_withheld = report.status, report.withheld
        cut[:] = _strip(report, how)
        if how != "delete":
            facts: dict[str, Any] = {"actor": by, "changed": cut}
            return Step("report.edited", facts, {"kind": "erased", "by": by})
        facts = {"actor": by}
        if not was_withheld:
            # The counters of the map take it off.
            facts["previous_private"] = False
        if lifecycle.is_open(before):
            # Nobody can work on it any more.
            report.status = "withdrawn"
            facts["previous_status"] = before
        return Step("report.erased", facts, {"kind": "erased", "by": by})

    try:
        apply(report_id, change, at)
    except ReportNotFound:
        return 0
    return int(bool(cut))


def _as_wanted(report: Report, how: How) -> bool:
    # A picture that was on its way may have become the thumbnail since.
    enough = report.erased is not None and DEGREES.index(report.erased) >= DEGREES.index(how)
    return enough and (how == "keep_text" or report.thumb is None)


def _strip(report: Report, how: How) -> list[str]:
    """Take out what is to go; the names of what was there."""
    names = LINKS if how == "keep_text" else (*LINKS, *WORDS)
    gone = [name for name in (*names, "share_identity") if getattr(report, name)]
    for name in names:
        setattr(report, name, None)
    report.share_identity, report.erased = False, how
    if how != "keep_text":
        gone += [name for name in ("description",) if report.description]
        report.description = report.title = ""
    told = {"contact": "reporter", "tracking_hash": "reporter", "thumb": "photos"}
    return sorted({told.get(name, name) for name in gone} - {"submission"}) or ["reporter"]


def _agencies(report_id: str) -> set[str | None]:
    """All that ever had it, by its timeline: their proofs are filed under their names."""
    try:
        now = find(report_id).agency
    except ReportNotFound:
        now = None
    return {now, *(update.agency for update in timeline(report_id))}


def _notes(report_id: str) -> int:
    """Take out the reporter's own words: of the timeline, and before moderators edited them."""
    found = [one for one in timeline(report_id) if one.by == "reporter" and one.note]
    for update in found:
        update.update([Update.note.remove()])
    earlier = list(rows.read(report_id, "earlier#"))
    for row in earlier:
        _delete(row)
    return len(found) + len(earlier)


def _bury(report_id: str) -> int:
    """Delete everything of the report's collection, and leave the tombstone."""
    found = list(rows.read(report_id))
    gone = [row for row in found if row["item"]["S"] != "report"]
    for row in gone:
        if "case" in row:
            Case(CASES, row["case"]["S"]).delete()
        _delete(row)
    return len(gone) + sum(_shrink(row) for row in found if row["item"]["S"] == "report")


def _delete(row: rows.Row) -> None:
    key = {"id": row["id"], "item": row["item"]}
    aws.dynamodb().delete_item(TableName=settings.reports_table, Key=key)


def _shrink(row: rows.Row) -> int:
    """Leave nothing but the tombstone of the report's row."""
    more = [name for name in row if name not in TOMBSTONE]
    if more:
        names = {f"#{place}": name for place, name in enumerate(more)}
        aws.dynamodb().update_item(
            TableName=settings.reports_table,
            Key={"id": row["id"], "item": row["item"]},
            UpdateExpression=f"REMOVE {', '.join(names)}",
            ExpressionAttributeNames=names,
        )
    return int(bool(more))
