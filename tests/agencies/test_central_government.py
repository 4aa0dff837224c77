"""The hand-over to the central government: a second system, with its own server, key and codes.

It gets the signed webhook over HTTP, verifies it as any receiver would, answers through its API key
in its own codes; the citizen sees the right status, in the language that she reads.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import boto3
import pytest
from standardwebhooks import Webhook

from chalicelib import workers
from chalicelib.events.models import Event
from chalicelib.settings import settings
from tests.city import ADMIN, CITIZEN, KENANGA, ROAD, ROADS, Answer, City, officer
from tests.cloud import Cloud
from tests.reports.steps import moved, photo

MINISTRY = "kementerian-pu"
CODES: dict[str, Any] = {
    "TERIMA": "acknowledged",
    "KERJA": {
        "status": "in_progress",
        "text": {
            "id": "{agency} mulai mengerjakan {number}.",
            "en": "{agency} has begun to work on {number}.",
        },
    },
    "TUNTAS": {
        "status": "resolved",
        "reason": "fixed",
        "text": {"id": "Sudah diperbaiki.", "en": "It has been repaired."},
    },
    "BUKAN-KAMI": "referred",
}


class Ministry:
    """The second system: a server for what is sent to it, and answers by the city's API."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.inbox: Queue[dict[str, Any]] = Queue()
        self.secret, self.key = "", ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def connect(self) -> None:
        """What its people do once: a key from the city, and an endpoint with it."""
        scopes = ["reports:read", "reports:write", "webhooks:manage"]
        asked = {"name": "Sistem pusat", "agency": MINISTRY, "scopes": scopes}
        self.key = self._city.post("/v1/admin/keys", asked, by=ADMIN).json["key"]
        url = f"http://127.0.0.1:{self._server.server_port}/terima"
        made = self.call("POST", "/v1/webhooks", {"url": url})
        self.secret = made.json["secret"]

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        return self._city.call(method, path, body, headers={"x-api-key": self.key})

    def answer(self, message: dict[str, Any], code: str, **facts: Any) -> Answer:
        """Answer the report that a message tells of, in the ministry's own code."""
        path = f"/v1/reports/{message['data']['report_id']}/status"
        return self.call("POST", path, {"code": code, **facts})

    def _handler(ministry) -> type[BaseHTTPRequestHandler]:  # `self` is the handler
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                try:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    Webhook(ministry.secret).verify(body, headers)
                except Exception:
                    self.send_response(401)
                else:
                    ministry.inbox.put(json.loads(body))
                    self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """A test's output is its own."""

        return Handler


@pytest.fixture
def ministry(city: City) -> Iterator[Ministry]:
    body = {"name": "Kementerian PU", "tier": "central", "status_map": CODES}
    assert city.call("PUT", f"/v1/admin/agencies/{MINISTRY}", body, by=ADMIN).status == 200
    running = Ministry(city)
    yield running
    running.stop()


def post_office(cloud: Cloud, seen: set[str]) -> None:
    """What the stream and the queue do: bring new events to their function, and deliveries out."""
    for item in cloud.dynamodb.scan(TableName=Event.Meta.table_name)["Items"]:
        if item["id"]["S"] not in seen:
            seen.add(item["id"]["S"])
            change = {"NewImage": item, "SequenceNumber": "1"}
            workers.publish_events({"Records": [{"eventName": "INSERT", "dynamodb": change}]})
    queue, url = boto3.client("sqs"), settings.delivery_queue_url
    while found := queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in found]
        assert workers.deliver_webhook({"Records": records}) == {"batchItemFailures": []}
        for one in found:
            queue.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])


def seen_by_citizen(city: City, report: Any, language: str) -> tuple[str, str, str, str]:
    """Status, colour, agency and the last words of the timeline."""
    spoken = {"accept-language": language}
    shown = city.get(f"/v1/reports/{report['id']}", by=CITIZEN, headers=spoken).json
    updates = city.get(f"/v1/reports/{report['id']}/updates", headers=spoken).json["items"]
    return shown["status"], shown["colour"], shown["agency"]["name"], updates[-1]["note"]


def test_a_report_goes_to_the_ministry_and_its_answers_come_back(
    city: City, cloud: Cloud, ministry: Ministry
) -> None:
    boto3.client("sqs").purge_queue(QueueUrl=settings.delivery_queue_url)
    seen: set[str] = set()
    ministry.connect()
    post_office(cloud, seen)
    assert ministry.inbox.get(timeout=10)["type"] == "endpoint.ping"
    report, others = city.report(KENANGA), city.report(KENANGA)
    moved(city, report, "referred", officer(ROADS), refer_to=MINISTRY, note="Jalan nasional.")
    post_office(cloud, seen)
    message = ministry.inbox.get(timeout=10)
    # It is told of what is handed to it, and of nothing else.
    assert ministry.inbox.empty()
    told = message["data"]
    assert (message["type"], told["report_id"]) == ("report.routed", report["id"])
    assert (told["agency_id"], told["previous_agency_id"]) == (MINISTRY, ROADS)
    assert (told["status"], told["category"]) == ("referred", ROAD)
    assert CITIZEN.sub not in json.dumps(message)

    assert ministry.answer(message, "TERIMA").json["status"] == "acknowledged"
    assert ministry.answer(message, "KERJA").status == 200
    number, agency = report["number"], "Kementerian PU"
    assert seen_by_citizen(city, report, "id") == (
        ("in_progress", "yellow", agency, f"Kementerian PU mulai mengerjakan {number}.")
    )
    assert seen_by_citizen(city, report, "en")[3] == f"{agency} has begun to work on {number}."

    refused = ministry.answer(message, "KERJA")
    assert (refused.status, refused.json["code"]) == (409, "IllegalTransition")
    assert "resolved" in refused.json["legal"]
    assert ministry.answer(message, "TUNTAS").status == 422
    proof = photo(report)
    assert ministry.answer(message, "TUNTAS", proof_photo_ids=[proof]).status == 200
    status, colour, _, words = seen_by_citizen(city, report, "en")
    assert (status, colour, words) == ("resolved", "green", "It has been repaired.")
    answer = city.post(f"/v1/reports/{report['id']}/confirmation", {"fixed": True}, by=CITIZEN)
    assert answer.json["status"] == "confirmed"
    post_office(cloud, seen)
    # Deliveries run side by side: they arrive in any order.
    types = sorted(ministry.inbox.get(timeout=10)["type"] for _ in range(4))
    assert types == ["report.confirmed"] + ["report.status_changed"] * 3
    # Its key opens its own reports only.
    foreign = {"data": {"report_id": others["id"]}}
    assert ministry.answer(foreign, "TERIMA").status == 403


def test_what_is_not_the_ministrys_goes_back_by_its_own_code(
    city: City, cloud: Cloud, ministry: Ministry
) -> None:
    ministry.connect()
    report = city.report(KENANGA)
    moved(city, report, "referred", officer(ROADS), refer_to=MINISTRY)
    message = {"data": {"report_id": report["id"]}}
    assert ministry.answer(message, "BUKAN-KAMI").status == 422
    back = ministry.answer(message, "BUKAN-KAMI", refer_to=ROADS, note="Bukan jalan nasional.")
    assert (back.status, back.json["hand_over_count"]) == (200, 2)
    assert seen_by_citizen(city, report, "id") == (
        ("referred", "yellow", "Dinas Jalan", "Bukan jalan nasional.")
    )
    assert ministry.answer(message, "TERIMA").status == 403
