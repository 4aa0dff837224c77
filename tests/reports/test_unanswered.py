"""A claim that nobody disputes for seven days is taken for the truth, and counted apart."""

from datetime import timedelta

import pytest

from chalicelib.clock import now
from chalicelib.reports import settling
from chalicelib.reports.models import find
from tests.city import COORDINATOR, NORTH, ROADS, RUBBISH, City, officer, told
from tests.reports.steps import confirm, fixed, moved
from tests.reports.storage import ids_asked_for, meanwhile, race, stored

WEEK = timedelta(days=7)
HOUR, SHORT = timedelta(hours=1), timedelta(minutes=1)


def test_after_seven_days_nobody_has_confirmed_it(city: City) -> None:
    report = fixed(city, city.report())
    assert settling.sweep(now() + WEEK - SHORT).unanswered == 0
    assert find(report["id"]).status == "resolved"
    assert settling.sweep(now() + WEEK).unanswered == 1
    shown = city.get(f"/v1/reports/{report['id']}").json
    assert (shown["status"], shown["confirmed_by"], shown["version"]) == ("confirmed", "nobody", 3)
    assert (shown["colour"], shown["reason"]) == ("green", "fixed")


def test_its_event_and_its_entry_say_that_it_was_nobody(city: City) -> None:
    report = fixed(city, city.report())
    settling.sweep(now() + WEEK)
    event = told(report["id"])[-1]
    # `report.confirmed` is a person's word.
    assert event["type"] == "report.status_changed"
    assert (event["data"]["actor"], event["data"]["status"]) == ("nobody", "confirmed")
    assert event["data"]["previous_status"] == "resolved"
    last = city.get(f"/v1/reports/{report['id']}/updates").json["items"][-1]
    assert (last["by"], last["status"], last["agency"]) == ("nobody", "confirmed", None)


def test_a_second_sweep_finds_nothing_left(city: City) -> None:
    report = fixed(city, city.report())
    settling.sweep(now() + WEEK)
    before = stored()
    assert settling.sweep(now() + WEEK * 2).unanswered == 0
    assert stored() == before
    assert find(report["id"]).due_at is None


def test_two_sweeps_side_by_side_settle_it_once(city: City) -> None:
    report = fixed(city, city.report())
    at = now() + WEEK
    swept = race(lambda: settling.sweep(at), lambda: settling.sweep(at))
    assert sorted(one.unanswered for one in swept) == [0, 1]
    assert [event["data"]["version"] for event in told(report["id"])] == [1, 2, 3]


@pytest.mark.parametrize("is_fixed", [True, False])
def test_what_the_reporter_answered_is_left_alone(city: City, is_fixed: bool) -> None:
    report = confirm(city, fixed(city, city.report()), is_fixed).json
    assert settling.sweep(now() + HOUR).unanswered == 0
    row = find(report["id"])
    assert row.version == 3
    assert row.confirmed_by == ("reporter" if is_fixed else None)


def test_a_dispute_in_the_last_moment_wins(city: City) -> None:
    report = fixed(city, city.report())
    with meanwhile(lambda: confirm(city, report, False)):
        assert settling.sweep(now() + WEEK).unanswered == 0
    assert find(report["id"]).status == "reopened"


def test_the_days_begin_anew_with_a_new_claim(city: City) -> None:
    report = fixed(city, city.report())
    confirm(city, report, False)
    moved(city, report, "resolved", by=officer(ROADS, "petugas-lain"), reason="planned")
    row = find(report["id"])
    assert row.due_at is not None
    assert row.due_at > row.resolved_at


def test_what_time_does_nothing_to_is_never_looked_at(city: City) -> None:
    for status in ("acknowledged", "referred", "rejected"):
        without_a_clock = city.report(NORTH, category=RUBBISH, answers={"sejak": 1})
        moved(city, without_a_clock, status, officer(COORDINATOR))
    due = fixed(city, city.report())
    with ids_asked_for() as ids:
        assert settling.sweep(now() + WEEK).unanswered == 1
    assert set(ids) == {due["id"]}
