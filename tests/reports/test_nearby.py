"""Reports near a point are the nearest of all, in order, as a plain look at every report says."""

import random
from math import exp, log
from typing import Any

import pytest

from chalicelib.clock import now
from chalicelib.places.distance import distance_m
from chalicelib.places.point import Point
from tests.city import City
from tests.reports.crowd import (
    EVERYTHING,
    ISLES,
    NORTH_CAPE,
    SPOT,
    TOWN,
    Crowd,
    Wanted,
    filters,
    pages,
    somewhere,
)

pytestmark = pytest.mark.xdist_group("crowd")


def near(centre: Point, radius: float, limit: int = 200, wanted: Wanted = EVERYTHING) -> str:
    place = f"near={centre.lat!r},{centre.lon!r}&radius={radius!r}"
    return f"/v1/reports?{place}&limit={limit}{wanted.query()}"


def asked(chance: random.Random, crowd: Crowd) -> tuple[Point, float, int, Wanted]:
    """A random question: around anywhere or a report itself, of any size, rarely filtered."""
    centre = somewhere(chance, chance.choice((TOWN, TOWN, ISLES, NORTH_CAPE)))
    if chance.random() < 0.3:
        centre = chance.choice(crowd.known).point
    radius = exp(chance.uniform(log(1), log(50_000)))
    return centre, radius, chance.choice((1, 3, 20, 200)), filters(chance)


def ids(items: Any) -> list[str]:
    return [item["id"] for item in items]


@pytest.mark.parametrize("seed", range(8))
def test_the_answer_is_that_of_looking_at_every_report(crowd: Crowd, seed: int) -> None:
    chance, city = random.Random(seed), City()
    with crowd.quick:
        for _ in range(40):
            centre, radius, limit, wanted = asked(chance, crowd)
            path = near(centre, radius, limit, wanted)
            answer = city.get(path)
            expected = crowd.near(centre, radius, wanted)
            assert ids(answer.json["items"]) == [id for _, id in expected[:limit]], path
            assert (answer.json["next"] is None) == (len(expected) <= limit), path


@pytest.mark.parametrize("place", [SPOT, Point(-16.8, 180.0), Point(-16.8, -179.999)])
def test_the_database_answers_as_its_stand_in_does(crowd: Crowd, place: Point) -> None:
    path = near(place, 600, 40)
    with crowd.quick:
        expected = City().get(path)
    assert expected.json["items"]
    assert City().get(path).body == expected.body


def test_both_sides_of_the_antimeridian_are_near_each_other(crowd: Crowd) -> None:
    with crowd.quick:
        items = City().get(near(Point(-16.8, 179.9995), 3000)).json["items"]
    longitudes = [item["location"]["lon"] for item in items]
    assert min(longitudes) < -179
    assert max(longitudes) > 179


def test_each_item_says_how_far_it_is_in_metres(crowd: Crowd) -> None:
    with crowd.quick:
        items = City().get(near(SPOT, 3000)).json["items"]
    assert len({item["distance_m"] for item in items}) > 50
    for item in items:
        there = Point(item["location"]["lat"], item["location"]["lon"])
        assert item["distance_m"] == pytest.approx(distance_m(SPOT, there), abs=0.051)


def test_a_list_item_says_what_a_map_needs(crowd: Crowd) -> None:
    with crowd.quick:
        (item,) = City().get(near(SPOT, 1, 1)).json["items"]
    (known,) = [one for one in crowd.known if one.id == item["id"]]
    assert set(item) == {
        "id",
        "number",
        "category",
        "title",
        "status",
        "colour",
        "location",
        "geohash",
        "thumb",
        "created_at",
        "distance_m",
    }
    assert (item["category"], item["status"], item["created_at"]) == (
        known.category,
        known.status,
        known.created_at,
    )


@pytest.mark.parametrize(("limit", "radius"), [(1, 20.0), (7, 400.0), (50, 20_000.0)])
def test_the_pages_together_hold_each_report_once_nearest_first(
    crowd: Crowd, limit: int, radius: float
) -> None:
    with crowd.quick:
        found = [id for page in pages(City(), near(SPOT, radius, limit)) for id in ids(page)]
    assert found == [id for _, id in crowd.near(SPOT, radius, EVERYTHING)]


def test_reports_that_come_between_the_pages_hide_none_and_double_none(crowd: Crowd) -> None:
    expected = [id for _, id in crowd.near(SPOT, 5000, EVERYTHING)]
    chance = random.Random(3)

    def more() -> None:
        crowd.add([SPOT, somewhere(chance, TOWN), somewhere(chance, TOWN)], now)

    with crowd.quick:
        found = [id for page in pages(City(), near(SPOT, 5000, 30), more) for id in ids(page)]
    assert len(found) == len(set(found))
    assert [id for id in found if id in set(expected)] == expected


@pytest.mark.parametrize("cells", ["near=-6.2,106.85&radius=1000&category=sampah"])
def test_a_cursor_is_good_only_for_its_own_query(crowd: Crowd, cells: str) -> None:
    with crowd.quick:
        cursor = City().get(f"/v1/reports?{cells}&limit=2").json["next"]
        again = City().get(f"/v1/reports?{cells}&limit=3&cursor={cursor}")
        assert again.status == 200
        for other in (
            cells.replace("1000", "1001"),
            cells.replace("106.85", "106.851"),
            cells.replace("sampah", "lampu"),
            f"{cells}&status=submitted",
            "bbox=106.8,-6.25,106.9,-6.15",
        ):
            answer = City().get(f"/v1/reports?{other}&cursor={cursor}")
            assert (answer.status, answer.json["code"]) == (400, "InvalidInput"), other
            assert [fault["field"] for fault in answer.json["errors"]] == ["cursor"]


def test_a_forged_cursor_is_refused(crowd: Crowd) -> None:
    path = near(SPOT, 1000, 2)
    with crowd.quick:
        cursor = City().get(path).json["next"]
        swapped = "A" if cursor[0] != "A" else "B"
        for forged in (
            swapped + cursor[1:],
            cursor[:-4],
            cursor + "AAAA",
            "x",
            "ä",
            "A" * 400,
            ".",
        ):
            answer = City().get(f"{path}&cursor={forged}")
            assert (answer.status, answer.json["code"]) == (400, "InvalidInput"), forged


def test_without_a_radius_it_is_one_kilometre(crowd: Crowd) -> None:
    with crowd.quick:
        items = City().get(f"/v1/reports?near={SPOT.lat},{SPOT.lon}&limit=200").json["items"]
    assert ids(items) == [id for _, id in crowd.near(SPOT, 1000, EVERYTHING)[:200]]


def test_the_same_page_as_geojson(crowd: Crowd) -> None:
    path = near(SPOT, 1000, 3)
    with crowd.quick:
        page = City().get(path).json
        answer = City().get(path, headers={"accept": "application/geo+json"})
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert answer.json["type"] == "FeatureCollection"
    assert answer.json["next"] == page["next"]
    for feature, item in zip(answer.json["features"], page["items"], strict=True):
        assert feature["type"] == "Feature"
        assert feature["id"] == item["id"]
        place = [item["location"]["lon"], item["location"]["lat"]]
        assert feature["geometry"] == {"type": "Point", "coordinates": place}
        rest = {name: item[name] for name in item if name not in ("id", "location")}
        assert feature["properties"] == rest
