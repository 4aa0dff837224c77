"""Follows: who wants to be told of a report; one a person, counted as supports are.

The reporter is told without following: there is no row, and the count is of others.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from msgspec import Struct
from pynamodb.attributes import UnicodeAttribute

from chalicelib.audit.recording import Writes
from chalicelib.aws import Table
from chalicelib.clock import text
from chalicelib.errors import Fault, Unprocessable
from chalicelib.people.identity import Caller
from chalicelib.reports.counted import Write, counted, known
from chalicelib.reports.models import Report
from chalicelib.settings import settings


class Follow(Table):
    """One person's wish to be told of one report."""

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute()
    person = UnicodeAttribute(null=True)


class Following(Struct, frozen=True):
    """Whether the caller is told of the report now, and how many others than its reporter are."""

    following: bool
    follower_count: int


def follow(report_id: str, caller: Caller, at: datetime) -> Following:
    """Tell the caller of the report from now on; asked again, or by its reporter, it is so already.

    Raises NotIdentified, ReportNotFound, TooManyRequests in a storm, and Unprocessable for a
    withdrawn report, of which nothing will be told, or a duplicate, whose people are elsewhere.
    """
    sub = known(caller)

    def step(report: Report) -> Sequence[Write]:
        if report.status in ("withdrawn", "duplicate"):
            raise Unprocessable(Fault("report_id", "fault.no_follow"))
        if report.is_reporter(caller) or follows(report.id, sub):
            return []
        row = Follow(id=report.id, item=_item(sub), at=text(at), person=sub)
        return [partial(Writes.save, model=row, condition=Follow.id.does_not_exist())]

    return Following(True, counted(report_id, caller, "follower_count", 1, step))


def unfollow(report_id: str, caller: Caller) -> Following:
    """Tell the caller no more; nothing happens when there was no follow.

    Raises NotIdentified, ReportNotFound, TooManyRequests in a storm, and Unprocessable for a
    duplicate, whose people are elsewhere, or a report of the caller's own.
    """
    sub = known(caller)

    def step(report: Report) -> Sequence[Write]:
        if report.is_reporter(caller):
            raise Unprocessable(Fault("report_id", "fault.own_follow"))
        if report.status == "duplicate":
            raise Unprocessable(Fault("report_id", "fault.no_follow"))
        if not follows(report.id, sub):
            return []
        row = Follow(report.id, _item(sub))
        return [partial(Writes.delete, model=row, condition=Follow.id.exists())]

    return Following(False, counted(report_id, caller, "follower_count", -1, step))


def follows(report_id: str, sub: str) -> bool:
    """Whether the person follows the report."""
    return Follow.seek(report_id, _item(sub)) is not None


def _item(sub: str) -> str:
    return f"follow#{sub}"
