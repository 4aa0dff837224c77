"""Categories with questions of Open311's datatypes; nothing leaves that is still needed."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clock import now
from chalicelib.reports import settling
from chalicelib.reports.models import find
from tests.city import (
    ADMIN,
    COORDINATOR,
    KENANGA,
    MELATI,
    NORTH,
    ROAD,
    ROADS,
    RUBBISH,
    WARD,
    City,
    new_report,
    officer,
)
from tests.reports.steps import faults, moved

LABEL = {"id": "Apa?", "en": "What?"}
CHOICES = [{"id": id, "label": LABEL} for id in ("a", "b")]
QUESTIONS = [
    {"id": id, "type": id, "label": LABEL, "choices": CHOICES if "list" in id else []}
    for id in ("string", "text", "number", "datetime", "singlevaluelist", "multivaluelist")
]


def put_category(city: City, *questions: Any, id: str = ROAD) -> Any:
    body = {"name": LABEL, "group": "jalan", "questions": questions}
    return city.call("PUT", f"/v1/admin/categories/{id}", body, by=ADMIN)


def test_answers_have_the_datatypes_of_their_questions(city: City) -> None:
    assert put_category(city, *QUESTIONS).status == 200
    answers = {
        "string": "Depan pasar",
        "text": "Dua\nbaris",
        "number": 2.5,
        "datetime": "2026-11-24T08:00:00+07:00",
        "singlevaluelist": "a",
        "multivaluelist": ["b", "a"],
    }
    assert find(city.report(answers=answers)["id"]).answers == answers
    wrong: dict[str, list[Any]] = {
        "string": ["dua\nbaris", "", "x" * 256, 5, ["a"]],
        "text": ["", "x" * 1001, 5],
        "number": ["5", ["a"]],
        "datetime": ["kemarin", "2026-11-24", "2026-11-24T08:00:00", 5],
        "singlevaluelist": ["c", ["a"], 5],
        "multivaluelist": [[], ["a", "a"], ["a", "c"], "a"],
    }
    for id, given in wrong.items():
        for answer in given:
            sent = city.post("/v1/reports", new_report(answers={id: answer}))
            assert faults(sent) == {f"answers.{id}"}, (id, answer)
    assert city.post("/v1/reports", new_report(answers={"text": {"a": 1}})).status == 400


@pytest.mark.parametrize(
    "questions",
    [
        [{**QUESTIONS[4], "choices": []}],
        [{**QUESTIONS[0], "choices": CHOICES}],
        [{**QUESTIONS[5], "choices": [CHOICES[0], CHOICES[0]]}],
        [QUESTIONS[0], QUESTIONS[0]],
        [{**QUESTIONS[0], "type": "boolean"}],
    ],
)
def test_questions_that_nobody_could_answer_are_refused(city: City, questions: list[Any]) -> None:
    assert put_category(city, *questions).status == 400
    assert city.get(f"/v1/admin/categories/{ROAD}", by=ADMIN).json["questions"] == []


@pytest.mark.parametrize(
    ("path", "body", "field", "said"),
    [
        ("holidays", {"dates": ["2026-12-25", "kemarin"]}, "dates[1]", "as 2026-12-25"),
        ("working-hours", {"monday": ["8-16"]}, "monday[0]", "[0-5]"),
        ("agencies/a", {"tier": "desa"}, "tier", "ward, city, central, external"),
        (f"categories/{ROAD}", {"resolve_hours": 0}, "resolve_hours", "More than 0."),
        (f"categories/{ROAD}", {"duplicate_radius_m": 0}, "duplicate_radius_m", "Not below 1."),
        ("agencies/a", {"status_map": {"B": {"text": {"id": "x"}}}}, "status_map.B.text.en", ""),
        ("agencies/a", {"status_map": {"A": "resolved", "B": 5}}, "status_map.B", ""),
    ],
)
def test_a_fault_says_where_it_is_and_what_is_wanted(
    city: City, path: str, body: Any, field: str, said: str
) -> None:
    headers = {"accept-language": "en"}
    refused = city.call("PUT", f"/v1/admin/{path}", body, by=ADMIN, headers=headers)
    told = {fault["field"]: fault["message"] for fault in refused.json["errors"]}
    assert refused.status == 400
    assert said in told[field]


def test_who_answers_a_list_wrongly_is_told_its_choices(city: City) -> None:
    put_category(city, *QUESTIONS)
    answers = {"singlevaluelist": "c", "multivaluelist": ["c"]}
    sent = city.post("/v1/reports", new_report(answers=answers))
    assert faults(sent) == {"answers.singlevaluelist", "answers.multivaluelist"}
    assert all("a, b" in fault["message"] for fault in sent.json["errors"])


def test_what_has_open_reports_stays_and_says_how_many(city: City) -> None:
    sent = [city.report(KENANGA), city.report(KENANGA, private=True), city.report(MELATI)]
    city.report(KENANGA, category=RUBBISH, answers={"sejak": 1})
    city.call("DELETE", "/v1/admin/routes/jalan", by=ADMIN)
    for path, count in ((f"agencies/{ROADS}", 2), (f"categories/{ROAD}", 3)):
        answer = city.call("DELETE", f"/v1/admin/{path}", by=ADMIN)
        assert faults(answer) == {"id"}
        assert str(count) in answer.json["errors"][0]["message"]
    for report in sent[:2]:
        moved(city, report, "rejected", officer(ROADS), reason="spam")
    assert city.call("DELETE", f"/v1/admin/agencies/{ROADS}", by=ADMIN).status == 204
    assert city.call("DELETE", f"/v1/admin/categories/{ROAD}", by=ADMIN).status == 422
    # Closed reports keep the name of an agency that is no more.
    assert city.get(f"/v1/reports/{sent[0]['id']}").json["agency"]["id"] == ROADS


def test_a_coordinator_stays_while_reports_of_others_are_escalated_to_it(city: City) -> None:
    own, late = city.report(NORTH, category=RUBBISH, answers={"sejak": 1}), city.report(KENANGA)
    chief = officer(COORDINATOR)
    settling.sweep(now() + timedelta(hours=29))

    def removed(language: str = "en") -> Any:
        path, headers = f"/v1/admin/agencies/{COORDINATOR}", {"accept-language": language}
        return city.call("DELETE", path, by=ADMIN, headers=headers)

    moved(city, own, "rejected", chief, reason="spam")
    # Nothing in the queue is its own any more, and one report is still its to see to.
    queue = city.get("/v1/agency/reports", by=chief).json["items"]
    assert [(item["agency"], item["escalated"]) for item in queue] == [(ROADS, "overdue")]
    for language, said in (("en", "1 open report of another agency"), ("id", "1 laporan terbuka")):
        refused = removed(language)
        assert faults(refused) == {"id"}
        assert said in refused.json["errors"][0]["message"]
    moved(city, late, "rejected", chief, reason="spam")
    assert removed().status == 204


def test_a_city_has_one_coordinator(city: City) -> None:
    def put(id: str, coordinator: bool) -> Any:
        body = {"name": id, "tier": "city", "coordinator": coordinator}
        return city.call("PUT", f"/v1/admin/agencies/{id}", body, by=ADMIN)

    # By its id it would come first, and be asked in the place of the one that there is.
    second = put("aa", True)
    assert faults(second) == {"coordinator"}
    assert COORDINATOR in second.json["errors"][0]["message"]
    assert put(COORDINATOR, True).status == 200
    assert put(COORDINATOR, False).status == put("aa", True).status == 200
    unrouted = city.report(NORTH, category=RUBBISH, answers={"sejak": 1})
    assert unrouted["agency"]["id"] == "aa"


def test_an_agency_stays_while_systems_have_its_keys(city: City) -> None:
    city.call("DELETE", "/v1/admin/routes/jalan", by=ADMIN)
    key = city.post(
        "/v1/agency/keys", {"name": "SIM", "scopes": ["reports:read"]}, by=officer(ROADS)
    ).json
    refused = city.call("DELETE", f"/v1/admin/agencies/{ROADS}", by=ADMIN)
    assert faults(refused) == {"id"}
    assert f"SIM ({key['id']})" in refused.json["errors"][0]["message"]
    assert city.call("DELETE", f"/v1/admin/keys/{key['id']}", by=ADMIN).status == 204
    assert city.call("DELETE", f"/v1/admin/agencies/{ROADS}", by=ADMIN).status == 204


def test_of_many_routes_the_first_are_named_and_all_are_counted(city: City) -> None:
    route = {"category": RUBBISH, "area": "*", "agency": ROADS}
    for number in range(12):
        city.call("PUT", f"/v1/admin/routes/r{number:02}", route, by=ADMIN)
    refused = city.call("DELETE", f"/v1/admin/categories/{RUBBISH}", by=ADMIN)
    (fault,) = refused.json["errors"]
    assert "r00, r01" in fault["message"]
    assert "r09, … (12)" in fault["message"]


def test_what_routes_and_templates_name_stays(city: City) -> None:
    body = {"name": "Besok", "text": LABEL, "agency": WARD}
    city.call("PUT", "/v1/admin/templates/besok", body, by=ADMIN)
    answer = city.call("DELETE", f"/v1/admin/agencies/{WARD}", by=ADMIN)
    said = " ".join(one["message"] for one in answer.json["errors"])
    assert (answer.status, "melati" in said, "besok" in said) == (422, True, True)
