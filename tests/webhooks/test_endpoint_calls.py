"""An agency keeps its own endpoints, by the front door; secrets are shown once."""

import json
from typing import Any

import pytest
from standardwebhooks import Webhook

from chalicelib.agencies.models import Entry
from chalicelib.clock import now
from chalicelib.webhooks import delivery, request_headers, sealing
from chalicelib.webhooks.models import Endpoint, owner_of
from chalicelib.webhooks.outbound import Answer
from tests.city import ADMIN, CITIZEN, ROADS, WARD, City, officer

URL = "https://agency.example/hook"
OFFICER = officer(ROADS)


def created(city: City, **facts: Any) -> Any:
    answer = city.post("/v1/webhooks", {"url": URL, **facts}, by=OFFICER)
    assert answer.status == 201, answer.body
    return answer.json


def row(id: str) -> Endpoint:
    return Endpoint.get(owner_of(ROADS), f"endpoint#{id}", consistent_read=True)


def changed(city: City, id: str, **facts: Any) -> Any:
    return city.call("PATCH", f"/v1/webhooks/{id}", facts, by=OFFICER)


def activated(city: City, **facts: Any) -> Any:
    endpoint = created(city, **facts)
    (ping,) = city.get(f"/v1/webhooks/{endpoint['id']}/deliveries", by=OFFICER).json["items"]
    deliver(endpoint["id"], ping["event_id"])
    return endpoint


def deliver(endpoint_id: str, event_id: str, status: int = 204) -> list[dict[str, str]]:
    seen: list[dict[str, str]] = []

    def post(url: str, body: bytes, headers: dict[str, str], **_: Any) -> Answer:
        seen.append({**headers, "url": url, "body": body.decode()})
        return Answer(status, "", 5, None)

    pointer = {"owner": f"deliveries#{endpoint_id}", "item": event_id}
    delivery.deliver(json.dumps(pointer), now(), post)
    return seen


def test_the_secret_is_shown_once_and_kept_encrypted(city: City) -> None:
    endpoint = created(city)
    assert endpoint["secret"].startswith("whsec_")
    shown = city.get(f"/v1/webhooks/{endpoint['id']}", by=OFFICER)
    assert endpoint["secret"] not in shown.body + json.dumps(row(endpoint["id"]).secrets)
    assert "secret" not in shown.json
    assert shown.json["state"] == "pending"


def test_an_answered_ping_makes_it_active(city: City) -> None:
    endpoint = created(city)
    (ping,) = city.get(f"/v1/webhooks/{endpoint['id']}/deliveries", by=OFFICER).json["items"]
    (sent,) = deliver(endpoint["id"], ping["event_id"])
    Webhook(endpoint["secret"]).verify(sent["body"], sent)
    assert json.loads(sent["body"])["type"] == "endpoint.ping"
    assert city.get(f"/v1/webhooks/{endpoint['id']}", by=OFFICER).json["state"] == "active"


def test_others_do_not_see_it(city: City) -> None:
    id = created(city)["id"]
    for who, status in ((officer(WARD), 404), (ADMIN, 404), (CITIZEN, 403), (None, 401)):
        assert city.get(f"/v1/webhooks/{id}", by=who).status == status
        assert city.post(f"/v1/webhooks/{id}/rotate", {}, by=who).status == status
        assert city.call("DELETE", f"/v1/webhooks/{id}", by=who).status == status


def test_filters_can_be_changed_and_the_rest_stays(city: City) -> None:
    endpoint = activated(city, areas=["melati"])
    answer = changed(city, endpoint["id"], event_types=["report.created"], categories=["sampah"])
    assert answer.status == 200, answer.body
    assert answer.json["event_types"] == ["report.created"]
    assert answer.json["categories"] == ["sampah"]
    assert (answer.json["areas"], answer.json["state"]) == (["melati"], "active")
    assert changed(city, endpoint["id"], areas=[]).json["areas"] == []


def test_another_url_has_to_answer_first(city: City) -> None:
    id = activated(city)["id"]
    answer = changed(city, id, url="https://new.example/hook")
    assert (answer.json["url"], answer.json["state"]) == ("https://new.example/hook", "pending")
    ping = city.get(f"/v1/webhooks/{id}/deliveries", by=OFFICER).json["items"][0]
    assert deliver(id, ping["event_id"])[0]["url"] == "https://new.example/hook"
    assert city.get(f"/v1/webhooks/{id}", by=OFFICER).json["state"] == "active"


def test_it_can_be_paused_and_go_on(city: City) -> None:
    id = activated(city)["id"]
    assert changed(city, id, paused=True).json["state"] == "paused"
    assert changed(city, id, paused=True).json["state"] == "paused"
    assert changed(city, id, paused=False).json["state"] == "active"


def test_what_is_not_active_cannot_be_paused(city: City) -> None:
    assert changed(city, created(city)["id"], paused=True).status == 422


def test_after_a_rotation_both_secrets_sign(city: City) -> None:
    endpoint = activated(city)
    id = endpoint["id"]
    answer = city.post(f"/v1/webhooks/{id}/rotate", {}, by=OFFICER)
    assert answer.headers["cache-control"] == "no-store"
    ping = city.post(f"/v1/webhooks/{id}/ping", {}, by=OFFICER).json["event_id"]
    (sent,) = deliver(id, ping)
    for secret in (endpoint["secret"], answer.json["secret"]):
        Webhook(secret).verify(sent["body"], sent)
    assert answer.json["former_until"] > sent["webhook-timestamp"]


def test_no_more_than_three_former_secrets_live_at_once(city: City) -> None:
    id = created(city)["id"]
    statuses = [city.post(f"/v1/webhooks/{id}/rotate", {}, by=OFFICER).status for _ in range(4)]
    assert statuses == [200, 200, 200, 422]


def test_own_headers_are_stored_encrypted_and_only_their_names_shown(city: City) -> None:
    endpoint = created(city, headers={"X-Api-Key": "rahasia-sekali"})
    assert endpoint["headers"] == ["X-Api-Key"]
    stored = row(endpoint["id"])
    assert "rahasia" not in json.dumps(stored.attribute_values, default=str)
    assert sealing.request_headers(stored) == {"X-Api-Key": "rahasia-sekali"}
    assert changed(city, endpoint["id"], headers={}).json["headers"] == []
    assert sealing.request_headers(row(endpoint["id"])) == {}


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "content-type", "Content-Length", "webhook-id", "Webhook-Signature"),
        *("Connection", "Keep-Alive", "Proxy-Authorization", "TE", "Trailer", "Upgrade"),
        *("Transfer-Encoding", "Expect", "User-Agent", "Accept-Encoding", "X-Forwarded-For"),
    ],
)
def test_reserved_headers_are_refused(city: City, name: str) -> None:
    answer = city.post("/v1/webhooks", {"url": URL, "headers": {name: "x"}}, by=OFFICER)
    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == f"headers.{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X Y", "a"),
        ("", "a"),
        ("X:", "a"),
        ("X", ""),
        ("X", "a\r\nHost: b"),
        ("X", "é"),
        ("X", " a"),
    ],
)
def test_impossible_headers_are_refused(name: str, value: str) -> None:
    assert [fault.key for fault in request_headers.faults({name: value})] == ["fault.header"]


def test_a_header_given_twice_or_too_many_are_refused() -> None:
    assert list(request_headers.faults({"X-A": "1", "x-a": "2"}))
    assert list(request_headers.faults({f"X-{n}": "1" for n in range(11)}))
    assert not list(request_headers.faults({f"X-{n}": "1" for n in range(10)}))


def test_a_certificate_that_is_none_is_refused(city: City) -> None:
    given = {"certificate": "-----BEGIN CERTIFICATE-----\nx\n", "key": "x"}
    answer = city.post("/v1/webhooks", {"url": URL, "client_certificate": given}, by=OFFICER)
    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == "client_certificate"


def test_an_agency_has_twenty_endpoints_at_most(city: City) -> None:
    for _ in range(20):
        created(city)
    assert city.post("/v1/webhooks", {"url": URL}, by=OFFICER).status == 422


def test_a_repeated_request_makes_one_endpoint(city: City) -> None:
    key = {"idempotency-key": "0123456789abcdef"}
    answers = [city.post("/v1/webhooks", {"url": URL}, by=OFFICER, headers=key) for _ in "12"]
    assert answers[0].json["id"] == answers[1].json["id"]
    assert len(city.get("/v1/webhooks", by=OFFICER).json["items"]) == 1


def test_a_removed_agencys_endpoints_are_still_among_all(city: City) -> None:
    id = created(city)["id"]
    Entry("agency", ROADS).delete()
    found = city.get("/v1/admin/deliveries", by=ADMIN).json["items"]
    assert [one["endpoint_id"] for one in found] == [id]
