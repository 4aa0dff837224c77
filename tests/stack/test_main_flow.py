"""The whole system on the local AWS: from a report with a photo to the day's digest."""

import http.server
import io
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import urllib3
from PIL import Image
from standardwebhooks import Webhook

from infra.local import identity
from tests.stack.calls import call, digest_of_today, until, until_state
from tests.stack.conftest import SHARED, City

SQUARE = [[[107.0, -5.0], [107.1, -5.0], [107.1, -4.9], [107.0, -4.9], [107.0, -5.0]]]
PLACE = {"lat": -4.95, "lon": 107.05}


def test_a_report_goes_all_the_way_from_photo_to_digest(city: City) -> None:
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
    until_state(lambda: call(url, "GET", f"/v1/webhooks/{endpoint['id']}", officer), "active")

    sent = {"category": "flooding", "description": "Banjir", "location": PLACE, "photos": 1}
    report = call(url, "POST", "/v1/reports", None, sent)
    path = f"/v1/reports/{report['id']}"
    assert [area["id"] for area in report["areas"]] == ["ward"]
    assert report["agency"]["id"] == "works"
    _upload(report["uploads"][0], _picture())
    photo = until_state(lambda: call(url, "GET", path)["photos"][0], "ready")
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
    until(lambda: len(inbox) >= 5)
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

    today = datetime.now(UTC) + timedelta(hours=7)
    done = digest_of_today(url, admin, f"{today:%Y-%m-%d}", recipients=["mayor@example.org"])
    counted = {name: done["figures"][name] for name in ("submitted", "confirmed_resolved")}
    assert counted == {"submitted": 1, "confirmed_resolved": 1}
    with urllib.request.urlopen(f"{url}/_ministack/ses/messages") as answer:
        assert b"mayor@example.org" in answer.read()


@SHARED
def test_unknown_paths_and_bad_bodies_are_refused_in_our_own_form(shared_city: City) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = urllib3.request(method, f"{shared_city.url}/v1/no/such/place")
        assert (answer.status, answer.json()["code"]) == (404, "NoSuchPath")
    as_json = {"Content-Type": "application/json"}
    for body in (
        b"{",
        b"[]",
        b"\xff",
        b'{"category": 1}',
        b"[" * 5000,
        b'"' + b"x" * 70_000 + b'"',
    ):
        answer = urllib3.request(
            "POST", f"{shared_city.url}/v1/reports", body=body, headers=as_json
        )
        assert 400 <= answer.status < 500, (body[:40], answer.data)
        assert answer.headers["Content-Type"] == "application/problem+json"


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
    fields = {**form["fields"], "file": ("photo.jpg", picture, "image/jpeg")}
    answer = urllib3.request("POST", form["url"], fields=fields)
    assert answer.status == 204, answer.data
