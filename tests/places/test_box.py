import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.places.box import Box
from chalicelib.places.point import Point

lats = st.floats(-90, 90)
lons = st.floats(-180, 180)
points = st.builds(Point, lat=lats, lon=lons)
boxes = st.builds(
    lambda west, east, parallels: Box(west, min(parallels), east, max(parallels)),
    lons,
    lons,
    st.tuples(lats, lats),
)

FIJI = Box(west=177.0, south=-20.0, east=-178.0, north=-15.0)


def test_a_box_across_the_antimeridian_holds_both_sides_and_nothing_else() -> None:
    inside = [Point(-17, 179), Point(-17, 180), Point(-17, -180), Point(-17, -179)]
    outside = [Point(-17, 0), Point(-17, 176), Point(-17, -177), Point(-14, 179)]
    assert all(FIJI.contains(point) for point in inside)
    assert not any(FIJI.contains(point) for point in outside)


def test_a_box_across_the_antimeridian_splits_there() -> None:
    assert FIJI.split() == [Box(177, -20, 180, -15), Box(-180, -20, -178, -15)]


@given(boxes, points)
def test_the_parts_of_a_box_hold_what_the_box_holds(box: Box, point: Point) -> None:
    assert any(part.contains(point) for part in box.split()) == box.contains(point)


@given(boxes)
def test_parts_are_plain(box: Box) -> None:
    assert all(part.west <= part.east for part in box.split())


@given(boxes)
def test_a_box_holds_its_corners_and_its_centre(box: Box) -> None:
    corners = [Point(lat, lon) for lat in (box.south, box.north) for lon in (box.west, box.east)]
    assert all(box.contains(point) for point in [*corners, box.centre])


def test_the_centre_of_a_box_across_the_antimeridian_is_on_its_side_of_the_earth() -> None:
    assert FIJI.centre == Point(lat=-17.5, lon=179.5)
    assert Box(179, 0, -171, 2).centre == Point(lat=1, lon=-176)


def test_a_box_with_its_south_north_of_its_north_is_refused() -> None:
    with pytest.raises(ValueError, match="north"):
        Box(west=0, south=2, east=1, north=1)


@pytest.mark.parametrize("wrong", [{"south": 5}, {"north": 91}, {"west": -181}, {"east": 180.5}])
def test_a_box_off_the_earth_or_turned_round_is_refused_where_it_is_decoded(
    wrong: dict[str, float],
) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"west": 0, "south": 0, "east": 1, "north": 1} | wrong, Box)
