import pytest

from chalicelib.places.areas import AreaShape, Polygons, faults

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]
HOLE = [(1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (2.0, 1.0), (1.0, 1.0)]


def shape(
    id: str = "a",
    *,
    name: str = "Gambir",
    level: int = 1,
    parent: str | None = None,
    geometry: Polygons | None = None,
) -> AreaShape:
    return AreaShape(id, name, level, parent, [[SQUARE]] if geometry is None else geometry)


def test_a_city_of_well_formed_areas_has_no_faults() -> None:
    city = [shape("c"), shape("d", level=2, parent="c"), shape("v", level=3, parent="d")]
    assert faults(city) == []


def test_no_areas_have_no_faults() -> None:
    assert faults([]) == []


@pytest.mark.parametrize(
    ("ring", "fault"),
    [
        ([(0, 0), (4, 0), (0, 0)], "ring_too_short"),
        ([], "ring_too_short"),
        ([(0, 0), (4, 0), (4, 4), (0, 4)], "ring_not_closed"),
        ([(0, 0), (181, 0), (4, 4), (0, 0)], "position_out_of_range"),
        ([(0, 0), (4, 0), (4, -90.5), (0, 0)], "position_out_of_range"),
        ([(0, 0), (4, float("nan")), (4, 4), (0, 0)], "position_out_of_range"),
        ([(0, 0), (float("inf"), 0), (4, 4), (0, 0)], "position_out_of_range"),
        ([(0, 0), (1, 1), (2, 2), (0, 0)], "zero_area"),
        ([(3, 3), (3, 3), (3, 3), (3, 3)], "zero_area"),
        ([(0, 0), (4, 4), (4, 0), (0, 4), (0, 0)], "self_intersection"),
        ([(0, 0), (4, 0), (4, 4), (4, -1), (0, 0)], "self_intersection"),
        ([(0, 0), (2, 2), (4, 0), (4, 4), (2, 2), (0, 4), (0, 0)], "self_intersection"),
    ],
)
def test_a_malformed_ring_is_named(ring: list[tuple[float, float]], fault: str) -> None:
    assert faults([shape(geometry=[[ring]])]) == [(0, fault)]
    if ring:
        assert faults([shape(geometry=[[SQUARE], [SQUARE, ring]])]) == [(0, fault)]


def test_holes_that_touch_the_outer_ring_or_lie_inside_are_well_formed() -> None:
    corner = [(0.0, 0.0), (1.0, 2.0), (2.0, 1.0), (0.0, 0.0)]
    side = [(4.0, 3.0), (3.0, 2.5), (3.0, 3.5), (4.0, 3.0)]
    assert faults([shape(geometry=[[SQUARE, HOLE, side]])]) == []
    assert faults([shape(geometry=[[SQUARE, corner, side]])]) == []


def test_a_hole_outside_the_outer_ring_is_named() -> None:
    outside = [(lon + 10, lat) for lon, lat in HOLE]
    across = [(lon + 2.5, lat) for lon, lat in HOLE]
    assert faults([shape(geometry=[[SQUARE, outside]])]) == [(0, "hole_outside")]
    assert faults([shape(geometry=[[SQUARE, across]])]) == [(0, "hole_outside")]


def test_a_position_repeated_on_the_spot_is_no_fault() -> None:
    ring = [SQUARE[0], *SQUARE]
    assert faults([shape(geometry=[[ring]])]) == []


def test_an_area_without_an_outline_is_named() -> None:
    assert faults([shape(geometry=[])]) == [(0, "no_polygons")]
    assert faults([shape(geometry=[[]])]) == [(0, "no_rings")]


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (shape(name=" "), "empty_name"),
        (shape(""), "empty_id"),
        (shape(level=0), "level_below_one"),
        (shape("b", level=2, parent="nowhere"), "parent_missing"),
        (shape("b", level=2, parent="c"), "parent_level_not_smaller"),
    ],
)
def test_a_wrong_member_is_named_with_its_index(wrong: AreaShape, fault: str) -> None:
    assert faults([shape("c", level=2), wrong]) == [(1, fault)]


def test_the_second_of_two_areas_with_one_id_is_named() -> None:
    assert faults([shape("a"), shape("a")]) == [(1, "duplicate_id")]


def test_areas_around_each_other_are_named() -> None:
    found = faults([shape("a", level=1, parent="b"), shape("b", level=2, parent="a")])
    assert found == [(0, "parent_level_not_smaller"), (0, "parent_cycle"), (1, "parent_cycle")]


def test_an_area_around_itself_is_named() -> None:
    assert (0, "parent_cycle") in faults([shape("a", parent="a")])


def test_only_the_areas_on_a_circle_are_said_to_be_on_it() -> None:
    city = [shape("a", parent="a"), shape("b", level=2, parent="a")]
    assert (1, "parent_cycle") not in faults(city)


def test_each_fault_of_an_area_is_named_once() -> None:
    short = [(0.0, 0.0), (1.0, 0.0), (0.0, 0.0)]
    assert faults([shape(name="", geometry=[[short], [short, SQUARE[:-1]]])]) == [
        (0, "empty_name"),
        (0, "ring_too_short"),
        (0, "ring_not_closed"),
    ]
