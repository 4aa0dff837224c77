"""One schedule of EventBridge for each scheduled report, by the clock of its own time zone."""

from typing import Any

import msgspec

from chalicelib import aws
from chalicelib.errors import Fault, Unprocessable
from chalicelib.settings import settings
from chalicelib.stats.models import Digest
from chalicelib.stats.planning import Order

# Ten past five in the morning: no zone puts its clocks forward or back at that hour, so that none
# of these is ever left out or comes twice; and whatever was done before midnight is counted.
CRONS = {
    "day": "cron(10 5 * * ? *)",
    "week": "cron(10 5 ? * MON *)",
    "month": "cron(10 5 1 * ? *)",
    "year": "cron(10 5 1 1 ? *)",
}


def put(digest: Digest) -> None:
    """Create the schedule of a report, or make it what the report says now.

    It puts an order into the digests' queue. Unprocessable for a time zone that EventBridge does
    not know.
    """
    client, asked = aws.scheduler(), _schedule(digest)
    try:
        try:
            client.update_schedule(**asked)
        except client.exceptions.ResourceNotFoundException:
            client.create_schedule(**asked)
    except client.exceptions.ValidationException:
        raise Unprocessable(Fault("time_zone", "fault.time_zone")) from None


def remove(digest_id: str) -> None:
    """Delete the schedule of a report, if there is one."""
    client = aws.scheduler()
    try:
        client.delete_schedule(Name=digest_id, GroupName=settings.digest_schedules)
    except client.exceptions.ResourceNotFoundException:
        return


def _schedule(digest: Digest) -> dict[str, Any]:
    return {
        "Name": digest.id,
        "GroupName": settings.digest_schedules,
        "ScheduleExpression": CRONS[digest.period],
        "ScheduleExpressionTimezone": digest.time_zone,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": settings.digest_queue_arn,
            "RoleArn": settings.digest_scheduler_arn,
            "Input": msgspec.json.encode(Order(digest.id)).decode(),
            "DeadLetterConfig": {"Arn": settings.digest_dead_letters_arn},
        },
    }
