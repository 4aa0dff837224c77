"""A reporter takes a report back, while nobody has acted on it."""

from typing import Any

import pytest

from chalicelib.reports.models import find
from tests.city import CITIZEN, KENANGA, MODERATOR, Answer, City, Person, told
from tests.reports.steps import ROADMAN, fixed, moved


def withdraw(
    city: City, report: Any, by: Person | None = CITIZEN, body: Any = None, **facts: Any
) -> Answer:
    return city.post(f"/v1/reports/{report['id']}/withdraw", body or {}, by=by, **facts)


def test_the_reporter_takes_a_report_back(city: City) -> None:
    report = withdraw(city, city.report(), body={"note": "Salah lihat."}).json
    assert (report["status"], report["colour"], report["version"]) == ("withdrawn", "grey", 2)
    last = city.get(f"/v1/reports/{report['id']}/updates").json["items"][-1]
    assert (last["by"], last["status"], last["note"]) == ("reporter", "withdrawn", "Salah lihat.")
    event = told(report["id"])[-1]
    assert event["type"] == "report.status_changed"
    assert (event["data"]["actor"], event["data"]["previous_status"]) == ("reporter", "submitted")


def test_the_holder_of_the_tracking_code_takes_it_back(city: City) -> None:
    report = city.report(by=None)
    assert withdraw(city, report, None).json["code"] == "NotIdentified"
    headers = {"x-tracking-code": report["tracking_code"]}
    assert withdraw(city, report, None, headers=headers).json["status"] == "withdrawn"


@pytest.mark.parametrize("by", [ROADMAN, MODERATOR, Person("citizen", "tetangga")])
def test_nobody_else_takes_a_report_back(city: City, by: Person) -> None:
    report = city.report()
    assert withdraw(city, report, by).json["code"] == "NotAllowed"
    assert find(report["id"]).status == "submitted"


@pytest.mark.parametrize("status", ["acknowledged", "in_progress", "referred", "rejected"])
def test_what_somebody_has_acted_on_is_not_taken_back(city: City, status: str) -> None:
    report = moved(city, city.report(), status)
    answer = withdraw(city, report)
    assert (answer.status, answer.json["code"]) == (409, "IllegalTransition")
    assert (answer.json["current"], answer.json["version"]) == (status, 2)


def test_a_disputed_report_is_not_taken_back(city: City) -> None:
    report = fixed(city, city.report())
    city.post(f"/v1/reports/{report['id']}/confirmation", {"fixed": False}, by=CITIZEN)
    assert withdraw(city, report).json["legal"] == []


def test_the_original_of_others_is_not_taken_back(city: City) -> None:
    original, copy = city.report(), city.report()
    moved(city, copy, "duplicate", duplicate_of=original["id"])
    assert withdraw(city, original).json["code"] == "IllegalTransition"
    assert find(original["id"]).status == "submitted"


def test_nothing_happens_to_a_withdrawn_report(city: City) -> None:
    report = withdraw(city, city.report()).json
    assert withdraw(city, report).status == 409
    path = f"/v1/reports/{report['id']}/status"
    for by in (ROADMAN, MODERATOR):
        answer = city.post(path, {"status": "acknowledged"}, by=by)
        assert (answer.json["code"], answer.json["legal"]) == ("IllegalTransition", [])


def test_a_withdrawn_report_leaves_the_open_ones(city: City) -> None:
    report = withdraw(city, city.report()).json
    near = f"/v1/reports?near={KENANGA.lat},{KENANGA.lon}&colour=red,yellow,green"
    assert report["id"] not in [item["id"] for item in city.get(near).json["items"]]


def test_unknown_fields_are_refused_by_name(city: City) -> None:
    answer = withdraw(city, city.report(), body={"alasan": "x"})
    assert (answer.status, answer.json["errors"][0]["field"]) == (400, "alasan")
