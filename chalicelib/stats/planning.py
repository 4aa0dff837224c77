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
from chalicelib.stats.models import Digest, Run, find_run, new_run
from chalicelib.stats.periods import Kind


class Order(Struct, frozen=True, omit_defaults=True):
    """A queue message: which run to compute; without one it is the last period's."""

    digest_id: str
    run_id: str | None = None


def scheduled(digest: Digest, at: datetime) -> Run:
    """The run of the last period that has ended: one, however often its schedule tells of it."""
    period = periods.last_complete(cast(Kind, digest.period), at, ZoneInfo(digest.time_zone))
    run = new_run(digest, period.label, f"scheduled-{period.label}", at)
    return run if _stored(run) else find_run(digest.id, run.id)


def plan(digest: Digest, period: str, run_id: str, at: datetime) -> Run:
    """A run of any period, now; ValueError when the period is none."""
    periods.parse(period, ZoneInfo(digest.time_zone))
    run = new_run(digest, period, run_id, at)
    if _stored(run):
        _enqueue(run)
    return run


def _enqueue(run: Run) -> None:
    """Wake the worker for a run."""
    body = msgspec.json.encode(Order(run.digest_id, run.id)).decode()
    aws.sqs().send_message(QueueUrl=settings.digest_queue_url, MessageBody=body)


def _stored(run: Run) -> bool:
    try:
        run.save(condition=Run.owner.does_not_exist())
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True
