"""Photos on the local AWS, which enforces policies: what the worker and moderators really may."""

import urllib.error
import urllib.request
from typing import Any

from infra.client import Client, Person
from infra.local import identity, stack
from tests.photos.pictures import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    alike,
    corners,
    encoded,
    opened,
    quarters,
)
from tests.stack.calls import until
from tests.stack.conftest import SHARED, City

ADMIN, MODERATOR = Person("admin", "admin"), Person("moderator", "moderator")
BLACK = (0, 0, 0)
STRAY = "originals/01ARZ3NDEKTSV4RRFFQ69G5FAV/01ARZ3NDEKTSV4RRFFQ69G5FAV"


@SHARED
def test_a_photo_is_refused_shown_redacted_and_a_stray_is_removed(shared_city: City) -> None:
    client = Client(shared_city.url, lambda *who: identity.token(shared_city.data, *who))
    _furnish(client)
    report = _report(client, photos=2)
    bad, good = report["uploads"]
    client.upload(bad, b"<svg/>", "image/svg+xml")
    client.upload(good, encoded(quarters(800, 600), "JPEG"))
    refused = until(lambda: _photo(client, report, 0, "rejected"))
    assert refused["reason"] == "not_a_picture"
    assert refused["message"].endswith(".")
    shown = until(lambda: _photo(client, report, 1, "ready"))
    assert all(map(alike, _corners(shown), (RED, GREEN, BLUE, YELLOW)))

    path = f"/v1/admin/moderation/photos/{report['id']}/{shown['photo_id']}/redactions"
    left = {"left": 0, "top": 0, "right": 0.5, "bottom": 1}
    client.call("POST", path, MODERATOR, {"rectangles": [left]})
    redacted = until(lambda: _photo(client, report, 1, "ready"))
    assert all(map(alike, _corners(redacted), (BLACK, GREEN, BLACK, YELLOW)))
    for url in shown["urls"].values():
        until(lambda url=url: _gone(url))  # type: ignore[misc]

    s3: Any = stack.client("s3", shared_city.url)
    (uploads,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if "-uploads-" in one["Name"]]
    s3.put_object(Bucket=uploads, Key=STRAY, Body=b"nobody asked for this")
    until(lambda: s3.list_objects_v2(Bucket=uploads, Prefix=STRAY)["KeyCount"] == 0)
    rejected = bad["fields"]["key"]
    assert s3.list_objects_v2(Bucket=uploads, Prefix=rejected)["KeyCount"] == 0


def _furnish(client: Client) -> None:
    square = [[[107.0, -5.0], [107.1, -5.0], [107.1, -4.9], [107.0, -4.9], [107.0, -5.0]]]
    area = {
        "type": "Feature",
        "id": "ward",
        "properties": {"name": "Ward", "level": 1, "parent": None},
        "geometry": {"type": "Polygon", "coordinates": square},
    }
    areas = {"type": "FeatureCollection", "features": [area]}
    client.call("PUT", "/v1/admin/areas", ADMIN, areas)
    category = {"name": {"id": "Banjir", "en": "Flooding"}, "group": "water"}
    client.call("PUT", "/v1/admin/categories/flooding", ADMIN, category)


def _report(client: Client, photos: int) -> Any:
    place = {"lat": -4.95, "lon": 107.05}
    body = {"category": "flooding", "description": "Banjir", "location": place, "photos": photos}
    return client.call("POST", "/v1/reports", None, body)


def _photo(client: Client, report: Any, number: int, state: str) -> Any:
    """The photo once it is in this state, else None."""
    photo = client.call("GET", f"/v1/reports/{report['id']}", None)["photos"][number]
    return photo if photo["state"] == state else None


def _corners(photo: Any) -> list[tuple[int, ...]]:
    with urllib.request.urlopen(photo["urls"]["1600"]) as answer:
        return corners(opened(answer.read()))


def _gone(url: str) -> bool:
    try:
        urllib.request.urlopen(url).close()
    except urllib.error.HTTPError as refusal:
        return refusal.code == 404
    return False
