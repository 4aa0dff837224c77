"""A reporter corrects a report while nobody has acted, and all that follows from it follows."""

from typing import Any

import pytest

from chalicelib.clock import moment
from chalicelib.reports.models import find
from tests.city import (
    CITIZEN,
    COORDINATOR,
    FIRE,
    KENANGA,
    MELATI,
    MODERATOR,
    NORTH,
    OUTSIDE,
    ROADS,
    RUBBISH,
    WARD,
    Answer,
    City,
    Person,
    officer,
    told,
)
from tests.reports.steps import ROADMAN, fixed, moved
from tests.reports.storage import meanwhile, race, stored


def correct(
    city: City, report: Any, by: Person | None = CITIZEN, headers: Any = None, **facts: Any
) -> Answer:
    return city.call("PATCH", f"/v1/reports/{report['id']}", facts, by=by, headers=headers)


def corrected(city: City, report: Any, **facts: Any) -> Any:
    answer = correct(city, report, **facts)
    assert answer.status == 200, answer.body
    return answer.json


def at(point: Any) -> dict[str, float]:
    return {"lat": point.lat, "lon": point.lon}


def test_another_description_gives_another_title(city: City) -> None:
    report = corrected(city, city.report(), description="Lampu mati.\nSudah seminggu.")
    assert report["description"] == "Lampu mati.\nSudah seminggu."
    assert (report["title"], report["version"]) == ("Lampu mati. Sudah seminggu.", 2)
    assert city.get(f"/v1/reports/{report['id']}").json["title"] == report["title"]


def test_what_is_not_sent_stays_and_null_takes_away(city: City) -> None:
    report = city.report(address="Jalan Melur 3", observed_at="2026-01-02T03:04:05Z")
    report = corrected(city, report, description="Lubang.")
    assert (report["address"], report["observed_at"]) == (
        "Jalan Melur 3",
        "2026-01-02T03:04:05.000Z",
    )
    report = corrected(city, report, address=None, observed_at=None)
    assert (report["address"], report["observed_at"]) == (None, None)
    assert report["description"] == "Lubang."


def test_another_place_has_other_areas_and_another_agency(city: City) -> None:
    report = corrected(city, city.report(KENANGA), location=at(MELATI))
    assert [area["id"] for area in report["areas"]] == ["uji", "melati"]
    assert report["agency"]["id"] == WARD
    assert report["location"] == at(MELATI)
    here, there = (
        [item["id"] for item in city.get(f"/v1/reports?near={one.lat},{one.lon}").json["items"]]
        for one in (KENANGA, MELATI)
    )
    assert (here, there) == ([], [report["id"]])


def test_both_agencies_are_told_when_a_correction_moves_the_report(city: City) -> None:
    report = corrected(city, city.report(KENANGA), location=at(MELATI))
    event = told(report["id"])[-1]
    assert event["type"] == "report.routed"
    assert event["data"]["previous_agency_id"] == ROADS
    assert event["data"]["previous_location"] == at(KENANGA)
    assert (event["data"]["agency_id"], event["data"]["changed"]) == (WARD, ["location"])
    assert "previous_status" not in event["data"]


def test_a_correction_in_place_is_an_edit(city: City) -> None:
    report = corrected(city, city.report(), description="Lubang.", address="Jalan Melur 3")
    event = told(report["id"])[-1]
    assert (event["type"], event["data"]["version"]) == ("report.edited", 2)
    assert event["data"]["changed"] == ["description", "address"]
    last = city.get(f"/v1/reports/{report['id']}/updates").json["items"][-1]
    assert (last["kind"], last["by"], last["status"]) == ("edited", "reporter", None)
    assert last["changed"] == ["description", "address"]


def test_another_category_has_another_agency_and_another_clock(city: City) -> None:
    report = city.report(NORTH)
    assert report["due"]["resolve"] is not None
    report = corrected(city, report, category=RUBBISH, answers={"sejak": 2})
    assert (report["category"], report["agency"]["id"]) == (RUBBISH, COORDINATOR)
    assert report["due"] == {"first_response": None, "resolve": None}
    assert report["answers"] == {"sejak": 2}


def test_the_clock_of_the_new_category_began_when_the_report_was_sent(city: City) -> None:
    report = city.report(category=RUBBISH, answers={"sejak": 1})
    report = corrected(city, report, category="jalan-rusak")
    waited = moment(report["due"]["resolve"]) - moment(report["created_at"])
    assert waited.total_seconds() == 72 * 3600
    assert report["answers"] == {}


def test_a_correction_is_checked_as_a_new_report_is(city: City) -> None:
    report = city.report()
    before = stored()
    answer = correct(city, report, category=RUBBISH, description="  ", location=at(OUTSIDE))
    assert answer.status == 422
    assert {fault["field"] for fault in answer.json["errors"]} == {
        "answers.sejak",
        "description",
        "location",
    }
    assert correct(city, report, category=FIRE).json["code"] == "CallEmergency"
    assert correct(city, report, status="resolved").json["errors"][0]["field"] == "status"
    assert correct(city, report, description=None).status == 400
    assert stored() == before


def test_what_says_nothing_new_changes_nothing(city: City) -> None:
    report = city.report()
    before = stored()
    assert corrected(city, report)["version"] == 1
    assert corrected(city, report, description=report["description"])["version"] == 1
    assert corrected(city, report, location=report["location"])["version"] == 1
    assert stored() == before


def test_only_the_reporter_corrects_a_report(city: City) -> None:
    report = city.report()
    for by in (officer(WARD), Person("citizen", "tetangga")):
        assert correct(city, report, by, description="x").json["code"] == "NotAllowed"
    # Those who act on it can put it right, but not the reporter's words.
    for by in (ROADMAN, MODERATOR):
        assert correct(city, report, by, description="x").json["code"] == "Unprocessable"
    assert correct(city, report, None, description="x").json["code"] == "NotIdentified"
    assert find(report["id"]).version == 1


def test_the_holder_of_the_tracking_code_corrects_it(city: City) -> None:
    report = city.report(by=None)
    headers = {"x-tracking-code": report["tracking_code"]}
    assert correct(city, report, None, headers, description="Lubang.").json["version"] == 2


@pytest.mark.parametrize("status", ["acknowledged", "in_progress", "referred", "rejected"])
def test_what_somebody_has_acted_on_is_not_corrected(city: City, status: str) -> None:
    report = moved(city, city.report(), status)
    answer = correct(city, report, description="x")
    assert (answer.status, answer.json["code"]) == (409, "AlreadyActedOn")
    assert (answer.json["current"], answer.json["version"]) == (status, 2)


def test_a_disputed_report_is_not_corrected(city: City) -> None:
    report = fixed(city, city.report())
    city.post(f"/v1/reports/{report['id']}/confirmation", {"fixed": False}, by=CITIZEN)
    assert correct(city, report, description="x").json["code"] == "AlreadyActedOn"


def test_an_agency_that_acts_meanwhile_wins(city: City) -> None:
    report = city.report()
    with meanwhile(lambda: moved(city, report, "acknowledged")):
        answer = correct(city, report, description="x")
    assert (answer.status, answer.json["code"], answer.json["version"]) == (409, "ReportChanged", 2)
    assert find(report["id"]).description == report["description"]


def test_of_two_racing_corrections_the_second_does_not_overwrite_the_first(city: City) -> None:
    report = city.report()
    answers = race(
        lambda: correct(city, report, description="Lubang pertama."),
        lambda: correct(city, report, description="Lubang kedua."),
    )
    won, lost = sorted(answers, key=lambda answer: answer.status)
    assert (won.status, lost.status, lost.json["version"]) == (200, 409, 2)
    assert find(report["id"]).description == won.json["description"]


def test_if_match_guards_a_correction(city: City) -> None:
    report = city.report()
    path = f"/v1/reports/{report['id']}"
    seen = {"if-match": city.get(path, by=CITIZEN).headers["etag"]}
    assert correct(city, report, headers=seen, description="Lubang.").status == 200
    assert correct(city, report, headers=seen, description="Lain.").status == 412


def test_a_public_report_cannot_be_made_one_of_a_private_category(city: City) -> None:
    body = {"name": {"id": "Pungli", "en": "Bribes"}, "group": "aparat", "private": True}
    admin = Person("admin", "admin")
    assert city.call("PUT", "/v1/admin/categories/pungli", body, by=admin).status == 200
    answer = correct(city, city.report(), category="pungli")
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "category")
