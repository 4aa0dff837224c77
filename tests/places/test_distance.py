from itertools import product
from math import asin, atan2, cos, degrees, hypot, pi, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.places.box import Box
from chalicelib.places.distance import (
    EARTH_RADIUS_M,
    circle_box,
    distance_m,
    distance_to_box_m,
    half_width,
)
from chalicelib.places.point import Point

points = st.builds(Point, lat=st.floats(-89.9, 89.9), lon=st.floats(-180, 180))
on_the_map = st.builds(Point, lat=st.floats(-85.05, 85.05), lon=st.floats(-180, 180))
radii = st.floats(1, 500_000)
bearings = st.floats(0, 2 * pi)
shares = st.floats(0, 1)
boxes = st.builds(
    lambda west, width, parallels: Box(
        west, min(parallels), west + width - (360 if west + width > 180 else 0), max(parallels)
    ),
    st.floats(-180, 180),
    st.floats(0, 170),
    st.tuples(st.floats(-90, 90), st.floats(-90, 90)),
)


def test_a_degree_of_a_meridian_is_111_km() -> None:
    assert distance_m(Point(10, 20), Point(11, 20)) == pytest.approx(111_195.08, abs=0.01)


def test_from_pole_to_pole_is_half_the_circumference() -> None:
    assert distance_m(Point(90, 0), Point(-90, 77)) == pytest.approx(pi * EARTH_RADIUS_M)


def test_the_antimeridian_is_no_border() -> None:
    assert distance_m(Point(0, 179.999), Point(0, -179.999)) == pytest.approx(222.39, abs=0.01)
    assert distance_m(Point(50, 180), Point(50, -180)) == pytest.approx(0, abs=1e-6)


@given(points, points)
def test_distances_agree_with_vectors_in_space(a: Point, b: Point) -> None:
    assert distance_m(a, b) == pytest.approx(_angle(a, b) * EARTH_RADIUS_M, abs=0.2)
    assert distance_m(a, b) == distance_m(b, a)


@given(points)
def test_a_place_is_nowhere_but_at_itself(point: Point) -> None:
    assert distance_m(point, point) == 0


@given(on_the_map, radii, bearings, shares)
def test_the_box_around_a_circle_holds_the_circle(
    centre: Point, radius_m: float, bearing: float, share: float
) -> None:
    box = circle_box(centre, radius_m * (1 + 1e-9) + 0.001)
    assert box.contains(destination(centre, radius_m * share, bearing))


@given(st.builds(Point, lat=st.floats(-80, 80), lon=st.floats(-170, 170)), st.floats(1, 100_000))
def test_the_box_around_a_circle_is_the_smallest(centre: Point, radius_m: float) -> None:
    box = circle_box(centre, radius_m)
    for line in (
        Box(box.west, box.south, box.west, box.north),
        Box(box.east, box.south, box.east, box.north),
        Box(box.west, box.south, box.east, box.south),
        Box(box.west, box.north, box.east, box.north),
    ):
        assert distance_to_box_m(centre, line) == pytest.approx(radius_m, abs=0.001)


def test_the_box_around_a_circle_crosses_the_antimeridian_with_it() -> None:
    box = circle_box(Point(lat=-17, lon=179.99), 5_000)
    assert box.west > 0 > box.east


def test_the_box_around_a_circle_with_a_pole_inside_goes_all_round() -> None:
    box = circle_box(Point(89, 10), 200_000)
    assert (box.west, box.east, box.north) == (-180, 180, 90)
    assert distance_m(Point(89, 10), Point(box.south, 10)) == pytest.approx(200_000)
    assert circle_box(Point(0, 0), 30_000_000) == Box(-180, -90, 180, 90)


@given(points, boxes, shares, shares)
def test_no_place_of_a_box_is_nearer_than_the_distance_to_it(
    point: Point, box: Box, east: float, north: float
) -> None:
    assert distance_m(point, _inside(box, east, north)) >= distance_to_box_m(point, box) - 0.2


@given(points, boxes)
def test_some_place_of_a_box_is_as_near_as_the_distance_to_it(point: Point, box: Box) -> None:
    steps = [step / 40 for step in range(41)]
    nearest = min(distance_m(point, _inside(box, e, n)) for e, n in product(steps, steps))
    # No place is farther from the next sample than a step along a meridian and one along a
    # parallel, and the latitude that is nearest is among the samples up to one step.
    step_m = radians(hypot(box.north - box.south, (box.east - box.west) % 360) / 40)
    assert nearest <= distance_to_box_m(point, box) + step_m * EARTH_RADIUS_M + 0.2


def test_the_distance_to_a_box_all_round_is_that_to_its_parallels() -> None:
    arctic = Box(west=-180, south=66, east=180, north=90)
    assert distance_to_box_m(Point(65, 100), arctic) == pytest.approx(111_195.08, abs=0.01)
    assert distance_to_box_m(Point(70, 100), arctic) == 0


@given(boxes, shares, shares)
def test_the_distance_to_a_box_is_0_inside(box: Box, east: float, north: float) -> None:
    inside = _inside(box, east, north)
    assert distance_to_box_m(inside, box) == (0 if box.contains(inside) else pytest.approx(0))


@given(on_the_map, radii, bearings, shares)
def test_a_circle_stays_within_its_width_between_two_parallels(
    centre: Point, radius_m: float, bearing: float, share: float
) -> None:
    place = destination(centre, radius_m * share, bearing)
    half = half_width(centre, radius_m + 0.2, place.lat - 0.01, place.lat + 0.003)
    assert half is not None
    assert abs((place.lon - centre.lon + 180) % 360 - 180) <= half


@pytest.mark.parametrize("lat", [-85.05, -60.0, 0.0, 45.0, 85.05])
def test_the_width_of_a_whole_circle_is_that_of_the_box_around_it(lat: float) -> None:
    centre, radius_m = Point(lat=lat, lon=0), 400_000
    widest = half_width(centre, radius_m, -90, 90)
    assert widest == pytest.approx(circle_box(centre, radius_m).east)


def test_a_circle_has_no_width_between_parallels_it_does_not_reach() -> None:
    assert half_width(Point(0, 0), 1_000, 0.01, 0.02) is None
    assert half_width(Point(0, 0), 1_000, -0.02, -0.01) is None


def destination(start: Point, metres: float, bearing: float) -> Point:
    """Where one arrives on a great circle (E. Williams, Aviation Formulary)."""
    lat, angle = radians(start.lat), metres / EARTH_RADIUS_M
    there = asin(max(-1.0, min(1.0, sin(lat) * cos(angle) + cos(lat) * sin(angle) * cos(bearing))))
    turn = atan2(sin(bearing) * sin(angle) * cos(lat), cos(angle) - sin(lat) * sin(there))
    lon = (start.lon + degrees(turn) + 180) % 360 - 180
    return Point(lat=degrees(there), lon=lon)


def _angle(a: Point, b: Point) -> float:
    u, v = _vector(a), _vector(b)
    cross = (
        u[1] * v[2] - u[2] * v[1],
        u[2] * v[0] - u[0] * v[2],
        u[0] * v[1] - u[1] * v[0],
    )
    return atan2(hypot(*cross), sum(p * q for p, q in zip(u, v, strict=True)))


def _vector(point: Point) -> tuple[float, float, float]:
    lat, lon = radians(point.lat), radians(point.lon)
    return cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)


def _inside(box: Box, east: float, north: float) -> Point:
    lon = box.west + east * ((box.east - box.west) % 360)
    lat = box.south + north * (box.north - box.south)
    return Point(lat=min(lat, box.north), lon=lon - 360 if lon > 180 else lon)
