"""On the local AWS, as phones on a bad network do it: everything is sent five times at once."""

import json
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import urllib3

from infra.local import identity
from tests.stack.calls import call
from tests.stack.conftest import SHARED, City

AT_ONCE, REPORTS = 5, 5
SQUARE = [[[107.0, -5.0], [107.1, -5.0], [107.1, -4.9], [107.0, -4.9], [107.0, -5.0]]]
# What a client does that is told to come again: the first may be in a process that just starts.
COME_AGAIN = urllib3.Retry(5, status_forcelist={409}, allowed_methods=None)


@SHARED
def test_a_storm_leaves_each_report_and_each_endpoint_once(shared_city: City) -> None:
    url, data = shared_city
    furnish(shared_city)
    reporter = identity.token(data, "citizen", None, "ani")
    officer = identity.token(data, "officer", "works", "officer-1")
    reports = [("/v1/reports", reporter, new_report(n)) for n in range(REPORTS)]
    endpoint = ("/v1/webhooks", officer, {"url": f"{url}/nobody"})
    answers = storm(url, [*reports, endpoint])

    for same in answers:
        assert {answer.status for answer in same} == {201}
        assert len({answer.data for answer in same}) == 1
        assert Counter("idempotent-replayed" in answer.headers for answer in same)[False] == 1
    ids = {same[0].json()["id"] for same in answers[:REPORTS]}
    mine = call(url, "GET", "/v1/me/reports?limit=200", reporter)
    assert sorted(item["id"] for item in mine["items"]) == sorted(ids)
    assert len(call(url, "GET", "/v1/webhooks", officer)["items"]) == 1


def storm(
    url: str, posts: list[tuple[str, str, Any]]
) -> list[list[urllib3.response.BaseHTTPResponse]]:
    """The answers to each POST, sent five times side by side with one key of its own."""
    http = urllib3.PoolManager(maxsize=AT_ONCE, retries=COME_AGAIN)
    keys = [str(uuid.uuid4()) for _ in posts]

    def send(n: int) -> urllib3.response.BaseHTTPResponse:
        path, token, body = posts[n]
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": keys[n],
        }
        return http.request("POST", url + path, body=json.dumps(body), headers=headers)

    order = [n for n in range(len(posts)) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(send, order))
    return [answers[at : at + AT_ONCE] for at in range(0, len(answers), AT_ONCE)]


def new_report(n: int) -> dict[str, Any]:
    place = {"lat": -4.95, "lon": 107.01 + n / 1000}
    return {"category": "flooding", "description": f"Banjir {n}", "location": place, "photos": 1}


def furnish(city: City) -> None:
    url, data = city
    admin = identity.token(data, "admin")
    area = {
        "type": "Feature",
        "id": "ward",
        "properties": {"name": "Ward", "level": 1, "parent": None},
        "geometry": {"type": "Polygon", "coordinates": SQUARE},
    }
    name = {"id": "Banjir", "en": "Flooding"}
    for path, body in (
        ("areas", {"type": "FeatureCollection", "features": [area]}),
        ("agencies/works", {"name": "Works", "tier": "city"}),
        ("categories/flooding", {"name": name, "group": "water"}),
    ):
        call(url, "PUT", f"/v1/admin/{path}", admin, body)
