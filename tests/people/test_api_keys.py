"""Agencies' systems come with a key: shown once, good for what it says, until it is revoked."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.errors import NotIdentified
from chalicelib.people import api_keys
from chalicelib.people.models import ApiKey
from tests.city import (
    ADMIN,
    CITIZEN,
    COORDINATOR,
    KENANGA,
    ROADS,
    RUBBISH,
    WARD,
    City,
    Person,
    new_report,
    officer,
)

CLERK = officer(ROADS)
AT = datetime(2026, 11, 24, 1, tzinfo=UTC)


def made(city: City, *scopes: str, by: Person = CLERK) -> Any:
    answer = city.post("/v1/agency/keys", {"name": "SIM Jalan", "scopes": scopes}, by=by)
    assert answer.status == 201, answer.body
    assert answer.headers["cache-control"] == "no-store"
    return answer.json


def held(key: str) -> dict[str, str]:
    return {"x-api-key": key}


def test_a_key_is_shown_once_and_stored_as_a_hash(city: City) -> None:
    key = made(city, "reports:read")["key"]
    secret = key.rpartition("_")[2]
    (shown,) = city.get("/v1/agency/keys", by=CLERK).json["items"]
    rows = json.dumps([row.attribute_values for row in ApiKey.scan()], default=str)
    assert secret not in json.dumps(shown) + rows
    assert shown["scopes"] == ["reports:read"]
    assert shown["used_on"] is None


def test_a_key_acts_for_its_agency_within_its_scopes_only(city: City) -> None:
    ours = city.report(KENANGA, private=True)["id"]
    reader, writer = made(city, "reports:read")["key"], made(city, "reports:write")["key"]
    start = {"status": "in_progress"}
    shown = city.get(f"/v1/reports/{ours}", headers=held(reader))
    assert (shown.status, shown.json["answers"]) == (200, {})
    # Without the scope a key reads what anybody reads: not even that the report exists.
    assert city.get(f"/v1/reports/{ours}", headers=held(writer)).status == 404
    refused = city.post(f"/v1/reports/{ours}/status", start, headers=held(reader))
    assert (refused.status, refused.json["scope"]) == (403, "reports:write")
    assert city.post(f"/v1/reports/{ours}/status", start, headers=held(writer)).status == 200
    assert city.get("/v1/events", headers=held(writer)).status == 403
    assert city.get("/v1/agency/keys", headers=held(writer)).status == 403
    foreign = city.report(category=RUBBISH, answers={"sejak": 1}, private=True)["id"]
    assert city.post(f"/v1/reports/{foreign}/status", start, headers=held(writer)).status == 404


def test_a_city_s_client_reports_without_an_account(city: City) -> None:
    asked = {"name": "Open311", "scopes": ["reports:create"]}
    key = city.post("/v1/admin/keys", asked, by=ADMIN).json["key"]
    sent = city.post("/v1/reports", new_report(), headers=held(key))
    assert sent.status == 201
    code = sent.json["tracking_code"]
    assert code
    # The code makes the reporter, and not the key: else one client's citizens were all one person.
    by_code = city.get(f"/v1/reports/{sent.json['id']}", headers={"x-tracking-code": code})
    assert by_code.json["mine"]
    assert "mine" not in city.get(f"/v1/reports/{sent.json['id']}", headers=held(key)).json


def test_a_key_for_no_agency_cannot_have_an_agency_s_scopes(city: City) -> None:
    wrong = {"name": "x", "scopes": ["reports:write"], "agency": None}
    answer = city.post("/v1/admin/keys", wrong, by=ADMIN)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "scopes")
    answer = city.post("/v1/admin/keys", {**wrong, "agency": "tiada"}, by=ADMIN)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "agency")
    assert city.post("/v1/admin/keys", {**wrong, "scopes": ["all"]}, by=ADMIN).status == 400
    assert city.post("/v1/admin/keys", wrong, by=CLERK).status == 403


def test_another_agency_s_keys_are_not_to_be_found(city: City) -> None:
    id = made(city, "reports:read")["id"]
    path, stranger = f"/v1/agency/keys/{id}", officer(WARD)
    assert city.get("/v1/agency/keys", by=stranger).json["items"] == []
    assert _refusal(city, path, stranger) == _refusal(city, path[:-1] + "!", stranger)
    assert city.call("DELETE", path, by=stranger).status == 404
    assert city.get(path, by=CLERK).status == 200
    assert city.get(f"/v1/admin/keys?agency={ROADS}", by=ADMIN).json["items"][0]["id"] == id
    assert city.get(f"/v1/admin/keys?agency={COORDINATOR}", by=ADMIN).json["items"] == []
    assert city.call("DELETE", f"/v1/admin/keys/{id}", by=ADMIN).status == 204


def _refusal(city: City, path: str, by: Person) -> Any:
    answer = city.get(path, by=by)
    assert answer.status == 404
    return {**answer.json, "request_id": None}


def test_a_revoked_key_is_nobody_s(city: City) -> None:
    created = made(city, "events:read")
    assert city.get("/v1/events", headers=held(created["key"])).status == 200
    assert city.call("DELETE", f"/v1/agency/keys/{created['id']}", by=CLERK).status == 204
    assert city.get("/v1/events", headers=held(created["key"])).status == 401


def test_another_process_knows_of_a_revocation_within_half_a_minute(city: City) -> None:
    row, key = api_keys.new_key("SIM", ROADS, ["events:read"], "petugas", AT)
    row.save()
    assert api_keys.verified(key, lambda: AT, lambda: 0).used_on == "2026-11-24"
    ApiKey.get("key", row.id).delete()
    assert api_keys.verified(key, lambda: AT, lambda: 29.9).id == row.id
    with pytest.raises(NotIdentified):
        api_keys.verified(key, lambda: AT, lambda: 30)


@pytest.mark.parametrize("wrong", ["", "tgp_", "tgp_x_y", "secret", "short", "é" * 99, "x" * 9000])
def test_what_is_no_key_is_refused_alike(city: City, wrong: str) -> None:
    key = made(city, "events:read")["key"]
    tries = {"secret": key[:-1] + ("0" if key[-1] != "0" else "1"), "short": key[:-1]}
    answer = city.get("/v1/events", headers=held(tries.get(wrong, wrong)))
    assert (answer.status, answer.json["code"]) == (401, "NotIdentified")


def test_who_shows_a_token_and_a_key_is_not_identified(city: City) -> None:
    key = made(city, "events:read")["key"]
    assert city.get("/v1/events", by=CITIZEN, headers=held(key)).status == 401
