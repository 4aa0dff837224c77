"""A small HTTP server that follows the contract as far as seeding needs, remembering all calls."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from infra.demo.story import outcome


class FakeCity:
    """Answers as the contract says; remembers calls, and each report's status and photos."""

    def __init__(
        self, refused: str = "", refused_with: int = 409, photo_state: str = "ready"
    ) -> None:
        self.refused, self.refused_with, self.photo_state = refused, refused_with, photo_state
        self.client_ids: set[str] = set()
        self.calls: list[tuple[str, str, str, Any]] = []  # method, path, token, body
        self.reports: dict[str, dict[str, Any]] = {}  # by the reporter's token
        self.told: list[tuple[int, int, str]] = []
        self.base_url, self.lock = "", Lock()

    def of(self, n: int) -> dict[str, Any]:
        """The report that the demo lists at position `n`."""
        return self.reports[f"citizen/None/demo-citizen-{n:02d}"]

    def steps(self, n: int, verb: str) -> list[tuple[str, Any]]:
        """Who did `verb` on report `n`, and how."""
        path = f"/v1/reports/{self.of(n)['id']}/{verb}"
        return [(who, body) for _, called, who, body in self.calls if called == path]

    def answer(self, method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        with self.lock:
            self.calls.append((method, path, token, body))
            if self.refused and path.startswith(self.refused):
                return self.refused_with, {"code": "NotLegal", "detail": "The table forbids it."}
            return self._served(method, path, token, body)

    def _served(self, method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        if path == "/v1/me/reports":
            own = [self.reports[token]] if token in self.reports else []
            return 200, {"items": own, "next": None}
        if path == "/v1/reports" and body["client_id"] in self.client_ids:
            return 422, {"code": "IdempotencyMismatch"}
        if path == "/v1/reports":
            return 201, self._created(token, body)
        if match := re.fullmatch(r"/v1/reports/([^/]+)(?:/(\w+))?", path):
            report = next(r for r in self.reports.values() if r["id"] == match[1])
            return 200, self._changed(report, match[2], body)
        return 204, None

    def _created(self, token: str, body: Any) -> dict[str, Any]:
        report = {
            "id": f"r{len(self.reports):02d}",
            "status": "submitted",
            "agency": {"id": "layanan-warga"},
            "photos": [],
        }
        self.reports[token] = report
        self.client_ids.add(body["client_id"])
        return {**report, "uploads": self._slots(report, body["photos"])}

    def _changed(self, report: dict[str, Any], verb: str | None, body: Any) -> dict[str, Any]:
        if verb == "photos":
            return {"uploads": self._slots(report, body["count"])}
        if verb in {"status", "confirmation"}:
            report["status"] = outcome({"do": verb, **body})
            report["agency"]["id"] = body.get("refer_to", report["agency"]["id"])
        return report

    def _slots(self, report: dict[str, Any], count: int) -> list[dict[str, Any]]:
        slots = []
        for _ in range(count):
            photo_id = f"{report['id']}-p{len(report['photos'])}"
            report["photos"].append({"photo_id": photo_id, "state": self.photo_state})
            url = f"{self.base_url}/bucket"
            slots.append({"photo_id": photo_id, "url": url, "fields": {"key": photo_id}})
        return slots


def handler(city: FakeCity) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in two packets waits 40 ms for the delayed ACK

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = form(self.headers["Content-Type"], content) if content else None
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, answer = city.answer(self.command, self.path, token, body)
            sent = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    return Handler


def form(content_type: str, content: bytes) -> Any:
    """JSON, or the names and sizes of a multipart form's fields."""
    if content_type == "application/json":
        return json.loads(content)
    mark = EmailMessage()
    mark["Content-Type"] = content_type
    boundary = str(mark.get_param("boundary")).encode()
    parts = [part.split(b"\r\n\r\n", 1) for part in content.split(b"--" + boundary)[1:-1]]
    return [(re.findall(rb'name="(\w+)"', head)[0].decode(), value[:-2]) for head, value in parts]


@contextmanager
def running(city: FakeCity) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(city)) as server:
        city.base_url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield city.base_url
        finally:
            server.shutdown()
            thread.join()
