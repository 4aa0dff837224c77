"""A whole day goes in by the commands that users type, and every number is recounted."""

import io
import json
import os
import random
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Any

from PIL import Image

from infra.local import identity
from tests.stack.calls import call, digest_of_today, until
from tests.stack.conftest import City

SIDE = 0.02
WARDS = [(row, column) for row in range(3) for column in range(4)]
REPORTS, OUTSIDE = 90, 6
DICE = random.Random(20170221)


def test_a_day_of_reports_is_taken_routed_told_found_and_counted(
    city: City, tmp_path: Path
) -> None:
    admin = identity.token(city.data, "admin")
    _directory(city, admin)
    wards = _file(tmp_path / "wards.geojson", [_ward(*ward) for ward in WARDS])
    assert "12 areas" in _make(city, "import_areas", "--file", wards, "--id=code", "--name=label")

    points = [_inside() for _ in range(REPORTS)]
    features = [_feature(n, *point) for n, point in enumerate(points)]
    features += [_feature(REPORTS + n, 106.5, -5.0) for n in range(OUTSIDE)]
    reports, events = _file(tmp_path / "day.geojson", features), tmp_path / "events.jsonl"
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        "category: {value: flooding}\n"
        "description: {from: text, otherwise: Banjir}\n"
        "observed_at: {from: at, zone: Asia/Jakarta}\n"
    )
    replay = ["--file", reports, "--map", mapping, "--photos", _pictures(tmp_path / "photos")]
    with _watching(city, events):
        told = _make(city, "replay", *replay)
        assert f"accepted  {REPORTS}" in told
        assert f"{OUTSIDE} x location:" in told
        assert "2 x ready" in told
        assert "rejected (corrupt, 3.jpg)" in told
        again = _make(city, "replay", *replay)
        assert f"known     {REPORTS}" in again
        until(lambda: len(_created(events)) >= REPORTS)

    created = _created(events)
    assert len({event["id"] for event in created}) == len(created) == REPORTS
    facts = {event["data"]["report_id"]: event["data"] for event in created}
    assert len(facts) == REPORTS
    for data in facts.values():
        assert [area["id"] for area in data["areas"]] == [_ward_of(data["location"])]
        assert data["agency_id"] == "works"
    _near_equals_a_recount(city, facts)
    _digest_equals_a_recount(city, admin, facts)
    _pictures_are_clean(city, facts)


def _near_equals_a_recount(city: City, facts: dict[str, Any]) -> None:
    for radius in (100, 700, 2500, 9000):
        lon, lat = _inside()
        wanted = sorted(
            (distance, id)
            for id, data in facts.items()
            if (distance := _metres(lat, lon, data["location"])) <= radius
        )
        found = list(_all_near(city, f"near={lat},{lon}&radius={radius}&limit=40"))
        assert [item["id"] for item in found] == [id for _, id in wanted]


def _all_near(city: City, query: str) -> Iterator[Any]:
    page = call(city.url, "GET", f"/v1/reports?{query}")
    yield from page["items"]
    while page["next"]:
        page = call(city.url, "GET", f"/v1/reports?{query}&cursor={page['next']}")
        yield from page["items"]


def _digest_equals_a_recount(city: City, admin: str, facts: dict[str, Any]) -> None:
    days = {_day(data["reported_at"]) for data in facts.values()}
    counted, by_ward = 0, Counter[str]()
    for day in days:
        run = digest_of_today(city.url, admin, day)
        counted += run["figures"]["submitted"]
        with urllib.request.urlopen(run["files"]["json"]) as answer:
            areas = json.load(answer)["by_area"]
        by_ward.update({part["id"]: part["figures"]["submitted"] for part in areas})
    assert counted == REPORTS
    assert by_ward == Counter(data["areas"][-1]["id"] for data in facts.values())


def _pictures_are_clean(city: City, facts: dict[str, Any]) -> None:
    reports = [call(city.url, "GET", f"/v1/reports/{id}") for id in facts]
    ready = [photo for one in reports for photo in one["photos"] if photo["state"] == "ready"]
    assert len(ready) == 2
    for photo in ready:
        with urllib.request.urlopen(photo["urls"]["1600"]) as answer:
            picture = Image.open(io.BytesIO(answer.read()))
        assert not picture.getexif()
        assert max(picture.size) == 900


def _directory(city: City, admin: str) -> None:
    name = {"id": "Banjir", "en": "Flooding"}
    entries = {
        "agencies/works": {"name": "Works", "tier": "city"},
        "categories/flooding": {"name": name, "group": "water"},
        "routes/default": {"category": "*", "area": "*", "agency": "works"},
    }
    for path, body in entries.items():
        call(city.url, "PUT", f"/v1/admin/{path}", admin, body)


def _ward(row: int, column: int) -> dict[str, Any]:
    west, south = 107 + column * SIDE, -5 + row * SIDE
    east, north = 107 + (column + 1) * SIDE, -5 + (row + 1) * SIDE
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    properties = {"code": f"{row}.{column}", "label": f"Ward {row} {column}"}
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _ward_of(location: dict[str, float]) -> str:
    return f"{int((location['lat'] + 5) / SIDE)}.{int((location['lon'] - 107) / SIDE)}"


def _inside() -> tuple[float, float]:
    # Half of them close together, as on a real flood day.
    if DICE.random() < 0.5:
        return 107.031 + DICE.gauss(0, 0.002), -4.969 + DICE.gauss(0, 0.002)
    return 107.001 + DICE.random() * 0.078, -4.999 + DICE.random() * 0.058


def _feature(n: int, lon: float, lat: float) -> dict[str, Any]:
    text = f"Banjir {n}" if n % 10 else None
    return {
        "type": "Feature",
        "properties": {"text": text, "at": f"2017-02-21T{n % 24:02d}:10:00"},
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
    }


def _file(file: Path, features: list[dict[str, Any]]) -> Path:
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return file


def _pictures(folder: Path) -> Path:
    folder.mkdir()
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "S"
    exif[0x010F] = "A camera"
    Image.new("RGB", (900, 600), "teal").save(folder / "1.jpg", exif=exif)
    Image.new("RGBA", (600, 900), "navy").save(folder / "2.png")
    (folder / "3.jpg").write_bytes((folder / "1.jpg").read_bytes()[:700])
    return folder


def _make(city: City, command: str, *arguments: object) -> str:
    done = subprocess.run(
        [*_command(city, command), *(str(one) for one in arguments)],
        env={**os.environ, "DATA_DIR": str(city.data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _command(city: City, name: str) -> list[str]:
    return [sys.executable, "-m", f"infra.tools.{name}", "--url", city.url]


@contextmanager
def _watching(city: City, events: Path) -> Iterator[None]:
    """A receiver for the city's agency; says at its end that it saw nothing it could not verify."""
    with subprocess.Popen(
        [*_command(city, "watch_webhooks"), "--agency", "works", "--to", str(events)],
        env={**os.environ, "DATA_DIR": str(city.data)},
        stdout=subprocess.PIPE,
        text=True,
    ) as watcher:
        try:
            until(lambda: events.exists() and "endpoint.ping" in events.read_text())
            yield
        finally:
            watcher.terminate()
            told = watcher.communicate()[0]
    assert "not verified" not in told
    assert watcher.returncode == 0


def _created(events: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    return [event for event in lines if event["type"] == "report.created"]


def _day(time: str) -> str:
    return (datetime.fromisoformat(time).astimezone(UTC) + timedelta(hours=7)).date().isoformat()


def _metres(lat: float, lon: float, to: dict[str, float]) -> float:
    """Haversine on the sphere of radius 6,371,008.8 m (IUGG mean radius)."""
    half = sin(radians(to["lat"] - lat) / 2) ** 2
    half += cos(radians(lat)) * cos(radians(to["lat"])) * sin(radians(to["lon"] - lon) / 2) ** 2
    return 2 * 6_371_008.8 * asin(sqrt(half))
