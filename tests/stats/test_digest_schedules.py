"""Each scheduled report has its own schedule, by the clock of its zone, for as long as it lives."""

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import pytest

from chalicelib.clock import now
from chalicelib.settings import settings
from chalicelib.stats import digests, periods
from chalicelib.stats.models import Run
from chalicelib.stats.schedules import CRONS
from infra.local.schedules import is_due
from tests.city import ADMIN, City
from tests.stats.test_digests import digest

BODY: dict[str, Any] = {"name": "Mingguan", "period": "week", "time_zone": "America/New_York"}


def schedules() -> dict[str, Any]:
    client = boto3.client("scheduler")
    listed = client.list_schedules(GroupName=settings.digest_schedules)["Schedules"]
    names = [one["Name"] for one in listed]
    group = settings.digest_schedules
    return {name: client.get_schedule(Name=name, GroupName=group) for name in names}


def test_a_schedule_comes_changes_and_goes_with_its_report(city: City) -> None:
    id = digest(city, period="month")
    made = schedules()[id]
    assert made["ScheduleExpression"] == "cron(10 5 1 * ? *)"
    assert made["ScheduleExpressionTimezone"] == settings.city_time_zone
    assert made["Target"]["Arn"] == settings.digest_queue_arn
    path = f"/v1/admin/digests/{id}"
    changed = city.call("PUT", path, BODY, by=ADMIN)
    assert (changed.status, changed.json["name"], changed.json["id"]) == (200, "Mingguan", id)
    again = schedules()[id]
    assert again["ScheduleExpression"] == "cron(10 5 ? * MON *)"
    assert again["ScheduleExpressionTimezone"] == "America/New_York"
    assert city.call("PUT", path, {**BODY, "time_zone": "Mars/Olympus"}, by=ADMIN).status == 422
    assert city.call("DELETE", path, by=ADMIN).status == 204
    assert id not in schedules()
    assert city.call("PUT", path, BODY, by=ADMIN).status == 404
    assert id not in schedules()


def test_what_a_schedule_orders_is_the_last_period_once(city: City) -> None:
    id = digest(city, period="month", formats=["json"])
    order = schedules()[id]["Target"]["Input"]
    assert json.loads(order) == {"digest_id": id}
    for _ in range(2):
        digests.compute(order, now())
    (run,) = Run.query(f"runs#{id}")
    assert (run.state, int(run.revision)) == ("done", 1)
    assert run.period == periods.last_complete("month", now(), settings.time_zone).label
    city.call("DELETE", f"/v1/admin/digests/{id}", by=ADMIN)
    digests.compute(order, now())
    digests.give_up(order, now())


@pytest.mark.parametrize(
    ("kind", "zone", "times"),
    [
        ("day", "America/New_York", 366),
        ("day", "Africa/Cairo", 366),
        ("week", "America/New_York", 52),
        ("month", "Asia/Jakarta", 12),
    ],
)
def test_it_fires_once_a_period_whatever_the_clocks_do(
    kind: periods.Kind, zone: str, times: int
) -> None:
    schedule = {"ScheduleExpression": CRONS[kind], "ScheduleExpressionTimezone": zone}
    begin, end = (datetime(year, 1, 1, tzinfo=ZoneInfo(zone)) for year in (2028, 2029))
    at = last = begin.timestamp()
    labels = []
    while (at := at + 3600) <= end.timestamp():
        if is_due(schedule, last, at):
            last, here = at, datetime.fromtimestamp(at, ZoneInfo(zone))
            assert here.hour == 6
            labels.append(periods.last_complete(kind, here, ZoneInfo(zone)).label)
    assert len(labels) == len(set(labels)) == times


def test_the_hour_is_one_that_no_zone_leaves_out() -> None:
    days = [datetime(2028, 1, 1, 5, 10) + timedelta(days=day) for day in range(366)]
    for name in ("Europe/Athens", "America/New_York", "Asia/Beirut", "America/Nuuk"):
        zone = ZoneInfo(name)
        for day in days:
            at = day.replace(tzinfo=zone)
            assert at.astimezone(ZoneInfo("UTC")).astimezone(zone).hour == 5
            assert at.utcoffset() == at.replace(fold=1).utcoffset()
