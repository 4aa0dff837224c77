from itertools import pairwise, product
from math import asin, atan2, cos, degrees, pi, radians, sin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.places.box import Box
from chalicelib.places.cover import (
    Range,
    TooLarge,
    cells_touching_box,
    cells_touching_circle,
    count_cells_box,
    cover_box,
    cover_circle,
    subtract,
)
from chalicelib.places.distance import EARTH_RADIUS_M, circle_box, distance_to_box_m
from chalicelib.places.geohash import ALPHABET, Point, code_to_text, decode, encode

JAKARTA = Point(lat=-6.175392, lon=106.827153)

# Half of the circles are at the ends of the map, where most covers go wrong.
lats = st.floats(-85.05, 85.05) | st.sampled_from([-85.05, 0.0, 85.05])
lons = st.floats(-180, 180) | st.sampled_from([-180.0, -179.9999, 0.0, 179.9999, 180.0])
centres = st.builds(Point, lat=lats, lon=lons)
radii = st.floats(0, 2_000) | st.sampled_from([0.0, 1.0, 50.0, 200.0, 1_000.0, 5_000.0])
bearings = st.floats(0, 2 * pi)
shares = st.floats(0, 1)
precisions = st.integers(4, 6)
limits = st.fixed_dictionaries({"max_ranges": st.integers(1, 8), "max_cells": st.integers(1, 128)})


# Half a turn, in ten-millionths of a degree.
TURN = 1_800_000_000


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    # In ten-millionths of a degree, as finer steps fall on the borders of cells by rounding.
    south, west = draw(st.integers(-850_000_000, 849_000_000)), draw(st.integers(-TURN, TURN))
    north, east = south + draw(st.integers(0, 10**6)), west + draw(st.integers(0, 10**6))
    east -= 2 * TURN if east > TURN else 0
    return Box(west / 1e7, south / 1e7, east / 1e7, north / 1e7)


@given(centres, radii, bearings, shares, limits)
def test_every_place_in_a_circle_is_in_exactly_one_range(
    centre: Point, radius_m: float, bearing: float, share: float, limits: dict[str, int]
) -> None:
    place = destination(centre, radius_m * share, bearing)
    ranges = cover_circle(centre, radius_m, **limits, max_partitions=2_000)
    assert len(holding(ranges, place)) == 1


@given(boxes(), shares, shares, limits)
def test_every_place_in_a_box_is_in_exactly_one_range(
    box: Box, east: float, north: float, limits: dict[str, int]
) -> None:
    place = inside(box, east, north)
    assume(box.contains(place))
    assert len(holding(cover_box(box, **limits, max_partitions=2_000), place)) == 1


@given(boxes(), limits)
def test_the_corners_of_a_box_are_covered(box: Box, limits: dict[str, int]) -> None:
    ranges = cover_box(box, **limits, max_partitions=2_000)
    for lat, lon in product((box.south, box.north), (box.west, box.east)):
        assert holding(ranges, Point(lat=lat, lon=lon))


@given(centres, radii, limits)
def test_ranges_are_in_order_apart_and_within_their_partitions(
    centre: Point, radius_m: float, limits: dict[str, int]
) -> None:
    ranges = cover_circle(centre, radius_m, **limits, max_partitions=2_000)
    assert all(before.high < after.low for before, after in pairwise(ranges))
    for part in ranges:
        assert part.low <= part.high
        assert part.low.startswith(part.partition)
        assert part.high.startswith(part.partition)
        assert len(part.partition) == 5


@given(centres, radii, st.integers(1, 8))
def test_ranges_are_no_more_than_asked_for_or_one_for_each_partition(
    centre: Point, radius_m: float, max_ranges: int
) -> None:
    ranges = cover_circle(centre, radius_m, max_ranges=max_ranges, max_partitions=2_000)
    partitions = {part.partition for part in ranges}
    assert len(ranges) <= max(max_ranges, len(partitions))
    assert partitions <= set(cells_touching_circle(centre, radius_m, 5))


@pytest.mark.parametrize("radius_m", [200, 1_000, 5_000])
def test_a_cover_with_many_ranges_reads_little_beside_the_circle(radius_m: float) -> None:
    ranges = cover_circle(JAKARTA, radius_m, max_ranges=64)
    area = sum(range_area_m2(part) for part in ranges)
    assert area < 2.2 * pi * radius_m**2


def test_few_ranges_leave_out_the_widest_gaps() -> None:
    areas = [
        sum(range_area_m2(part) for part in cover_circle(JAKARTA, 1_000, max_ranges=n))
        for n in (1, 2, 4, 8, 16)
    ]
    assert areas == sorted(areas, reverse=True)
    assert areas[-1] < areas[0] / 2


def test_a_small_circle_is_one_range_because_asking_twice_costs_more() -> None:
    centre = Point(lat=-6.2001, lon=106.8101)
    assert len(cover_circle(centre, 10)) == 1


def test_a_circle_on_the_antimeridian_is_covered_on_both_sides() -> None:
    ranges = cover_circle(Point(lat=-17, lon=180), 300)
    for lon in (179.999, 180.0, -180.0, -179.999):
        assert holding(ranges, Point(lat=-17, lon=lon))
    assert not holding(ranges, Point(lat=-17, lon=0))


@pytest.mark.parametrize(
    ("radius_m", "partitions"), [(20_000, 64), (5_000, 4), (1e7, 64), (2e7, 9)]
)
def test_a_circle_over_too_many_partitions_is_refused(radius_m: float, partitions: int) -> None:
    with pytest.raises(TooLarge):
        cover_circle(JAKARTA, radius_m, max_partitions=partitions)


@given(centres, st.floats(0, 30_000), st.integers(1, 64))
def test_the_limit_counts_the_partitions_that_the_circle_touches(
    centre: Point, radius_m: float, max_partitions: int
) -> None:
    touched = len(cells_touching_circle(centre, radius_m, 5))
    try:
        ranges = cover_circle(centre, radius_m, max_partitions=max_partitions)
    except TooLarge:
        assert touched > max_partitions
    else:
        assert len({part.partition for part in ranges}) <= max_partitions


def test_a_box_over_too_many_partitions_is_refused() -> None:
    with pytest.raises(TooLarge):
        cover_box(Box(west=106, south=-7, east=108, north=-5))
    with pytest.raises(TooLarge):
        cover_box(Box(west=10, south=-85, east=9, north=85))


@given(centres, radii, precisions)
def test_the_cells_of_a_circle_are_those_that_reach_into_it(
    centre: Point, radius_m: float, precision: int
) -> None:
    cells = cells_touching_circle(centre, radius_m, precision)
    candidates = cells_touching_box(circle_box(centre, 1.5 * radius_m + 5), precision)
    distances = {cell: distance_to_box_m(centre, decode(cell)) for cell in candidates}
    assert {cell for cell in distances if distances[cell] <= radius_m} <= set(cells)
    assert all(distances[cell] <= radius_m + 0.201 for cell in cells)
    assert cells == sorted(set(cells))


@given(boxes(), precisions)
def test_the_cells_of_a_box_are_those_that_it_overlaps(box: Box, precision: int) -> None:
    cells = cells_touching_box(box, precision)
    assert cells == sorted(set(cells))
    assert all(overlap(box, decode(cell)) for cell in cells)
    met = {encode(Point(lat=lat, lon=lon), precision) for lat, lon in grid_of(box, precision)}
    assert set(cells) == met


@given(boxes(), st.integers(1, 7))
def test_counting_cells_and_listing_them_agree(box: Box, precision: int) -> None:
    assert count_cells_box(box, precision) == len(cells_touching_box(box, precision))


def test_a_box_nearly_all_round_counts_no_cell_twice() -> None:
    box = Box(west=10, south=-1, east=9, north=1)
    assert count_cells_box(box, 1) == len(cells_touching_box(box, 1)) == 16


def test_counting_the_cells_of_a_continent_lists_nothing() -> None:
    assert count_cells_box(Box(west=-180, south=-85, east=180, north=85), 12) > 10**17


small_codes = st.integers(0, 255)
small_ranges = st.builds(
    lambda ends, second: Range(
        "qqgu" + ALPHABET[second],
        "qqgu" + ALPHABET[second] + code_to_text(min(ends), 7),
        "qqgu" + ALPHABET[second] + code_to_text(max(ends), 7),
    ),
    st.tuples(small_codes, small_codes),
    st.integers(0, 1),
)


@given(st.lists(small_ranges, max_size=1), st.lists(small_ranges, max_size=6))
def test_what_is_left_to_read_is_what_was_asked_less_what_was_read(
    asked: list[Range], read: list[Range]
) -> None:
    left = subtract(asked, read)
    assert all(before.high < after.low for before, after in pairwise(left))
    for partition, code in product(("qqgu0", "qqgu1"), range(256)):
        text = partition + code_to_text(code, 7)
        assert within(left, text) == (within(asked, text) and not within(read, text))


@given(centres, st.floats(1, 1_000), st.floats(1, 4))
def test_a_growing_circle_reads_every_place_once(
    centre: Point, radius_m: float, growth: float
) -> None:
    first = cover_circle(centre, radius_m, max_partitions=2_000)
    second = cover_circle(centre, radius_m * growth, max_partitions=2_000)
    more = subtract(second, first)
    assert subtract(more, first) == more
    assert subtract(second, [*more, *first]) == []
    assert more == sorted(more, key=lambda part: part.low)


def test_a_range_read_up_to_a_key_leaves_the_rest() -> None:
    asked = Range("qqguz", "qqguz0000000", "qqguzzzzzzzz")
    read = Range("qqguz", "qqguz0000000", "qqguz7hwbx8d")
    assert subtract([asked], [read]) == [Range("qqguz", "qqguz7hwbx8e", "qqguzzzzzzzz")]


def holding(ranges: list[Range], place: Point) -> list[Range]:
    text = encode(place)
    return [part for part in ranges if part.low <= text <= part.high]


def within(ranges: list[Range], text: str) -> bool:
    return any(part.low <= text <= part.high for part in ranges)


def range_area_m2(part: Range) -> float:
    """The area of so many cells of 12 characters, which are alike within one circle."""
    cell = decode(part.low)
    width = radians(cell.east - cell.west) * cos(radians(cell.south))
    area = width * radians(cell.north - cell.south) * EARTH_RADIUS_M**2
    return area * (_number(part.high) - _number(part.low) + 1)


def _number(geohash: str) -> int:
    number = 0
    for letter in geohash:
        number = number * 32 + ALPHABET.index(letter)
    return number


def destination(start: Point, metres: float, bearing: float) -> Point:
    """Where one arrives on a great circle (E. Williams, Aviation Formulary)."""
    lat, angle = radians(start.lat), metres / EARTH_RADIUS_M
    there = asin(sin(lat) * cos(angle) + cos(lat) * sin(angle) * cos(bearing))
    turn = atan2(sin(bearing) * sin(angle) * cos(lat), cos(angle) - sin(lat) * sin(there))
    return Point(lat=degrees(there), lon=(start.lon + degrees(turn) + 180) % 360 - 180)


def inside(box: Box, east: float, north: float) -> Point:
    lon = box.west + east * ((box.east - box.west) % 360)
    lat = box.south + north * (box.north - box.south)
    return Point(lat=lat, lon=lon - 360 if lon > 180 else lon)


def overlap(box: Box, cell: Box) -> bool:
    if cell.south > box.north or cell.north < box.south:
        return False
    return any(part.west <= cell.east and cell.west <= part.east for part in box.split())


def grid_of(box: Box, precision: int) -> list[tuple[float, float]]:
    """Places of the box so close together that every cell it overlaps has one."""
    cell = decode("0" * precision)
    places = []
    for part in box.split():
        lats = _steps(part.south, part.north, (cell.north - cell.south) / 2)
        places += list(product(lats, _steps(part.west, part.east, (cell.east - cell.west) / 2)))
    return places


def _steps(start: float, end: float, step: float) -> list[float]:
    steps = [start + i * step for i in range(int((end - start) / step) + 1)]
    return [*(min(at, end) for at in steps), end]
