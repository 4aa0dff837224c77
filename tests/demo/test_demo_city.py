"""The map of the demo city fits together: shared borders, islands, holes, and its script."""

from collections import Counter
from itertools import pairwise

import pytest

from infra.demo import draw_city
from infra.demo.seed import load

type Point = tuple[float, float]

CITY = {area["id"]: area for area in load("city")["features"]}
LEVELS = {area: feature["properties"]["level"] for area, feature in CITY.items()}
PARENTS = {area: feature["properties"]["parent"] for area, feature in CITY.items()}
WARDS = [area for area in CITY if LEVELS[area] == 3]


def test_the_committed_map_is_what_the_script_draws() -> None:
    assert draw_city.TARGET.read_bytes() == draw_city.render(draw_city.draw_city()).encode()


def test_there_are_one_city_three_districts_and_twelve_wards() -> None:
    assert Counter(LEVELS.values()) == {1: 1, 2: 3, 3: 12}
    below = [area for area in CITY if LEVELS[area] > 1]
    assert all(LEVELS[PARENTS[area]] == LEVELS[area] - 1 for area in below)


@pytest.mark.parametrize("area", [area for area in CITY if area not in WARDS])
def test_shared_borders_cancel_and_leave_the_outline_of_the_whole(
    area: str,
) -> None:
    parts = Counter(side for child in CITY if PARENTS[child] == area for side in sides(child))
    left_over = {(a, b) for a, b in parts if (b, a) not in parts}
    assert max(parts.values()) == 1
    assert left_over == set(sides(area))


@pytest.mark.parametrize("area", CITY)
def test_no_ring_crosses_itself_or_another_ring_of_its_area(area: str) -> None:
    lines = list(sides(area))
    crossings = [(p, q) for n, p in enumerate(lines) for q in lines[n + 1 :] if crosses(p, q)]
    assert crossings == []


def test_outer_rings_run_counterclockwise_and_holes_clockwise() -> None:
    for area in CITY:
        for outer, *holes in polygons(area):
            assert doubled_area(outer) > 0
            assert all(doubled_area(hole) < 0 for hole in holes)


def test_there_are_an_island_and_a_ward_inside_a_ward() -> None:
    assert any(len(polygons(ward)) > 1 for ward in WARDS)
    assert any(len(polygon) > 1 for ward in WARDS for polygon in polygons(ward))


def test_coordinates_have_six_decimals_and_lie_in_the_open_sea() -> None:
    points = {point for area in CITY for side in sides(area) for point in side}
    assert all((round(lon, 6), round(lat, 6)) == (lon, lat) for lon, lat in points)
    assert all(107.8 < lon < 108.0 and -5.3 < lat < -5.1 for lon, lat in points)


def polygons(area: str) -> list[list[list[Point]]]:
    geometry = CITY[area]["geometry"]
    whole = geometry["coordinates"]
    several = whole if geometry["type"] == "MultiPolygon" else [whole]
    return [[[(lon, lat) for lon, lat in ring] for ring in polygon] for polygon in several]


def sides(area: str) -> list[tuple[Point, Point]]:
    return [pair for polygon in polygons(area) for ring in polygon for pair in pairwise(ring)]


def doubled_area(ring: list[Point]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def crosses(p: tuple[Point, Point], q: tuple[Point, Point]) -> bool:
    """Whether two lines that have no end in common meet."""
    if set(p) & set(q):
        return False
    return turn(*p, q[0]) * turn(*p, q[1]) <= 0 and turn(*q, p[0]) * turn(*q, p[1]) <= 0


def turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
