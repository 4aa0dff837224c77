"""Not ours: a report goes from agency to agency with all it has, and not for ever."""

from typing import Any

import pytest

from chalicelib.reports.models import find
from tests.city import ADMIN, CITIZEN, COORDINATOR, ROADS, WARD, City, officer, told
from tests.reports.steps import faults, move, moved


def hand_over(city: City, report: Any, *to: str) -> Any:
    """The report after each of its holders has named the next one."""
    for agency in to:
        holder = find(report["id"]).agency
        report = moved(city, report, "referred", officer(holder), refer_to=agency)
    return report


def test_two_hand_overs_go_to_the_agency_that_was_named(city: City) -> None:
    report = city.report()
    assert report["hand_over_count"] == 0
    report = hand_over(city, report, WARD, ROADS)
    assert (report["agency"]["id"], report["hand_over_count"]) == (ROADS, 2)
    assert [event["type"] for event in told(report["id"])[1:]] == ["report.routed"] * 2


@pytest.mark.parametrize("named", [WARD, COORDINATOR])
def test_the_third_goes_to_the_coordinator_whoever_was_named(city: City, named: str) -> None:
    report = hand_over(city, city.report(), WARD, ROADS, named)
    assert (report["agency"]["id"], report["status"]) == (COORDINATOR, "referred")
    assert report["hand_over_count"] == 3
    event = told(report["id"])[-1]
    assert event["type"] == "report.escalated"
    assert event["data"]["previous_agency_id"] == ROADS
    assert (event["data"]["agency_id"], event["data"]["named_agency_id"]) == (COORDINATOR, named)
    last = city.get(f"/v1/reports/{report['id']}/updates").json["items"][-1]
    assert (last["kind"], last["status"], last["agency"]["id"]) == ("escalated", "referred", ROADS)


def test_the_coordinator_decides_and_nobody_else_after_that(city: City) -> None:
    report = hand_over(city, city.report(), WARD, ROADS, WARD)
    report = hand_over(city, report, WARD)
    assert (report["agency"]["id"], report["hand_over_count"]) == (WARD, 4)
    assert told(report["id"])[-1]["type"] == "report.routed"
    report = hand_over(city, report, ROADS)
    assert (report["agency"]["id"], report["hand_over_count"]) == (COORDINATOR, 5)
    assert told(report["id"])[-1]["type"] == "report.escalated"


def test_a_wrong_third_hand_over_is_refused_like_any_other(city: City) -> None:
    report = hand_over(city, city.report(), WARD, ROADS)
    for to in (None, "tidak-ada", ROADS):
        assert faults(move(city, report, "referred", officer(ROADS), refer_to=to)) == {"refer_to"}
    assert find(report["id"]).hand_over_count == 2


def test_a_city_without_a_coordinator_cannot_escalate(city: City) -> None:
    body = {"name": "Balai Kota", "tier": "city", "coordinator": False}
    city.call("PUT", f"/v1/admin/agencies/{COORDINATOR}", body, by=ADMIN)
    report = hand_over(city, city.report(), WARD, ROADS, WARD)
    assert (report["agency"]["id"], told(report["id"])[-1]["type"]) == (WARD, "report.routed")


def test_clock_and_history_travel_along(city: City) -> None:
    report = city.report()
    later = hand_over(city, report, WARD, ROADS, WARD)
    assert (later["due"], later["created_at"]) == (report["due"], report["created_at"])
    statuses = [
        one["status"] for one in city.get(f"/v1/reports/{report['id']}/updates").json["items"]
    ]
    assert statuses == ["submitted", "referred", "referred", "referred"]
    first = later["first_response_at"]
    assert first is not None
    later = moved(city, later, "acknowledged", officer(COORDINATOR))
    assert later["first_response_at"] == first


def test_the_reporter_still_answers_after_an_escalation(city: City) -> None:
    report = hand_over(city, city.report(), WARD, ROADS, WARD)
    moved(city, report, "resolved", officer(COORDINATOR), reason="planned")
    path = f"/v1/reports/{report['id']}/confirmation"
    assert city.post(path, {"fixed": False}, by=CITIZEN).json["status"] == "reopened"
