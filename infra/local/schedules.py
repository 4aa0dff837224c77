"""EventBridge Scheduler's crons by the clock of their own time zone, which MiniStack takes for UTC.

A schedule that fell due while the system was off fires once when it is on again.
"""

import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import eventbridge, scheduler


def fire_due() -> None:
    """Fire each schedule whose cron has come since it last fired, or was last changed."""
    now = time.time()
    for key, schedule in list(scheduler._schedules._data.items()):
        # In the schedule itself it is saved with it, and gone when that is changed.
        last = schedule.get("LastFired", schedule["LastModificationDate"])
        if schedule["State"] == "ENABLED" and is_due(schedule, last, now):
            schedule["LastFired"] = now
            _fire(key, schedule, now)


def is_due(schedule: dict[str, Any], last: float, now: float) -> bool:
    """Whether its cron has come after `last`, up to `now` (Unix seconds)."""
    zone = ZoneInfo(schedule["ScheduleExpressionTimezone"])
    fields = eventbridge._parse_cron_fields(schedule["ScheduleExpression"])
    following = eventbridge._cron_next_fire(fields, datetime.fromtimestamp(last, zone))
    # As moments: aware datetimes of one zone are compared by their clocks alone.
    return following is not None and following.timestamp() <= now


def _fire(key: tuple[str, str, str], schedule: dict[str, Any], now: float) -> None:
    account, region, _ = key
    set_request_account_id(account)
    set_request_region(region)
    event = {
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": now,
        "Resources": [schedule["Arn"]],
    }
    eventbridge._invoke_target(schedule["Target"], event, schedule)
