"""The clocks of a report: when they run, what they tell, and who has kept the time."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.agencies import directory
from chalicelib.clock import moment, now, text
from chalicelib.reports import service_level, settling
from chalicelib.reports.models import Report, find
from chalicelib.reports.settling import Swept
from chalicelib.working_time import after
from tests.city import (
    ADMIN,
    CITIZEN,
    COORDINATOR,
    MODERATOR,
    NORTH,
    ROAD,
    ROADS,
    RUBBISH,
    WARD,
    City,
    officer,
    told,
)
from tests.reports.steps import confirm, fixed, moved
from tests.reports.storage import meanwhile, race, stored

HOUR, SOON = timedelta(hours=1), timedelta(milliseconds=1)
# A broken road is to be answered within 24 hours and mended within 72.
LADDER = [
    (19.2, "due_soon", "first_response"),
    (24.0, "overdue", "first_response"),
    (28.8, "escalated", "first_response"),
    (57.6, "due_soon", "resolve"),
    (72.0, "overdue", "resolve"),
    (86.4, "escalated", "resolve"),
]


def hours_after(report: Any, hours: float) -> datetime:
    return moment(report["created_at"]) + hours * HOUR


def rungs(report: Any) -> list[tuple[str, str]]:
    """What the clocks have told so far: the rung and the clock."""
    events = [event for event in told(report["id"]) if event["data"].get("clock")]
    return [(event["type"].removeprefix("report."), event["data"]["clock"]) for event in events]


def sent_ago(city: City, hours: float) -> Any:
    """A report as it would be, had it been sent so long ago."""
    report = city.report()
    row = find(report["id"])
    row.created_at = text(moment(row.created_at) - hours * HOUR)
    service_level.begin(row, directory.current().categories[ROAD], directory.calendar)
    row.place_in_due()
    row.save()
    return city.get(f"/v1/reports/{row.id}").json


def test_each_rung_is_told_once_and_not_before_its_time(city: City) -> None:
    report, seen = city.report(), []
    for hours, rung, clock in LADDER:
        assert settling.sweep(hours_after(report, hours)) == Swept()
        assert settling.sweep(hours_after(report, hours) + SOON) == Swept(**{rung: 1})
        seen.append((rung, clock))
        assert rungs(report) == seen
    assert find(report["id"]).due_at is None


def test_what_a_sweep_has_missed_is_told_in_order_and_a_second_sweep_tells_nothing(
    city: City,
) -> None:
    report, at = city.report(), now() + timedelta(days=30)
    assert settling.sweep(at) == Swept(due_soon=2, overdue=2, escalated=2)
    assert rungs(report) == [(rung, clock) for _, rung, clock in LADDER]
    before = stored()
    assert settling.sweep(at + timedelta(days=30)) == Swept()
    assert stored() == before


def test_two_sweeps_side_by_side_tell_each_rung_once(city: City) -> None:
    report, at = city.report(), now() + timedelta(days=30)
    swept = race(lambda: settling.sweep(at), lambda: settling.sweep(at))
    assert Counter(rungs(report)) == {(rung, clock): 1 for _, rung, clock in LADDER}
    assert sum(one.overdue for one in swept) == 2
    versions = [event["data"]["version"] for event in told(report["id"])]
    assert versions == list(range(1, 8))


def test_an_officer_who_comes_in_between_is_not_told_of_what_is_over(city: City) -> None:
    report = city.report()
    with meanwhile(lambda: moved(city, report, "acknowledged")):
        assert settling.sweep(hours_after(report, 20)) == Swept()
    assert rungs(report) == []
    settling.sweep(hours_after(report, 60))
    assert rungs(report) == [("due_soon", "resolve")]


def test_the_event_says_which_clock_and_the_timeline_that_nobody_did_it(city: City) -> None:
    report = city.report()
    settling.sweep(hours_after(report, 25))
    soon, over = told(report["id"])[1:]
    assert soon["data"]["due"] == over["data"]["due"] == report["due"]["first_response"]
    assert "previous_status" not in over["data"]
    entry = city.get(f"/v1/reports/{report['id']}/updates").json["items"][-1]
    assert (entry["kind"], entry["by"], entry["clock"]) == ("overdue", "nobody", "first_response")


def test_the_coordinator_may_act_on_what_was_escalated_and_hears_of_it(city: City) -> None:
    report = city.report(private=True)
    path, clerk = f"/v1/reports/{report['id']}", officer(COORDINATOR)
    settling.sweep(hours_after(report, 28))
    assert city.get(path, by=clerk).status == 404
    settling.sweep(hours_after(report, 29))
    row = find(report["id"])
    assert (row.agency, row.escalated_to) == (ROADS, COORDINATOR)
    assert told(report["id"])[-1]["data"]["escalated_to"] == COORDINATOR
    moved(city, report, "referred", clerk, refer_to=WARD)
    # The agency that was too late is told that it has lost the report; another still sees nothing.
    assert told(report["id"])[-1]["data"]["previous_agency_id"] == ROADS
    assert city.get(path, by=officer(ROADS)).status == 404


def test_a_city_without_a_coordinator_escalates_to_whoever_hears_all(city: City) -> None:
    body = {"name": "Balai Kota", "tier": "city", "coordinator": False}
    city.call("PUT", f"/v1/admin/agencies/{COORDINATOR}", body, by=ADMIN)
    report = city.report()
    settling.sweep(hours_after(report, 29))
    assert rungs(report)[-1] == ("escalated", "first_response")
    assert "escalated_to" not in told(report["id"])[-1]["data"]


def test_a_hand_over_neither_stops_nor_restarts_the_clock(city: City) -> None:
    report = sent_ago(city, 60)
    settling.sweep(now())
    later = moved(city, report, "referred", refer_to=WARD)
    assert later["due"] == report["due"]
    settling.sweep(hours_after(report, 73))
    last = told(report["id"])[-1]
    assert (last["type"], last["data"]["agency_id"]) == ("report.overdue", WARD)
    # What the first agency was told of is not told again.
    assert Counter(rungs(report))["due_soon", "resolve"] == 1


@pytest.mark.parametrize("status", ["resolved", "rejected"])
def test_a_closed_report_is_told_nothing_and_re_opened_it_has_what_was_left(
    city: City, status: str
) -> None:
    report = sent_ago(city, 62)
    settling.sweep(now())
    moved(city, report, status, reason="planned" if status == "resolved" else "spam")
    age(report, hours=100)
    assert settling.sweep(now()) == Swept()
    if status == "resolved":
        opened = confirm(city, report, False).json
    else:
        opened = moved(city, report, "reopened", MODERATOR)
    left = moment(opened["due"]["resolve"]) - now()
    assert abs(left - 10 * HOUR) < HOUR / 6
    assert settling.sweep(now() + 11 * HOUR) == Swept(overdue=1)
    assert rungs(report).count(("due_soon", "resolve")) == 1


def test_who_was_late_is_late_also_after_a_re_opening(city: City) -> None:
    report = sent_ago(city, 73)
    settling.sweep(now())
    moved(city, report, "resolved", reason="planned")
    assert confirm(city, report, False).json["due"]["resolve"] == report["due"]["resolve"]
    settling.sweep(now() + 100 * HOUR)
    assert Counter(rungs(report))["overdue", "resolve"] == 1


def test_a_clock_in_working_time_stands_for_working_time(city: City) -> None:
    category = {"name": {"id": "Sampah", "en": "Rubbish"}, "group": "kebersihan"}
    level = {"resolve_hours": 40, "working_time": True}
    city.call("PUT", f"/v1/admin/categories/{RUBBISH}", {**category, **level}, by=ADMIN)
    report = city.report(NORTH, category=RUBBISH)
    row, calendar = find(report["id"]), directory.calendar(True)
    created = moment(report["created_at"])
    stopped, again = (after(created, hours * HOUR, calendar) for hours in (10, 17))
    row.status = "resolved"
    service_level.follow(row, stopped, directory.calendar)
    row.status = "reopened"
    service_level.follow(row, again, directory.calendar)
    assert moment(row.resolve_due) == after(created, 47 * HOUR, calendar)
    assert moment(row.alarms["resolve.due_soon"]) == after(created, 39 * HOUR, calendar)


def test_a_correction_sets_the_clocks_of_the_new_category_and_tells_nothing_twice(
    city: City,
) -> None:
    report = sent_ago(city, 20)
    settling.sweep(now())
    body = {"category": RUBBISH, "answers": {"sejak": 1}}
    path = f"/v1/reports/{report['id']}"
    plain = city.call("PATCH", path, body, by=CITIZEN).json
    assert plain["due"] == {"first_response": None, "resolve": None}
    assert find(report["id"]).due_at is None
    assert city.call("PATCH", path, {"category": ROAD}, by=CITIZEN).json["due"] == report["due"]
    assert settling.sweep(now()) == Swept()
    assert settling.sweep(now() + 5 * HOUR) == Swept(overdue=1)


def test_whoever_closes_it_when_it_is_due_has_kept_the_time() -> None:
    kept, late = service_level.kept, service_level.late
    before, due, behind = (text(now() + by) for by in (-SOON, 0 * SOON, SOON))
    assert [kept(due, closed) for closed in (before, due, behind, None)] == [
        True,
        True,
        False,
        False,
    ]
    assert [late(due, at) for at in (before, due, behind)] == [False, False, True]
    # Without a promise none is kept, and none is broken.
    assert (kept(None, before), late(None, behind)) == (False, False)


def test_a_report_closed_while_it_is_due_is_never_called_overdue(city: City) -> None:
    report = sent_ago(city, 71.99)
    settling.sweep(now())
    fixed(city, report)
    settling.sweep(now() + HOUR)
    row = find(report["id"])
    assert ("overdue", "resolve") not in rungs(report)
    assert service_level.kept(row.resolve_due, row.resolved_at)
    assert "late" not in row.standing


def age(report: Any, hours: float) -> None:
    """Let the time pass that a report has been closed for."""
    row = find(report["id"])
    for name in ("created_at", "resolve_due", "stopped_at", "resolved_at", "updated_at"):
        if value := getattr(row, name):
            setattr(row, name, text(moment(value) - hours * HOUR))
    row.alarms = {
        name: at and text(moment(at) - hours * HOUR) for name, at in (row.alarms or {}).items()
    }
    row.place_in_due()
    Report.save(row)
