"""A name is written where its area has room, and never in another area."""

from chalicelib.places.polygon import Polygon
from chalicelib.places.roomiest import roomiest

SQUARE = [(4.0, 4.0), (6.0, 4.0), (6.0, 6.0), (4.0, 6.0), (4.0, 4.0)]
# Lies around the square on three sides: the middle of its bounds is in the square.
BAY = [(0, 0), (10, 0), (10, 7), (7, 7), (7, 3), (3, 3), (3, 10), (0, 10), (0, 0)]


def test_the_name_of_an_area_around_another_is_not_written_in_that_one() -> None:
    bay = [(float(x), float(y)) for x, y in BAY]
    place = roomiest([bay])
    assert Polygon([bay]).contains(*place)
    assert not Polygon([SQUARE]).contains(*place)


def test_a_hole_is_no_place_for_a_name() -> None:
    ground = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0)]
    assert not Polygon([SQUARE]).contains(*roomiest([ground, SQUARE]))


def test_in_a_square_it_is_the_middle_also_when_its_lines_have_no_corner_near() -> None:
    assert roomiest([SQUARE]) == (5.0, 5.0)


def test_a_sliver_between_all_places_tried_has_its_name_in_the_middle_of_its_bounds() -> None:
    sliver = [(0.0, 0.0), (3.0, 1.03), (10.0, 10.0), (3.0, 1.02), (0.0, 0.0)]
    assert roomiest([sliver]) == (5.0, 5.0)
