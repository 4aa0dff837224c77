"""The whole system on the local AWS: from a report with a photo to the day's digest."""

import http.server
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from standardwebhooks import Webhook

from infra.local import identity

SQUARE = [[[107.0, -5.0], [107.1, -5.0], [107.1, -4.9], [107.0, -4.9], [107.0, -5.0]]]
PLACE = {"lat": -4.95, "lon": 107.05}


@pytest.fixture
def city(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A running system without the demo city: its URL and its data folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PORT": str(port), "DATA_DIR": str(tmp_path), "DEMO": "0"}
    with subprocess.Popen(
        [sys.executable, "-m", "infra.local.run"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        lines = list(iter(running.stdout.readline, f"ready http://127.0.0.1:{port}\n"))
        assert "" not in lines[-1:], lines
        yield f"http://127.0.0.1:{port}", tmp_path
        running.terminate()


def test_a_report_goes_all_the_way_from_photo_to_digest(city: tuple[str, Path]) -> None:
    url, data = city
    admin = identity.token(data, "admin")
    officer = identity.token(data, "officer", "works", "officer-1")
    feature = {
        "type": "Feature",
        "id": "ward",
        "properties": {"name": "Ward", "level": 1, "parent": None},
        "geometry": {"type": "Polygon", "coordinates": SQUARE},
    }
    call(url, "PUT", "/v1/admin/areas", admin, {"type": "FeatureCollection", "features": [feature]})
    call(url, "PUT", "/v1/admin/agencies/works", admin, {"name": "Works", "tier": "city"})
    name = {"id": "Banjir", "en": "Flooding"}
    call(url, "PUT", "/v1/admin/categories/flooding", admin, {"name": name, "group": "water"})
    route = {"category": "*", "area": "*", "agency": "works"}
    call(url, "PUT", "/v1/admin/routes/default", admin, route)

    inbox: list[tuple[dict[str, str], bytes]] = []
    receiver = _receiver(inbox)
    target = {"url": f"http://127.0.0.1:{receiver.server_port}/events"}
    endpoint = call(url, "POST", "/v1/webhooks", officer, target)
    _until(lambda: call(url, "GET", f"/v1/webhooks/{endpoint['id']}", officer)["state"] == "active")

    sent = {"category": "flooding", "description": "Banjir", "location": PLACE, "photos": 1}
    report = call(url, "POST", "/v1/reports", None, sent)
    path = f"/v1/reports/{report['id']}"
    assert [area["id"] for area in report["areas"]] == ["ward"]
    assert report["agency"]["id"] == "works"
    _upload(report["uploads"][0], _picture())
    photo = _until(lambda: (call(url, "GET", path)["photos"][0], "ready"), by_state=True)
    with urllib.request.urlopen(photo["urls"]["640"]) as answer:
        clean = Image.open(io.BytesIO(answer.read()))
    assert not clean.getexif()
    assert "comment" not in clean.info

    fixed = {"status": "resolved", "reason": "fixed"}
    assert call(url, "POST", f"{path}/status", officer, fixed)["colour"] == "green"
    happy = {"fixed": True, "rating": 5}
    tracking = {"x-tracking-code": report["tracking_code"]}
    assert call(url, "POST", f"{path}/confirmation", None, happy, tracking)["status"] == "confirmed"

    near = call(url, "GET", f"/v1/reports?near={PLACE['lat']},{PLACE['lon']}&radius=50")
    assert [item["id"] for item in near["items"]] == [report["id"]]
    _until(lambda: len(inbox) >= 5)
    types = [_verified(endpoint["secret"], *message)["type"] for message in inbox]
    assert sorted(types) == [
        "endpoint.ping",
        "report.confirmed",
        "report.created",
        "report.photo_ready",
        "report.status_changed",
    ]
    assert len({headers["webhook-id"] for headers, _ in inbox}) == len(inbox)
    receiver.shutdown()
    receiver.server_close()

    daily = {"name": "Harian", "period": "day", "recipients": ["mayor@example.org"]}
    digest = call(url, "POST", "/v1/admin/digests", admin, daily)
    runs = f"/v1/admin/digests/{digest['id']}/runs"
    today = datetime.now(UTC) + timedelta(hours=7)
    run = call(url, "POST", runs, admin, {"period": f"{today:%Y-%m-%d}"})
    done = _until(lambda: (call(url, "GET", f"{runs}/{run['id']}", admin), "done"), by_state=True)
    counted = {name: done["figures"][name] for name in ("submitted", "confirmed_resolved")}
    assert counted == {"submitted": 1, "confirmed_resolved": 1}
    with urllib.request.urlopen(f"{url}/_ministack/ses/messages") as answer:
        assert b"mayor@example.org" in answer.read()


def call(
    url: str,
    method: str,
    path: str,
    token: str | None = None,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> Any:
    sent = {"Content-Type": "application/json", **(headers or {})}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", content, sent, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        raise AssertionError(f"{method} {path}: {refusal.read().decode()}") from None


def _until(condition: Callable[[], Any], by_state: bool = False) -> Any:
    """What the condition gives once it holds; a failure after half a minute."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = condition()
        if by_state and found[0]["state"] == found[1]:
            return found[0]
        if not by_state and found:
            return found
        threading.Event().wait(0.05)
    raise AssertionError(f"still {found}")


def _receiver(inbox: list[tuple[dict[str, str], bytes]]) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _verified(secret: str, headers: dict[str, str], body: bytes) -> Any:
    return Webhook(secret).verify(body, headers)


def _picture() -> bytes:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    Image.new("RGB", (800, 600), "teal").save(file, "JPEG", exif=exif, comment=b"secret")
    return file.getvalue()


def _upload(form: dict[str, Any], picture: bytes) -> None:
    import urllib3

    fields = {**form["fields"], "file": ("photo.jpg", picture, "image/jpeg")}
    answer = urllib3.request("POST", form["url"], fields=fields)
    assert answer.status == 204, answer.data
