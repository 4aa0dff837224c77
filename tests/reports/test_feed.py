"""Reports in a box come newest first, page after page, as a plain look at every report says."""

import random
from datetime import timedelta
from math import exp, log
from typing import Any

import pytest

from chalicelib.clock import now, text
from chalicelib.places.box import Box
from chalicelib.places.geohash import decode, encode
from chalicelib.places.point import Point
from tests.city import City
from tests.reports.crowd import (
    BEGAN,
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


def within(box: Box, limit: int = 200, wanted: Wanted = EVERYTHING) -> str:
    place = f"bbox={box.west!r},{box.south!r},{box.east!r},{box.north!r}"
    return f"/v1/reports?{place}&limit={limit}{wanted.query()}"


def some_box(chance: random.Random, crowd: Crowd) -> Box:
    """A box of any size up to two degrees, around a report or anywhere, often across 180."""
    centre = somewhere(chance, chance.choice((TOWN, ISLES, NORTH_CAPE)))
    if chance.random() < 0.5:
        centre = chance.choice(crowd.known).point
    wide, high = (exp(chance.uniform(log(1e-6), log(1))) for _ in range(2))
    west, east = centre.lon - wide * chance.random(), centre.lon + wide * chance.random()
    return Box(
        west + 360 if west < -180 else west,
        max(-90.0, centre.lat - high * chance.random()),
        east - 360 if east > 180 else east,
        min(90.0, centre.lat + high * chance.random()),
    )


def ids(items: Any) -> list[str]:
    return [item["id"] for item in items]


@pytest.mark.parametrize("seed", range(8))
def test_the_first_page_is_that_of_looking_at_every_report(crowd: Crowd, seed: int) -> None:
    chance, city = random.Random(seed), City()
    with crowd.quick:
        for _ in range(40):
            box, wanted, limit = some_box(chance, crowd), filters(chance), chance.choice((1, 5, 50))
            path = within(box, limit, wanted)
            answer = city.get(path)
            assert answer.status == 200, path
            assert ids(answer.json["items"]) == crowd.inside(box, wanted)[:limit], path


@pytest.mark.parametrize("seed", range(4))
def test_the_pages_together_hold_each_report_once_newest_first(crowd: Crowd, seed: int) -> None:
    chance, city = random.Random(seed), City()
    with crowd.quick:
        for box, limit in ((TOWN, 25), (TOWN, 60), (ISLES, 1), (some_box(chance, crowd), 7)):
            wanted = filters(chance)
            path = within(box, limit, wanted)
            found = [id for page in pages(city, path) for id in ids(page)]
            assert found == crowd.inside(box, wanted), path


def test_the_database_answers_as_its_stand_in_does(crowd: Crowd) -> None:
    path = within(Box(106.84, -6.21, 106.86, -6.19), 40)
    with crowd.quick:
        expected = City().get(path)
    assert len(expected.json["items"]) == 40
    assert City().get(path).body == expected.body


def test_reports_that_come_between_the_pages_hide_none_and_double_none(crowd: Crowd) -> None:
    expected, chance = crowd.inside(TOWN, EVERYTHING), random.Random(5)

    def more() -> None:
        crowd.add([SPOT, somewhere(chance, TOWN), somewhere(chance, TOWN)], now)

    with crowd.quick:
        found = [id for page in pages(City(), within(TOWN, 40), more) for id in ids(page)]
    assert found == expected


def test_a_box_across_the_antimeridian_has_its_west_east_of_its_east(crowd: Crowd) -> None:
    with crowd.quick:
        across = City().get(within(ISLES)).json["items"]
        around = City().get(within(Box(ISLES.west, ISLES.south, 180.0, ISLES.north))).json["items"]
    assert sorted({item["location"]["lon"] > 0 for item in across}) == [False, True]
    assert ids(across) == crowd.inside(ISLES, EVERYTHING)
    assert set(ids(around)) < set(ids(across))


def test_a_box_of_one_point_holds_what_is_there(crowd: Crowd) -> None:
    box = Box(SPOT.lon, SPOT.lat, SPOT.lon, SPOT.lat)
    with crowd.quick:
        found = ids(City().get(within(box)).json["items"])
    assert len(found) > 20
    assert found == crowd.inside(box, EVERYTHING)


def test_an_item_in_a_box_has_no_distance(crowd: Crowd) -> None:
    with crowd.quick:
        items = City().get(within(TOWN, 5)).json["items"]
    assert all("distance_m" not in item for item in items)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (None, text(BEGAN + timedelta(days=3))),
        (text(BEGAN + timedelta(days=17)), None),
        (text(BEGAN + timedelta(days=3)), text(BEGAN + timedelta(days=6))),
        ("1969-07-20T20:17:00Z", None),
        (None, "1969-07-20T20:17:00Z"),
        ("2026-11-09T00:00:00Z", "2026-11-08T00:00:00Z"),
        ("2026-11-09T07:00:00%2B07:00", None),
        ("9999-12-31T23:59:59Z", None),
        (None, "9999-12-31T23:59:59Z"),
    ],
)
def test_since_is_included_and_until_is_not(
    crowd: Crowd, since: str | None, until: str | None
) -> None:
    asked = Wanted(since=since, until=until)
    in_utc = asked._replace(since="2026-11-09T00:00:00.000Z") if since and "%" in since else asked
    with crowd.quick:
        found = [id for page in pages(City(), within(TOWN, 100, asked)) for id in ids(page)]
    assert found == crowd.inside(TOWN, in_utc)


def test_the_moment_of_a_report_is_since_it_and_not_until_it(crowd: Crowd) -> None:
    one = next(one for one in crowd.known if one.point == SPOT and not one.private)
    box = Box(SPOT.lon, SPOT.lat, SPOT.lon, SPOT.lat)
    with crowd.quick:
        since = City().get(within(box, 200, Wanted(since=one.created_at))).json["items"]
        until = City().get(within(box, 200, Wanted(until=one.created_at))).json["items"]
    assert one.id in ids(since)
    assert one.id not in ids(until)


@pytest.mark.parametrize("box", [Box(-180.0, -90.0, 180.0, 90.0), Box(100.0, -10.0, 120.0, 10.0)])
def test_a_box_too_large_for_a_list_is_refused(crowd: Crowd, box: Box) -> None:
    answer = City().get(within(box))
    assert (answer.status, answer.json["code"]) == (422, "Unprocessable")
    assert [fault["field"] for fault in answer.json["errors"]] == ["bbox"]


def test_a_crowd_beside_the_box_is_not_read_through(crowd: Crowd) -> None:
    other, cell = crowd.copy(), decode(encode(SPOT, 5))
    box = Box(cell.west - 0.06, cell.south, cell.west + 0.002, cell.north)
    beside = Point(cell.centre.lat, cell.east - 0.001)
    inside = Point(cell.centre.lat, cell.west + 0.001)
    older, newer = BEGAN - timedelta(days=9), BEGAN + timedelta(days=90)
    other.stand([inside] * 25, lambda: older)
    other.stand([beside] * 2000, lambda: newer)
    with other.quick:
        found = [id for page in pages(City(), within(box, 20)) for id in ids(page)]
    assert found == other.inside(box, EVERYTHING)
    assert sum(one.read for one in other.quick.requests) < 800


def test_a_cursor_is_good_only_for_its_own_query(crowd: Crowd) -> None:
    with crowd.quick:
        cursor = City().get(within(TOWN, 2)).json["next"]
        assert City().get(f"{within(TOWN, 9)}&cursor={cursor}").status == 200
        for other in (
            within(ISLES, 2),
            within(TOWN, 2, Wanted(colour=("red",))),
            f"/v1/reports?near={SPOT.lat},{SPOT.lon}",
        ):
            answer = City().get(f"{other}&cursor={cursor}")
            assert (answer.status, answer.json["code"]) == (400, "InvalidInput"), other
            assert [fault["field"] for fault in answer.json["errors"]] == ["cursor"]
