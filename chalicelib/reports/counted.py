"""Rows that a report counts: written in the transaction of the count, exact whatever races.

The row must be new, or gone, in the same transaction, so that a counter is the number of the rows.
The heat follows supports and comments: these two are written under the condition that both are
still what was read, so that racing writers leave the heat of their numbers. Followers warm nothing:
they are added up without such a guard.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Literal

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import aws
from chalicelib.audit import recording
from chalicelib.audit.recording import Writes
from chalicelib.errors import NotIdentified, ReportNotFound, TooManyRequests
from chalicelib.people.identity import Caller
from chalicelib.reports import heat
from chalicelib.reports.models import Report, find

ATTEMPTS = 14
# Seconds: of two that collide, one tries again at once and the other a little later.
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.25

Counter = Literal["support_count", "follower_count", "comment_count"]
# Those that warm a report: each is guarded when the other is written, for the heat has both.
_WARMING: tuple[Counter, ...] = ("support_count", "comment_count")

Write = Callable[[Writes], None]
Step = Callable[[Report], Sequence[Write]]


def counted(report_id: str, caller: Caller, counter: Counter, more: int, step: Step) -> int:
    """Take the step together with the count, again when somebody else was quicker.

    Gives the count as the caller is to see it: with the own step, and all that were there before.

    A step without writes changes nothing. Raises what the step raises, ReportNotFound when the
    caller may not see the report, and TooManyRequests in a storm.
    """
    for attempt in range(ATTEMPTS):
        report = find(report_id)
        if not report.visible_to(caller):
            raise ReportNotFound
        writes = step(report)
        count = _count(report, counter)
        if not writes:
            return count
        if _stored(writes, report, counter, count + more):
            return count + more
        time.sleep(random.random() * min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))
    raise TooManyRequests(retry_after=1)


def known(caller: Caller) -> str:
    """The caller's account; NotIdentified for everybody without one."""
    if caller.sub is None:
        raise NotIdentified
    return caller.sub


def _stored(writes: Sequence[Write], report: Report, counter: Counter, after: int) -> bool:
    # What decides whether the report takes the row must not have changed either.
    condition: Condition = Report.version == int(report.version)
    actions: list[Action] = [getattr(Report, counter).add(after - _count(report, counter))]
    if counter in _WARMING:
        for one in _WARMING:
            condition &= _unchanged(report, one)
        # Below 0 only when a row came after the count was read: then all of this is refused.
        warm = report.warmth + after - _count(report, counter)
        actions.append(Report.heat.set(heat.key(report.id, max(0, warm))))
    try:
        with recording.transaction() as transaction:
            for write in writes:
                write(transaction)
            transaction.update(report, actions, condition=condition)
    except TransactWriteError as error:
        if aws.outrun(error):
            return False
        raise
    return True


def _count(report: Report, counter: Counter) -> int:
    return int(getattr(report, counter) or 0)


def _unchanged(report: Report, counter: Counter) -> Condition:
    attribute, count = getattr(Report, counter), getattr(report, counter)
    condition: Condition = attribute.does_not_exist() if count is None else attribute == count
    return condition
