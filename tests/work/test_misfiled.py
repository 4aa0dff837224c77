"""Staff puts right what kind of problem a report tells of and where: audited, routed, counted."""

from typing import Any

import msgspec

from chalicelib.events.counting import fold
from chalicelib.events.models import Envelope
from chalicelib.reports import map_cells
from chalicelib.reports.models import find
from chalicelib.stats import tallies
from tests.city import (
    ADMIN,
    COORDINATOR,
    FIRE,
    KENANGA,
    MELATI,
    MODERATOR,
    NORTH,
    ROAD,
    ROADS,
    RUBBISH,
    WARD,
    Answer,
    City,
    Person,
    officer,
    told,
)
from tests.reports.steps import faults, fixed, moved
from tests.reports.storage import meanwhile, stored

CLERK = officer(ROADS)


def put_right(city: City, report: Any, by: Person = CLERK, **facts: Any) -> Answer:
    headers = facts.pop("headers", {})
    return city.call("PATCH", f"/v1/reports/{report['id']}", facts, by=by, headers=headers)


def at(point: Any) -> dict[str, float]:
    return {"lat": point.lat, "lon": point.lon}


def last_entry(city: City, report: Any) -> Any:
    return city.get(f"/v1/reports/{report['id']}/updates").json["items"][-1]


def assert_counted_once(report: Any) -> None:
    """All events together leave on the map and in the figures what the report is now."""
    log = [msgspec.convert(event, Envelope) for event in told(report["id"])]
    facts = ("previous", "previous_status", "previous_location", "previous_agency_id")
    data = msgspec.structs.replace(log[-1].data, **dict.fromkeys(facts))
    only = msgspec.structs.replace(log[-1], type="report.created", data=data)
    for moves in (map_cells.moves, tallies.moves):
        assert fold(map(moves, log)) == moves(only) != {}


def test_what_stays_with_the_agency_is_an_edit_that_the_audit_tells(city: City) -> None:
    report = moved(city, city.report(KENANGA), "acknowledged")
    due = report["due"]
    answer = put_right(city, report, location=at(NORTH), address="Jalan Utara")
    assert answer.status == 200, answer.body
    right = answer.json
    assert [area["id"] for area in right["areas"]] == ["uji"]
    assert (right["status"], right["agency"]["id"]) == ("acknowledged", ROADS)
    assert (right["due"], right["hand_over_count"]) == (due, 0)
    event = told(report["id"])[-1]
    assert (event["type"], event["data"]["actor"]) == ("report.edited", "agency")
    assert event["data"]["previous_location"] == at(KENANGA)
    entry = last_entry(city, report)
    assert (entry["kind"], entry["by"], entry["agency"]["id"]) == ("edited", "agency", ROADS)
    assert entry["changed"] == ["location", "address"]
    audit = city.get("/v1/admin/audit?action=correct_report", by=ADMIN).json["items"]
    assert [(one["object"], one["actor"], one["agency"]) for one in audit] == [
        (f"reports/{report['id']}", CLERK.sub, ROADS)
    ]
    assert audit[0]["changed"] == {"areas": [["uji", "kenanga"], ["uji"]]}
    assert_counted_once(report)


def test_what_belongs_to_another_agency_then_is_handed_over_to_it(city: City) -> None:
    report = city.report(NORTH)
    right = put_right(city, report, location=at(MELATI), category=RUBBISH).json
    assert (right["agency"]["id"], right["status"], right["colour"]) == (WARD, "referred", "yellow")
    assert (right["category"], right["hand_over_count"]) == (RUBBISH, 1)
    assert right["first_response_at"] == right["updated_at"]
    event = told(report["id"])[-1]
    assert event["type"] == "report.routed"
    assert event["data"]["previous_agency_id"] == ROADS
    assert event["data"]["previous_status"] == "submitted"
    entry = last_entry(city, report)
    assert (entry["kind"], entry["status"], entry["agency"]["id"]) == ("edited", "referred", ROADS)
    # What was promised stays promised, also where the new kind has no clock.
    assert right["due"] == report["due"]
    assert_counted_once(report)


def test_the_third_to_and_fro_by_corrections_is_the_coordinators(city: City) -> None:
    report = city.report(KENANGA)
    for point, by in ((MELATI, ROADS), (KENANGA, WARD), (MELATI, ROADS)):
        assert put_right(city, report, officer(by), location=at(point)).status == 200
    event = told(report["id"])[-1]
    assert (event["type"], event["data"]["named_agency_id"]) == ("report.escalated", WARD)
    assert (find(report["id"]).agency, last_entry(city, report)["kind"]) == (
        COORDINATOR,
        "escalated",
    )
    assert_counted_once(report)


def test_a_moderators_correction_is_no_hand_over_and_no_agency_has_acted(city: City) -> None:
    report = city.report(KENANGA)
    right = put_right(city, report, MODERATOR, location=at(MELATI)).json
    assert (right["agency"]["id"], right["status"], right["hand_over_count"]) == (
        WARD,
        "submitted",
        0,
    )
    assert right["first_response_at"] is None
    assert told(report["id"])[-1]["type"] == "report.routed"
    assert_counted_once(report)


def test_whom_it_was_handed_to_keeps_it_when_the_routes_answer_as_before(city: City) -> None:
    report = moved(city, city.report(KENANGA), "referred", refer_to=WARD)
    there = {"lat": KENANGA.lat + 0.001, "lon": KENANGA.lon}
    assert put_right(city, report, officer(WARD), location=there).json["agency"]["id"] == WARD


def test_a_report_without_a_clock_gets_that_of_its_right_kind(city: City) -> None:
    report = city.report(MELATI, category=RUBBISH, answers={"sejak": 1})
    right = put_right(city, report, officer(WARD), category=ROAD).json
    assert right["due"]["resolve"] is not None
    assert right["answers"] == {}


def test_the_reporters_words_closed_reports_and_old_versions_stay_as_they_are(city: City) -> None:
    report = city.report(KENANGA)
    before = stored()
    refused = put_right(city, report, description="Lain.", share_identity=True, address="A")
    assert faults(refused) == {"description", "share_identity"}
    assert faults(put_right(city, report, category="tidak-ada")) == {"category"}
    assert faults(put_right(city, report, location={"lat": 0, "lon": 0})) == {"location"}
    assert put_right(city, report, category=FIRE).json["code"] == "CallEmergency"
    assert put_right(city, report, address="A", headers={"if-match": '"9"'}).status == 412
    assert put_right(city, report, category=ROAD).json["version"] == 1
    assert stored() == before
    with meanwhile(lambda: moved(city, report, "acknowledged")):
        assert put_right(city, report, location=at(NORTH)).json["code"] == "ReportChanged"
    fixed(city, report)
    assert put_right(city, report, location=at(NORTH)).json["code"] == "ReportClosed"
