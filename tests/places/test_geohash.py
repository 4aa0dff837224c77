import pygeohash
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.places.box import Box
from chalicelib.places.geohash import (
    ALPHABET,
    Point,
    centre,
    code_to_text,
    decode,
    encode,
    text_to_code,
)

# Steps of a ten-millionth of a degree: finer than any report, and no oracle rounds them apart.
points = st.builds(
    Point,
    lat=st.integers(-900_000_000, 900_000_000).map(lambda n: n / 1e7),
    lon=st.integers(-1_800_000_000, 1_800_000_000).map(lambda n: n / 1e7),
)
lengths = st.integers(1, 12)
geohashes = st.text(ALPHABET, min_size=1, max_size=12)


def test_monas_in_jakarta_has_the_geohash_that_the_world_knows() -> None:
    assert encode(Point(lat=-6.175392, lon=106.827153), 9) == pygeohash.encode(
        -6.175392, 106.827153, 9
    )


@given(points, lengths)
def test_geohashes_are_those_of_an_independent_implementation(point: Point, length: int) -> None:
    assert encode(point, length) == pygeohash.encode(point.lat, point.lon, length)


@given(points, lengths)
def test_a_shorter_geohash_is_the_beginning_of_the_longer(point: Point, length: int) -> None:
    assert encode(point).startswith(encode(point, length))


@given(points, lengths)
def test_a_place_lies_in_its_cell(point: Point, length: int) -> None:
    assert decode(encode(point, length)).contains(point)


@given(geohashes)
def test_the_centre_and_the_south_west_corner_of_a_cell_have_its_geohash(geohash: str) -> None:
    cell = decode(geohash)
    assert encode(centre(geohash), len(geohash)) == geohash
    assert encode(Point(lat=cell.south, lon=cell.west), len(geohash)) == geohash


@given(geohashes.filter(lambda geohash: len(geohash) < 12))
def test_the_next_longer_cells_fill_a_cell_exactly(geohash: str) -> None:
    parts = [decode(geohash + letter) for letter in ALPHABET]
    around = decode(geohash)
    assert min(part.west for part in parts) == around.west
    assert max(part.north for part in parts) == around.north
    assert sum(_area(part) for part in parts) == pytest.approx(_area(around))


@given(geohashes)
def test_codes_and_texts_are_two_forms_of_the_same(geohash: str) -> None:
    assert code_to_text(text_to_code(geohash), len(geohash)) == geohash


@given(points, points)
def test_codes_and_texts_are_in_the_same_order(one: Point, other: Point) -> None:
    texts = sorted([encode(one), encode(other)])
    assert sorted(map(text_to_code, texts)) == [text_to_code(text) for text in texts]


@pytest.mark.parametrize(
    ("lat", "lon", "geohash"), [(-90, -180, "0" * 12), (90, 180, "z" * 12), (0, 0, "s" + "0" * 11)]
)
def test_the_borders_of_the_earth_have_cells(lat: float, lon: float, geohash: str) -> None:
    assert encode(Point(lat=lat, lon=lon)) == geohash


@pytest.mark.parametrize("bad", ["", "a", "qqgi", "QQGU", "qq gu", "qq_gu", "-5", "٣", "q" * 13])
def test_anything_but_a_geohash_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="not a geohash"):
        decode(bad)


@pytest.mark.parametrize(
    ("lat", "lon"), [(90.1, 0), (0, -180.1), (float("nan"), 0), (0, float("inf"))]
)
def test_a_place_off_the_earth_has_no_geohash(lat: float, lon: float) -> None:
    with pytest.raises(ValueError, match="no place on earth"):
        encode(Point(lat=lat, lon=lon))


@pytest.mark.parametrize("length", [0, 13])
def test_lengths_other_than_1_to_12_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="1 to 12"):
        encode(Point(lat=0, lon=0), length)


def _area(box: Box) -> float:
    return (box.east - box.west) * (box.north - box.south)
