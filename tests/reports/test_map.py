"""The map counts what a plain look at every report counts, and shows reports from near."""

import random
from collections import Counter, defaultdict
from itertools import batched
from math import exp, log
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.events import counters, counting
from chalicelib.places.box import Box
from chalicelib.places.geohash import centre, decode, encode
from chalicelib.places.point import Point
from chalicelib.reports import lifecycle, map_cells
from chalicelib.settings import settings
from tests.city import CITIZEN, KENANGA, MELATI, ROADS, City, officer
from tests.cloud import Cloud
from tests.events.stream import bring_all
from tests.reports.crowd import BEGAN, EVERYTHING, ISLES, NORTH_CAPE, SPOT, TOWN, Crowd, somewhere
from tests.reports.histories import Told, created

pytestmark = pytest.mark.xdist_group("crowd")

WORLD = Box(-180.0, -90.0, 180.0, 90.0)
# Two reports that are told apart on every zoom from far.
SQUARE = Box(106.8, -6.25, 106.9, -6.15)


@pytest.fixture(scope="module")
def mapped(crowd: Crowd) -> Crowd:
    """The crowd, with everything counted."""
    _count(crowd)
    return crowd


def seen(box: Box, zoom: int) -> str:
    return f"/v1/map?bbox={box.west!r},{box.south!r},{box.east!r},{box.north!r}&zoom={zoom}"


def test_the_whole_world_at_zoom_0_has_every_report(mapped: Crowd) -> None:
    answer = City().get(seen(WORLD, 0)).json
    assert answer["kind"] == "cells"
    public = [one for one in mapped.known if EVERYTHING.admits(one)]
    assert sum(one["count"] for one in answer["cells"]) == len(public)
    colours = Counter(lifecycle.colour(one.status) for one in public)
    assert _by_colour(answer) == colours


@pytest.mark.parametrize("seed", range(8))
def test_cells_are_those_of_looking_at_every_report(mapped: Crowd, seed: int) -> None:
    chance, city, kinds = random.Random(seed), City(), Counter[str]()
    with mapped.quick:
        for _ in range(25):
            box, zoom = _some_view(chance, mapped)
            path = seen(box, zoom)
            answer = city.get(path)
            assert answer.status == 200, path
            kinds[answer.json["kind"]] += 1
            if answer.json["kind"] == "points":
                ids = [one["id"] for one in answer.json["points"]]
                assert answer.json["complete"]
                assert ids == mapped.inside(box, EVERYTHING), path
            else:
                assert answer.json["cells"] == _cells(mapped, box, answer.json), path
    assert len(kinds) == 2


def test_a_box_across_the_antimeridian_has_both_its_sides(mapped: Crowd) -> None:
    answer = City().get(seen(ISLES, 8)).json
    assert answer["cells"] == _cells(mapped, ISLES, answer)
    sides = {one["centre"]["lon"] > 0 for one in answer["cells"]}
    assert sides == {True, False}


def test_far_views_have_cells_and_near_ones_points(mapped: Crowd) -> None:
    city = City()
    with mapped.quick:
        kinds = [city.get(seen(_around(SPOT, zoom), zoom)).json["kind"] for zoom in range(23)]
    assert kinds[:12] == ["cells"] * 12
    assert kinds[15:] == ["points"] * 8
    assert kinds == sorted(kinds)


def test_a_view_of_many_reports_far_apart_has_200_cells_at_most(cloud: Cloud) -> None:
    cloud.empty_tables()
    chance = random.Random(3)
    points = [somewhere(chance, WORLD) for _ in range(1500)]
    points = [point for point in points if abs(point.lat) < 85]
    _store([created(point, "submitted") for point in points])
    for zoom in (0, 2, 5):
        cells = City().get(seen(WORLD, zoom)).json["cells"]
        assert len(cells) <= 200
        assert sum(one["count"] for one in cells) == len(points)


def test_more_reports_than_a_screen_can_show_are_cut_and_said_to_be(cloud: Cloud) -> None:
    cloud.empty_tables()
    crowd = Crowd(random.Random(5))
    crowd.add([SPOT] * 560, lambda: BEGAN)
    with crowd.quick:
        answer = City().get(seen(_around(SPOT, 18), 18)).json
    assert not answer["complete"]
    ids = [one["id"] for one in answer["points"]]
    assert ids == crowd.inside(TOWN, EVERYTHING)[:500]


def test_the_map_follows_a_report_through_its_life(city: City) -> None:
    report = city.report(KENANGA)
    city.report(MELATI, private=True)
    bring_all()
    assert _by_colour(city.get(seen(SQUARE, 5)).json) == {"red": 1}
    path = f"/v1/reports/{report['id']}/status"
    for status in ("acknowledged", "in_progress"):
        assert city.post(path, {"status": status}, by=officer(ROADS)).status == 200
        bring_all()
        assert _by_colour(city.get(seen(SQUARE, 5)).json) == {"yellow": 1}
    rejected = {"status": "rejected", "reason": "private_property"}
    assert city.post(path, rejected, by=officer(ROADS)).status == 200
    bring_all()
    (cell,) = city.get(seen(SQUARE, 5)).json["cells"]
    assert cell["by_colour"] == {"red": 0, "yellow": 0, "green": 0, "grey": 1}


def test_a_new_report_is_seen_from_near_before_it_is_counted(city: City) -> None:
    report = city.report(KENANGA)
    answer = city.get(seen(_around(KENANGA, 16), 16)).json
    assert [one["id"] for one in answer["points"]] == [report["id"]]
    assert city.get(seen(SQUARE, 5)).json["cells"] == []


def test_whoever_has_this_very_view_is_not_sent_it_again(city: City) -> None:
    city.report(KENANGA, by=CITIZEN)
    bring_all()
    first = city.get(seen(SQUARE, 5))
    again = city.get(seen(SQUARE, 5), headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, "")
    city.report(KENANGA, by=CITIZEN)
    bring_all()
    changed = city.get(seen(SQUARE, 5), headers={"if-none-match": first.headers["etag"]})
    assert changed.status == 200


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", ["bbox", "zoom"]),
        ("bbox=1,2,3&zoom=3", ["bbox"]),
        ("bbox=106,-6,107,-7&zoom=3", ["bbox"]),
        ("bbox=106,-7,107,nan&zoom=3", ["bbox"]),
        ("bbox=106,-7,181,-6&zoom=3", ["bbox"]),
        ("bbox=106,-7,107,-6&zoom=23", ["zoom"]),
        ("bbox=106,-7,107,-6&zoom=-1", ["zoom"]),
        ("bbox=106,-7,107,-6&zoom=3.5", ["zoom"]),
        ("bbox=106,-7,107,-6&zoom=3&limit=5", ["limit"]),
    ],
)
def test_a_view_of_no_place_is_refused_by_name(city: City, query: str, fields: list[str]) -> None:
    answer = city.get(f"/v1/map?{query}")
    assert answer.status == 400
    assert sorted(fault["field"] for fault in answer.json["errors"]) == fields


@pytest.mark.parametrize("zoom", range(23))
def test_odd_boxes_are_answered_at_any_zoom(mapped: Crowd, zoom: int) -> None:
    boxes = (
        WORLD,
        Box(0.0, 0.0, 0.0, 0.0),
        Box(180.0, 90.0, 180.0, 90.0),
        Box(-180.0, -90.0, -180.0, -90.0),
        Box(180.0, -90.0, -180.0, 90.0),
        Box(10.0, -5.0, 9.9, 5.0),
        Box(-180.0, -6.2, 180.0, -6.2),
        Box(106.85, -90.0, 106.85, 90.0),
    )
    with mapped.quick:
        for box in boxes:
            assert City().get(seen(box, zoom)).status == 200, seen(box, zoom)


def _some_view(chance: random.Random, crowd: Crowd) -> tuple[Box, int]:
    """A screen of a phone around a report or a town, at any zoom; or a box of any size at all."""
    point = chance.choice(crowd.known).point
    if chance.random() < 0.3:
        point = somewhere(chance, chance.choice((TOWN, ISLES, NORTH_CAPE)))
    zoom = chance.randrange(23)
    box = _around(point, zoom)
    if chance.random() < 0.3:
        wide = exp(chance.uniform(log(1e-4), log(90)))
        box = _box(point, wide, wide * chance.random())
    return box, zoom


def _around(point: Point, zoom: int) -> Box:
    """What a screen of 400 by 800 pixels shows, of tiles of 256."""
    degrees = 360 / 2**zoom / 256
    return _box(point, min(359, 400 * degrees), min(170, 800 * degrees))


def _box(point: Point, wide: float, high: float) -> Box:
    west, east = point.lon - wide / 2, point.lon + wide / 2
    return Box(
        west + 360 if west < -180 else west,
        max(-90.0, point.lat - high / 2),
        east - 360 if east > 180 else east,
        min(90.0, point.lat + high / 2),
    )


def _cells(crowd: Crowd, box: Box, answer: Any) -> list[Any]:
    """The cells of the answer's own precision that touch the box, by looking at every report."""
    lengths = {len(one["cell"]) for one in answer["cells"]} or {6}
    (length,) = lengths
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for one in crowd.known:
        cell = encode(one.point, length)
        if EVERYTHING.admits(one) and _touch(decode(cell), box):
            found[cell][lifecycle.colour(one.status)] += 1
    return [
        {
            "cell": cell,
            "count": found[cell].total(),
            "by_colour": {colour: found[cell][colour] for colour in lifecycle.COLOURS},
            "centre": {"lat": centre(cell).lat, "lon": centre(cell).lon},
        }
        for cell in sorted(found)
    ]


def _touch(cell: Box, box: Box) -> bool:
    """Whether they share a place; the east and north borders of a cell are the next cells'."""
    return any(
        part.west < cell.east + (cell.east == 180)
        and cell.west <= part.east
        and part.south < cell.north + (cell.north == 90)
        and cell.south <= part.north
        for part in box.split()
    )


def _by_colour(answer: Any) -> dict[str, int]:
    found = Counter[str]()
    for cell in answer["cells"]:
        found.update(cell["by_colour"])
    return {colour: number for colour, number in found.items() if number}


def _count(crowd: Crowd) -> None:
    _store([created(one.point, one.status, private=one.private) for one in crowd.known])


def _store(told: list[Told]) -> None:
    """Put the counters there as they are in the end: the tests' AWS is slow at transactions."""
    sums = counting.fold(map_cells.moves(envelope) for _, envelope in told)
    rows = [
        {**counters.key(1, counter), **{name: {"N": str(n)} for name, n in numbers.items()}}
        for counter, numbers in sums.items()
    ]
    for some in batched(rows, 25):
        puts: list[Any] = [{"PutRequest": {"Item": row}} for row in some]
        aws.dynamodb().batch_write_item(RequestItems={settings.counters_table: puts})
