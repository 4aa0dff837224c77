"""What areas leave uncovered or cover twice, and rings of one area that overlap."""

import pytest

from chalicelib.places.areas import AreaShape, faults
from chalicelib.places.coverage import Flaw, flaws

type Box = tuple[float, float, float, float]


def ring(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def area(id: str, *boxes: Box, parent: str | None = None, holes: tuple[Box, ...] = ()) -> AreaShape:
    geometry = [[ring(*box), *(ring(*hole) for hole in holes)] for box in boxes]
    return AreaShape(id, id, 2 if parent else 1, parent, geometry)


def said(*shapes: AreaShape) -> list[tuple[str, list[str]]]:
    return [(flaw.kind, flaw.areas) for flaw in flaws([*shapes])]


CITY = area("kota", (0, 0, 4, 4))


def test_areas_side_by_side_that_fill_their_parent_have_no_flaw() -> None:
    halves = area("a", (0, 0, 2, 4), parent="kota"), area("b", (2, 0, 4, 4), parent="kota")
    assert said(CITY, *halves) == []
    # At the top nothing says where a city ends: what is not enclosed is no gap.
    assert said(area("a", (0, 0, 1, 1)), area("b", (2, 2, 3, 3))) == []
    assert said(area("a", (0, 0, 4, 4), holes=((1, 1, 2, 2),)), area("b", (1, 1, 2, 2))) == []


def test_a_gap_is_named_with_the_area_around_and_a_place_in_it() -> None:
    west = area("a", (0, 0, 1.5, 4), parent="kota")
    east = area("b", (3, 0, 4, 4), parent="kota")
    (gap,) = flaws([CITY, west, east])
    assert (gap.kind, gap.areas) == ("gap", ["kota"])
    assert (1.5 < gap.at.lon < 3, 0 < gap.at.lat < 4) == (True, True)


def test_what_areas_without_a_parent_enclose_is_a_gap() -> None:
    around = area("a", (0, 0, 4, 1), (0, 3, 4, 4)), area("b", (0, 1, 1, 3), (3, 1, 4, 3))
    (gap,) = flaws([*around])
    assert isinstance(gap, Flaw)
    assert (1 < gap.at.lon < 3, 1 < gap.at.lat < 3) == (True, True)


def test_an_overlap_is_named_once_for_each_two_areas() -> None:
    three = [area(id, (low, 0, low + 2, 2)) for id, low in (("a", 0), ("b", 1.5), ("c", 1.75))]
    assert said(*three) == [
        ("overlap", ["a", "b"]),
        ("overlap", ["a", "c"]),
        ("overlap", ["b", "c"]),
    ]
    # Areas of other levels lie over each other, of course.
    assert said(CITY, area("a", (0, 0, 4, 4), parent="kota")) == []


@pytest.mark.parametrize(
    ("shape", "is_overlap"),
    [
        (area("a", (0, 0, 4, 4), holes=((1, 1, 2, 2), (2, 2, 3, 3))), False),
        (area("a", (0, 0, 4, 4), holes=((1, 1, 3, 3), (2, 2, 3.5, 3.5))), True),
        (area("a", (0, 0, 4, 4), holes=((1, 1, 3, 3), (1.5, 1.5, 2, 2))), True),
        (area("a", (0, 0, 4, 4), holes=((1, 1, 3, 3), (1, 1, 3, 3))), True),
        (area("a", (0, 0, 1, 1), (1, 1, 2, 2)), False),
        (area("a", (0, 0, 2, 2), (1, 1, 3, 3)), True),
        (area("a", (0, 0, 4, 4), (1, 1, 2, 2)), True),
        (
            AreaShape(
                "a", "a", 1, None, [[ring(0, 0, 4, 4), ring(1, 1, 3, 3)], [ring(1, 1, 2, 2)]]
            ),
            False,
        ),
    ],
)
def test_rings_of_one_area_must_not_overlap(shape: AreaShape, is_overlap: bool) -> None:
    assert faults([shape]) == ([(0, "rings_overlap")] if is_overlap else [])
