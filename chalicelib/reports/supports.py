"""Supports: "me too", one a person, counted on the report in the same transaction as the row.

The row is `support#{sub}` in the report's collection and says when; nothing else has to be in it,
and merging may add to it. The report has `support_count` and its heat, which follows the count:
both are written under the condition that the count is still the one that was read, so that racing
writers leave the number of the rows and the heat of that number.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from msgspec import Struct
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.aws import Table
from chalicelib.clock import text
from chalicelib.errors import (
    Fault,
    NotIdentified,
    ReportNotFound,
    TooManyRequests,
    Unprocessable,
)
from chalicelib.people.identity import Caller
from chalicelib.reports import heat
from chalicelib.reports.models import Report, find
from chalicelib.settings import settings

ATTEMPTS = 14
# Seconds: of two that collide, one tries again at once and the other a little later.
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.25

Step = Callable[[TransactWrite], None]


class Support(Table):
    """One person's support of one report."""

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute()


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
    sub = _known(caller)

    def step(report: Report) -> Step | None:
        if report.is_reporter(caller):
            raise Unprocessable(Fault("report_id", "fault.own_support"))
        if report.status in ("withdrawn", "duplicate"):
            raise Unprocessable(Fault("report_id", "fault.no_support"))
        row = Support(id=report.id, item=_item(sub), at=text(at))
        if supports(report.id, sub):
            return None
        return partial(TransactWrite.save, model=row, condition=Support.id.does_not_exist())

    return _counted(report_id, caller, step, 1)


def withdraw(report_id: str, caller: Caller) -> Supported:
    """No longer count the caller; nothing happens when there was no support.

    Raises NotIdentified, ReportNotFound, TooManyRequests in a storm, and Unprocessable for a
    duplicate, whose people are elsewhere.
    """
    sub = _known(caller)

    def step(report: Report) -> Step | None:
        if report.status == "duplicate":
            raise Unprocessable(Fault("report_id", "fault.no_support"))
        if not supports(report.id, sub):
            return None
        row = Support(report.id, _item(sub))
        return partial(TransactWrite.delete, model=row, condition=Support.id.exists())

    return _counted(report_id, caller, step, -1)


def supports(report_id: str, sub: str) -> bool:
    """Whether the person supports the report."""
    try:
        Support.get(report_id, _item(sub), consistent_read=True)
    except Support.DoesNotExist:
        return False
    return True


def _known(caller: Caller) -> str:
    if caller.sub is None:
        raise NotIdentified
    return caller.sub


def _item(sub: str) -> str:
    return f"support#{sub}"


def _counted(
    report_id: str, caller: Caller, step: Callable[[Report], Step | None], more: int
) -> Supported:
    """Take the step together with the count; again when somebody else was quicker."""
    for attempt in range(ATTEMPTS):
        report = find(report_id)
        if not report.visible_to(caller):
            raise ReportNotFound
        write = step(report)
        count = int(report.support_count or 0)
        if write is None:
            return Supported(more > 0, count)
        if _stored(write, report, count, count + more):
            return Supported(more > 0, count + more)
        time.sleep(random.random() * min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))
    raise TooManyRequests(retry_after=1)


def _stored(write: Step, report: Report, before: int, after: int) -> bool:
    # Below 0 only when the row came after the count was read: then all of this is refused.
    actions: list[Action] = [
        Report.support_count.set(after),
        Report.heat.set(heat.key(report.id, max(0, after))),
    ]
    try:
        with TransactWrite(connection=aws.connection()) as transaction:
            write(transaction)
            transaction.update(report, actions, condition=_unchanged(report, before))
    except TransactWriteError as error:
        codes = {reason.code for reason in error.cancellation_reasons if reason}
        if codes & {"ConditionalCheckFailed", "TransactionConflict"}:
            return False
        raise
    return True


def _unchanged(report: Report, count: int) -> Condition:
    """Neither the count nor what decides whether the report takes supports."""
    counted: Condition = Report.support_count == count
    if report.support_count is None:
        counted = Report.support_count.does_not_exist()
    both: Condition = counted & (Report.version == int(report.version))
    return both
