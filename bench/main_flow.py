"""The main flow on the local AWS: writing, reading, queues, photos, webhooks."""

import io
import os
import random
import threading
import time
from typing import Any

from PIL import Image

from bench.result import Result, Row
from bench.system import ADMIN, SIDE, SOUTH, WEST, System, running
from infra.client import Person
from infra.tools.replay import quantile, replay
from infra.tools.watch_webhooks import Receiver

REPORTS, CALLS, PHOTOS, QUEUED, HOOKS = 600, 200, 10, 40, 40
RULES = {"category": {"value": "flooding"}, "description": {"from": "text"}}
OFFICER, ROADMAN = Person("officer", "bench", "works"), Person("officer", "bench", "roads")


def measure() -> Result:
    """Start a system, load it, and time what its users wait for."""
    dice = random.Random(1)
    load, _, _ = os.getloadavg()
    with running() as system:
        loaded = replay(system.client, [_record(dice) for _ in range(REPORTS)], RULES)
        if len(loaded.accepted) != REPORTS:
            raise RuntimeError(f"not all were accepted: {loaded.refused}")
        writing = [_timed(lambda: _post(system, dice)) for _ in range(CALLS)]
        reading = [_timed(lambda: _near(system, dice)) for _ in range(CALLS)]
        photos = [_photo_seconds(system, dice) for _ in range(PHOTOS)]
        queues = _queue_seconds(system, dice)
        hooks = _hook_seconds(system, dice)
    return Result(
        "The main flow on one machine",
        f"The whole stack on the local AWS, client and system on the same machine. Load: {REPORTS} "
        f"reports over 8 connections; then {CALLS} calls one after the other; {PHOTOS} photos of "
        f"12 megapixels; {QUEUED} reports that a route of its own gives to a second agency, until "
        f"its queue shows them; {HOOKS} reports to a receiver that answers at once. The call is in "
        f"both waits. What else ran on the machine: a load of {load:.1f} before it began.",
        [
            Row("reports a second through the public API", f"{REPORTS / loaded.seconds:.0f}", "20"),
            Row("`POST /v1/reports`, p50", f"{_p(writing, 0.5)} ms", "50 ms"),
            Row("`POST /v1/reports`, p99", f"{_p(writing, 0.99)} ms"),
            Row("`POST /v1/reports` under that load, p50", f"{loaded_p(loaded, 0.5)} ms"),
            Row("`POST /v1/reports` under that load, p99", f"{loaded_p(loaded, 0.99)} ms"),
            Row("`GET /v1/reports?near=`, 1 km, 20 items, p50", f"{_p(reading, 0.5)} ms"),
            Row("`GET /v1/reports?near=`, 1 km, 20 items, p99", f"{_p(reading, 0.99)} ms"),
            Row("upload to `photo_ready`, median", f"{quantile(photos, 0.5):.2f} s", "3 s"),
            Row("upload to `photo_ready`, worst", f"{max(photos):.2f} s"),
            Row("report to its agency's queue, median", f"{quantile(queues, 0.5):.3f} s", "1 s"),
            Row("report to its agency's queue, worst", f"{max(queues):.3f} s"),
            Row("report to webhook, median", f"{quantile(hooks, 0.5):.3f} s", "2 s"),
            Row("report to webhook, worst", f"{max(hooks):.3f} s"),
        ],
    )


def loaded_p(loaded: Any, share: float) -> str:
    """A quantile of the replay's answers in milliseconds."""
    return f"{quantile(loaded.milliseconds, share):.0f}"


def _p(seconds: list[float], share: float) -> str:
    return f"{1000 * quantile(seconds, share):.1f}"


def _timed(act: Any) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _point(dice: random.Random) -> tuple[float, float]:
    return WEST + SIDE * dice.random(), SOUTH + SIDE * dice.random()


def _record(dice: random.Random) -> dict[str, Any]:
    text = f"Banjir setinggi {dice.randrange(200)} cm"
    return {
        "geometry": {"type": "Point", "coordinates": _point(dice)},
        "properties": {"text": text},
    }


def _post(system: System, dice: random.Random, kind: str = "flooding", photos: int = 0) -> Any:
    lon, lat = _point(dice)
    place = {"lat": lat, "lon": lon}
    body = {"category": kind, "description": "Banjir", "location": place, "photos": photos}
    return system.client.call("POST", "/v1/reports", None, body)


def _near(system: System, dice: random.Random) -> None:
    lon, lat = _point(dice)
    system.client.call("GET", f"/v1/reports?near={lat},{lon}&radius=1000&limit=20", None)


def _photo_seconds(system: System, dice: random.Random) -> float:
    report = _post(system, dice, photos=1)
    picture = _picture(dice)
    started = time.perf_counter()
    system.client.upload(report["uploads"][0], picture)
    while _photo_state(system, report["id"]) == "waiting":
        time.sleep(0.02)
    return time.perf_counter() - started


def _photo_state(system: System, report_id: str) -> str:
    return str(system.client.call("GET", f"/v1/reports/{report_id}", None)["photos"][0]["state"])


def _picture(dice: random.Random) -> bytes:
    """12 megapixels with as much detail as a photo has: noise, enlarged."""
    noise = Image.frombytes("RGB", (500, 375), dice.randbytes(500 * 375 * 3))
    file = io.BytesIO()
    noise.resize((4000, 3000), Image.Resampling.BICUBIC).save(file, "JPEG", quality=88)
    return file.getvalue()


def _queue_seconds(system: System, dice: random.Random) -> list[float]:
    """From sending a report to its place in the queue of the agency that the routes name."""
    for path, body in (
        ("agencies/roads", {"name": "Roads", "tier": "city"}),
        ("categories/pothole", {"name": {"id": "Lubang", "en": "Pothole"}, "group": "roads"}),
        ("routes/roads", {"category": "pothole", "area": "city", "agency": "roads"}),
    ):
        system.client.call("PUT", f"/v1/admin/{path}", ADMIN, body)
    waits = []
    for _ in range(QUEUED):
        started = time.perf_counter()
        id = _post(system, dice, "pothole")["id"]
        while not _is_queued(system, id):
            time.sleep(0.02)
        waits.append(time.perf_counter() - started)
    return waits


def _is_queued(system: System, report_id: str) -> bool:
    queue = system.client.call("GET", "/v1/agency/reports", ROADMAN)["items"]
    return any(item["id"] == report_id for item in queue)


def _hook_seconds(system: System, dice: random.Random) -> list[float]:
    """From sending a report to the arrival of its event, one after the other."""
    came: dict[str, float] = {}
    arrived = threading.Condition()

    def show(_: str, event: Any) -> None:
        with arrived:
            came[event["data"].get("report_id", "ping")] = time.perf_counter()
            arrived.notify_all()

    receiver = Receiver(show)
    endpoint = system.client.call("POST", "/v1/webhooks", OFFICER, {"url": receiver.url})
    receiver.trust(endpoint["secret"])
    path = f"/v1/webhooks/{endpoint['id']}"
    while system.client.call("GET", path, OFFICER)["state"] != "active":
        time.sleep(0.02)
    waits = []
    for _ in range(HOOKS):
        started = time.perf_counter()
        id = _post(system, dice)["id"]
        with arrived:
            if not arrived.wait_for(lambda id=id: id in came, timeout=30):  # type: ignore[misc]
                raise RuntimeError("an event did not arrive within 30 s")
        waits.append(came[id] - started)
    receiver.close()
    return waits
