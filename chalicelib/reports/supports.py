"""Supports: "me too", one a person, counted on the report in the same transaction as the row.

The row is `support#{sub}` in the report's collection and says when and who; merging may add to it.
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


class Support(Table):
    """One person's support of one report."""

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute()
    person = UnicodeAttribute(null=True)


class Supported(Struct, frozen=True):
    """Whether the caller supports the report now, and how many do."""

    supported: bool
    support_count: int


def support(report_id: str, caller: Caller, at: datetime) -> Supported:
    """Count the caller once, however often it is asked.

    Raises NotIdentified, ReportNotFound, TooManyRequests in a storm, and Unprocessable for a
    report of the caller's own (who sent it is counted as its reporter, and a support says that
    somebody else has seen it too), a withdrawn one, or a duplicate, whose people are elsewhere.
    """
    sub = known(caller)

    def step(report: Report) -> Sequence[Write]:
        if report.is_reporter(caller):
            raise Unprocessable(Fault("report_id", "fault.own_support"))
        if report.status in ("withdrawn", "duplicate"):
            raise Unprocessable(Fault("report_id", "fault.no_support"))
        row = Support(id=report.id, item=_item(sub), at=text(at), person=sub)
        if supports(report.id, sub):
            return []
        return [partial(Writes.save, model=row, condition=Support.id.does_not_exist())]

    return Supported(True, counted(report_id, caller, "support_count", 1, step))


def withdraw(report_id: str, caller: Caller) -> Supported:
    """No longer count the caller; nothing happens when there was no support.

    Raises NotIdentified, ReportNotFound, TooManyRequests in a storm, and Unprocessable for a
    duplicate, whose people are elsewhere.
    """
    sub = known(caller)

    def step(report: Report) -> Sequence[Write]:
        if report.status == "duplicate":
            raise Unprocessable(Fault("report_id", "fault.no_support"))
        if not supports(report.id, sub):
            return []
        row = Support(report.id, _item(sub))
        return [partial(Writes.delete, model=row, condition=Support.id.exists())]

    return Supported(False, counted(report_id, caller, "support_count", -1, step))


def supports(report_id: str, sub: str) -> bool:
    """Whether the person supports the report."""
    return Support.seek(report_id, _item(sub)) is not None


def _item(sub: str) -> str:
    return f"support#{sub}"
