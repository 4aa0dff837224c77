"""A replay sends each record once, keeps its rate, and says what became of each."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.client import Client
from infra.tools.replay import Picture, Summary, quantile, replay

RULES = {"description": {"from": "text"}}
RECORDS = [
    {"geometry": {"type": "Point", "coordinates": [107.0, -5.0]}, "properties": {"text": str(n)}}
    for n in range(12)
]


class City:
    """Takes reports; refuses those whose text is in `refused`; knows client ids again."""

    def __init__(self, refused: frozenset[str] = frozenset()) -> None:
        self.refused, self.reports = refused, dict[str, Any]()
        self.uploads = 0
        self.lock = threading.Lock()

    def post(self, body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        if body["description"] in self.refused:
            errors = [{"field": "location", "message": "outside"}]
            return 422, {}, {"code": "Unprocessable", "errors": errors}
        with self.lock:
            known = body["client_id"] in self.reports
            self.reports[body["client_id"]] = body
        slots = [{"photo_id": "p", "url": self.url + "/bucket", "fields": {}}] * body["photos"]
        headers = {"idempotent-replayed": "true"} if known else {}
        return 201, headers, {"id": body["client_id"], "uploads": slots}

    url = ""


@contextmanager
def running(city: City) -> Iterator[Client]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/bucket":
                city.uploads += 1
                self._answer(204, {}, None)
            else:
                self._answer(*city.post(json.loads(content)))

        def do_GET(self) -> None:
            photo = {"state": "rejected", "reason": "corrupt"}
            self._answer(200, {}, {"photos": [photo]})

        def _answer(self, status: int, headers: dict[str, str], body: Any) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"" if body is None else json.dumps(body).encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        city.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Client(city.url, lambda *_: "")
        finally:
            server.shutdown()
            thread.join()


def test_every_record_arrives_once_and_again_adds_nothing() -> None:
    city = City()
    with running(city) as client:
        first, second = replay(client, RECORDS, RULES), replay(client, RECORDS, RULES)
    assert sorted(body["description"] for body in city.reports.values()) == sorted(
        str(n) for n in range(12)
    )
    assert (len(first.accepted), first.repeated) == (12, 0)
    assert (len(second.accepted), second.repeated) == (0, 12)


def test_refusals_are_counted_by_their_reason() -> None:
    with running(City(frozenset({"3", "4"}))) as client:
        summary = replay(client, RECORDS, RULES)
    assert summary.refused == {"location: outside": 2}
    assert "          2 x location: outside" in summary.lines()


def test_a_record_that_cannot_be_read_stops_nobody() -> None:
    rules = {**RULES, "observed_at": {"from": "at", "zone": "Asia/Jakarta"}}
    broken = {**RECORDS[0], "properties": {"text": "Banjir", "at": "yesterday"}}
    with running(City()) as client:
        summary = replay(client, [broken, *RECORDS], rules)
    assert len(summary.accepted) == 12
    assert [why for why in summary.refused if "yesterday" in why]


def test_the_rate_is_kept() -> None:
    with running(City()) as client:
        summary = replay(client, RECORDS, RULES, rate=60)
    assert summary.seconds >= 11 / 60


def test_pictures_go_along_and_their_end_is_told() -> None:
    city = City()
    with running(city) as client:
        summary = replay(client, RECORDS, RULES, pictures=[Picture("a.jpg", b"x", "image/jpeg")])
    assert city.uploads == 1
    assert summary.photos == {"rejected (corrupt, a.jpg)": 1}


def test_quantiles_are_nearest_ranks() -> None:
    values = [float(n) for n in range(1, 101)]
    assert (quantile(values, 0.5), quantile(values, 0.99)) == (50.0, 99.0)
    assert quantile([7.0], 0.99) == 7.0


def test_an_empty_replay_has_a_summary() -> None:
    assert Summary().lines()
