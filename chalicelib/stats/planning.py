"""Which scheduled reports are to be made: by the clock, or because somebody asked.

Apart from making them: the API plans too, and never draws a page.
"""

from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from pynamodb.exceptions import PutError

from chalicelib import aws
from chalicelib.settings import settings
from chalicelib.stats import periods
from chalicelib.stats.models import DEFINITIONS, Digest, Run, new_run
from chalicelib.stats.periods import Kind


class Order(Struct, frozen=True):
    """A queue message: which run to compute."""

    digest_id: str
    run_id: str


def plan_due(at: datetime) -> list[Run]:
    """A run for each digest whose last period has ended and has none yet. Runs twice harmlessly."""
    planned = []
    for digest in Digest.query(DEFINITIONS, consistent_read=True):
        period = periods.last_complete(cast(Kind, digest.period), at, ZoneInfo(digest.time_zone))
        run = new_run(digest, period.label, f"scheduled-{period.label}", at)
        if _created(run):
            planned.append(run)
    return planned


def plan(digest: Digest, period: str, run_id: str, at: datetime) -> Run:
    """A run of any period, now; ValueError when the period is none."""
    periods.parse(period, ZoneInfo(digest.time_zone))
    run = new_run(digest, period, run_id, at)
    _created(run)
    return run


def enqueue(run: Run) -> None:
    """Wake the worker for a run."""
    body = msgspec.json.encode(Order(run.digest_id, run.id)).decode()
    aws.sqs().send_message(QueueUrl=settings.digest_queue_url, MessageBody=body)


def _created(run: Run) -> bool:
    try:
        run.save(condition=Run.owner.does_not_exist())
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    enqueue(run)
    return True
