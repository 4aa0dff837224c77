"""What time alone does to reports: warns, escalates, gives up waiting, takes claims for true.

Read from the sparse index `due`, which has only the reports that something is due for.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.clock import text
from chalicelib.errors import ReportChanged, ReportNotFound
from chalicelib.observability import logger
from chalicelib.reports import moving, questions, service_level
from chalicelib.reports.changing import Step, apply
from chalicelib.reports.models import DUE_SHARDS, Report, find
from chalicelib.settings import settings

Done = tuple[str, Step]


class Swept(Struct, frozen=True):
    """How often what was done: claims that nobody disputed, moves that were finished, questions
    that nobody answered, and what was told of clocks."""

    unanswered: int = 0
    moved: int = 0
    lapsed: int = 0
    due_soon: int = 0
    overdue: int = 0
    escalated: int = 0


def sweep(at: datetime, time_left: Callable[[], bool] = lambda: True) -> Swept:
    """Do what is due. Safe to run twice, and side by side: each change is guarded by version.

    What there is no time left for stays in the index.
    """
    due = [id for shard in range(DUE_SHARDS) for id in _due(str(shard), text(at))]
    began, done = time.monotonic(), Counter[str]()
    for id in due:
        if not time_left():
            logger.warning("due reports left for the next sweep", due=len(due), done=done.total())
            break
        # Each change has its own time: an event must not be in the log later than log.SETTLE_TIME.
        done.update(_settle(id, lambda: at + timedelta(seconds=time.monotonic() - began)))
    return Swept(**done)


def _settle(report_id: str, now: Callable[[], datetime]) -> Iterator[str]:
    """What was done, a word for each change; nothing when the report has changed meanwhile."""
    try:
        report = find(report_id)
        if report.moving is not None:
            moving.finish(report)
            yield "moved"
            return
        while _is_due(report, at := now()):
            done: list[Done | None] = []
            report = apply(report_id, partial(_next, at=at, done=done), at)
            if (last := done[-1]) is None:
                return
            yield last[0]
    except (ReportChanged, ReportNotFound):
        # Somebody came first, or it is gone; whatever is still due stays in the index.
        logger.info("report left as it is", report=report_id)


def _next(report: Report, at: datetime, done: list[Done | None]) -> Step | None:
    """The next thing that is due, noted in `done`: only the last note is what is stored."""
    done.append(_what_is_due(report, at) if _is_due(report, at) else None)
    return done[-1][1] if done[-1] else None


def _is_due(report: Report, at: datetime) -> bool:
    return report.due_at is not None and report.due_at <= text(at)


def _what_is_due(report: Report, at: datetime) -> Done | None:
    if report.status == "resolved":
        return "unanswered", _confirmed_by_nobody(report, at)
    if report.question is not None:
        return "lapsed", questions.lapse(report)
    alarm = service_level.ring(report, at)
    return (alarm[1], _told(report, *alarm)) if alarm else None


def _told(report: Report, clock: str, rung: str) -> Step:
    """The agency is warned, then told that it is late; at last the coordinator has to know."""
    if rung == "escalated":
        report.escalate(directory.current().coordinator, "overdue")
    facts = {"actor": "nobody", "clock": clock, "due": getattr(report, f"{clock}_due")}
    return Step(f"report.{rung}", facts, {"kind": rung, "by": "nobody", "clock": clock})


def _confirmed_by_nobody(report: Report, at: datetime) -> Step:
    report.status, report.confirmed_by, report.confirmed_at = "confirmed", "nobody", text(at)
    return Step(
        # Not `report.confirmed`, which is a person's word.
        "report.status_changed",
        {"previous_status": "resolved", "actor": "nobody", "reason": report.reason},
        {"kind": "status", "by": "nobody", "status": "confirmed", "reason": report.reason},
    )


def _due(shard: str, until: str) -> Iterator[str]:
    request = {
        "TableName": settings.reports_table,
        "IndexName": "due",
        "KeyConditionExpression": "due_shard = :shard AND due_at <= :until",
        "ExpressionAttributeValues": {":shard": {"S": shard}, ":until": {"S": until}},
    }
    for page in aws.dynamodb().get_paginator("query").paginate(**request):
        yield from (item["id"]["S"] for item in page["Items"])
