"""Updates of requests (mySociety's extension), in both directions."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clock import moment, now, text
from chalicelib.open311 import words
from chalicelib.reports import lifecycle
from tests.city import ADMIN, CITIZEN, COORDINATOR, MODERATOR, NORTH, ROADS, RUBBISH, Answer, City
from tests.city import officer as officer_of
from tests.open311.test_documents import both, parsed, plain, texts
from tests.open311.test_sending import FORM, faults, new_key

PATH = "/open311/v2/servicerequestupdates"
CLERK = officer_of(COORDINATOR)


def report(city: City, **facts: Any) -> str:
    sent = city.report(NORTH, category=RUBBISH, answers={"sejak": 1}, **facts)
    return str(sent["id"])


def step(city: City, id: str, status: str, **facts: Any) -> None:
    answer = city.post(f"/v1/reports/{id}/status", {"status": status, **facts}, by=CLERK)
    assert answer.status == 200, answer.body


def listed(city: City, query: str = "") -> Any:
    answer, in_xml = city.get(f"{PATH}.json{query}"), city.get(f"{PATH}.xml{query}")
    assert answer.status == 200, answer.body
    assert [plain(one) for one in parsed(in_xml)] == texts(answer.json)
    return answer.json


def send(city: City, key: str, id: str, end: str = ".json", **more: str) -> Answer:
    fields = {
        "api_key": key,
        "service_request_id": id,
        "update_id": "77",
        "status": "OPEN",
        "updated_datetime": "2026-11-24T10:00:00+07:00",
        "description": "Masih ada, makin besar.",
        **more,
    }
    return city.post(f"{PATH}{end}", fields, headers=FORM)


def test_what_agencies_did_and_said_is_told_in_order(city: City) -> None:
    id, private = report(city), report(city, private=True)
    step(city, id, "acknowledged")
    step(city, id, "in_progress", note="Truk <dua> berangkat & tiba pukul 9.")
    said = city.post(f"/v1/reports/{id}/comments", {"text": "Sabar, ya."}, by=CLERK)
    city.post(f"/v1/reports/{id}/comments", {"text": "Cepat!"}, by=CITIZEN)
    city.post(f"/v1/reports/{id}/questions", {"text": "Rahasia?"}, by=CLERK)
    step(city, id, "resolved", reason="fixed")
    step(city, private, "acknowledged", note="Diam-diam.")
    found = listed(city, "?api_key=apa-saja&jurisdiction_id=")
    assert [one["status"] for one in found] == [
        "investigating",
        "in_progress",
        "in_progress",
        "fixed",
    ]
    assert [one["external_status_code"] for one in found][::3] == ["acknowledged", "resolved"]
    assert [one["description"] for one in found] == [
        "Diterima",
        "Truk <dua> berangkat & tiba pukul 9.",
        "Sabar, ya.",
        lifecycle.built_in_text("resolved", "fixed", "id"),
    ]
    assert {one["service_request_id"] for one in found} == {id}
    assert found[2]["update_id"] == said.json["comment_id"]
    assert len({one["update_id"] for one in found}) == 4
    # Clients drop what lies outside of the period that they asked for.
    first = found[0]["updated_datetime"]
    assert first.endswith("Z")
    assert listed(city, f"?start_date={first}&end_date={text(now())}") == found
    later = text(now() + timedelta(minutes=1))
    assert listed(city, f"?start_date={later}") == []
    assert listed(city, f"?end_date={text(moment(first) - timedelta(seconds=5))}") == []


def test_what_is_hidden_later_is_told_no_more(city: City) -> None:
    id = report(city)
    step(city, id, "acknowledged", note="Kami lihat.")
    said = city.post(f"/v1/reports/{id}/comments", {"text": "Kasar."}, by=CLERK).json
    path = f"/v1/admin/moderation/comments/{id}/{said['comment_id']}"
    assert city.post(path, {"action": "hide"}, by=MODERATOR).status == 200
    assert [one["description"] for one in listed(city)] == ["Kami lihat."]
    hiding = {"action": "hide", "reason": "abuse"}
    city.post(f"/v1/admin/moderation/reports/{id}", hiding, by=MODERATOR)
    assert listed(city) == []


def test_a_period_of_updates_is_a_week_at_most(city: City) -> None:
    wrong = "?start_date=2026-11-01T00:00:00Z&end_date=2026-11-09T00:00:00Z"
    assert faults(city.get(f"{PATH}.json{wrong}")) == ["end_date"]
    assert faults(city.get(f"{PATH}.json?start_date=kemarin")) == ["start_date"]


def test_an_agency_s_update_is_a_step_and_its_words_are_public(city: City) -> None:
    key, id = new_key(city, "open311:write", COORDINATOR), report(city)
    answer = send(city, key, id, ".xml", status="IN_PROGRESS", description="Tim di jalan.")
    assert answer.status == 201, answer.body
    (told,) = listed(city)
    assert parsed(answer).findtext("request_update/update_id") == told["update_id"]
    (request,) = both(city, f"requests/{id}")
    assert request["status_notes"] == "Tim di jalan."
    # The same status again only says something.
    again = send(city, key, id, status="in_progress", update_id="78", description="Hampir.")
    assert again.json == [{"update_id": listed(city)[1]["update_id"]}]
    done = send(city, key, id, status="CLOSED", update_id="79", description="")
    assert done.status == 201, done.body
    assert city.get(f"/v1/reports/{id}").json["status"] == "resolved"
    assert faults(send(city, key, id, status="CANCELLED", update_id="80")) == ["status"]
    illegal = send(city, key, id, status="INVESTIGATING", update_id="81")
    assert (illegal.status, illegal.json[0]["code"]) == (400, "400")


def test_an_agency_s_own_code_goes_before_the_word(city: City) -> None:
    agency = city.get(f"/v1/admin/agencies/{COORDINATOR}", by=ADMIN).json
    own = {"name": agency["name"], "tier": agency["tier"], "coordinator": True}
    mapped = {**own, "status_map": {"X9": {"status": "rejected", "reason": "private_property"}}}
    assert city.call("PUT", f"/v1/admin/agencies/{COORDINATOR}", mapped, by=ADMIN).status < 300
    key, id = new_key(city, "open311:write", COORDINATOR), report(city)
    answer = send(city, key, id, status="CLOSED", external_status_code="X9")
    assert answer.status == 201, answer.body
    assert listed(city)[0]["status"] == "not_councils_responsibility"
    unknown = send(city, key, report(city), update_id="x", external_status_code="Q")
    assert faults(unknown) == ["external_status_code"]


def test_whoever_else_sends_an_update_says_something(city: City) -> None:
    client, foreign = (new_key(city, "open311:write", agency) for agency in (None, ROADS))
    id = report(city)
    assert send(city, client, id, status="FIXED").status == 201
    assert send(city, foreign, id, status="CLOSED").status == 201
    seen = city.get(f"/v1/reports/{id}").json
    assert (seen["status"], seen["comment_count"]) == ("submitted", 2)
    # It comes back to nobody as the city's word, but for that of an agency.
    assert [one["description"] for one in listed(city)] == ["Masih ada, makin besar."]


def test_an_update_that_is_sent_again_is_done_once(city: City) -> None:
    key, id = new_key(city, "open311:write"), report(city)
    first, second = send(city, key, id), send(city, key, id, description="Lain.")
    assert (first.status, second.json) == (201, first.json)
    assert second.headers["idempotent-replayed"] == "true"
    assert city.get(f"/v1/reports/{id}").json["comment_count"] == 1


def test_each_fault_of_an_update_is_named(city: City) -> None:
    key, id = new_key(city, "open311:write"), report(city)
    missing = {"service_request_id": "", "update_id": "", "status": "", "updated_datetime": ""}
    assert faults(send(city, key, id, **missing)) == list(missing)
    wrong = {"status": "HALF", "updated_datetime": "kemarin"}
    assert faults(send(city, key, id, **wrong)) == list(wrong)
    assert faults(send(city, key, id, description="")) == ["description"]
    assert faults(send(city, key, id, description="a" * 2001)) == ["description"]
    private = report(city, private=True)
    for hidden in ("tiada", private):
        assert send(city, key, hidden).status == 404
    assert (
        send(city, "", id).status == send(city, new_key(city, "reports:create"), id).status == 403
    )
    mine = new_key(city, "open311:write", COORDINATOR)
    assert send(city, mine, private, status="IN_PROGRESS").status == 201


@pytest.mark.parametrize("status", lifecycle.STATUSES)
def test_every_status_has_a_word_of_the_extension(status: str) -> None:
    for reason in (None, *lifecycle.REASONS.get(status, ())):
        assert words.word_of(status, reason) in words.STATUSES


def test_every_word_that_acts_is_a_step_of_agencies() -> None:
    for word, meaning in words.MEANINGS.items():
        assert word in words.STATUSES
        if meaning is not None:
            assert "agency" in lifecycle.STATUSES[meaning.status].entered_by
            assert meaning.reason in lifecycle.REASONS.get(meaning.status, (None,))
