"""What time alone does to reports: a claim that nobody disputes is taken for the truth.

Read from the sparse index `due`, which has only the reports that something is due for.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from chalicelib import aws
from chalicelib.clock import text
from chalicelib.errors import ReportChanged, ReportNotFound
from chalicelib.observability import logger
from chalicelib.reports import moving
from chalicelib.reports.changing import Step, apply
from chalicelib.reports.models import DUE_SHARDS, Report, find
from chalicelib.settings import settings


class Swept(Struct, frozen=True):
    """How many reports were confirmed by nobody, and for how many a move was finished."""

    unanswered: int
    moved: int


def sweep(at: datetime) -> Swept:
    """Do what is due. Safe to run twice, and side by side: each change is guarded by version."""
    due = [id for shard in range(DUE_SHARDS) for id in _due(str(shard), text(at))]
    began = time.monotonic()
    # Each change has its own time: an event must not be in the log later than log.SETTLE_TIME.
    done = [_settle(id, at + timedelta(seconds=time.monotonic() - began)) for id in due]
    return Swept(done.count("unanswered"), done.count("moved"))


def _settle(report_id: str, at: datetime) -> str | None:
    """What was done, None when the report has changed since the index named it."""
    try:
        report = find(report_id)
        if report.moving is not None:
            moving.finish(report)
            return "moved"
        settled = apply(report_id, lambda report: _confirmed_by_nobody(report, at), at)
    except (ReportChanged, ReportNotFound):
        # Somebody came first, or it is gone; whatever is still due stays in the index.
        logger.info("report left as it is", report=report_id)
        return None
    return "unanswered" if settled.confirmed_by == "nobody" else None


def _confirmed_by_nobody(report: Report, at: datetime) -> Step | None:
    if report.status != "resolved" or report.due_at is None or report.due_at > text(at):
        return None
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
