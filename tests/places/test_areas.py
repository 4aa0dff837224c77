import zlib
from fractions import Fraction
from itertools import pairwise, product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.places.areas import Area, AreaIndex, AreaShape, ListedArea, Polygons, faults
from chalicelib.places.point import Point

Position = tuple[float, float]


def square(west: float, south: float, side: float) -> list[Position]:
    east, north = west + side, south + side
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def area(
    id: str, level: int, parent: str | None, geometry: Polygons, name: str = "Menteng"
) -> AreaShape:
    return AreaShape(id, name, level, parent, geometry)


def ids(index: AreaIndex, lat: float, lon: float) -> list[str]:
    return [area.id for area in index.chain(Point(lat=lat, lon=lon))]


CITY = area("city", 1, None, [[square(0, 0, 10)]], "Kota")
DISTRICT = area("district", 2, "city", [[square(0, 0, 5)]], "Kecamatan")
VILLAGE = area("village", 3, "district", [[square(0, 0, 2)]], "Kelurahan")


def test_a_place_has_one_area_of_each_level_largest_first() -> None:
    assert AreaIndex.build([VILLAGE, CITY, DISTRICT]).chain(Point(lat=1, lon=1)) == [
        Area("city", "Kota", 1),
        Area("district", "Kecamatan", 2),
        Area("village", "Kelurahan", 3),
    ]


def test_a_place_outside_the_deepest_areas_has_those_above() -> None:
    index = AreaIndex.build([CITY, DISTRICT, VILLAGE])
    assert ids(index, 3, 3) == ["city", "district"]
    assert ids(index, 7, 7) == ["city"]
    assert ids(index, 11, 7) == []


def test_no_areas_hold_no_place() -> None:
    index = AreaIndex.build([])
    assert ids(index, 0, 0) == []
    assert ids(AreaIndex.load(index.dump()), 0, 0) == []
    assert index.areas == []


def test_the_areas_around_follow_from_the_parent_and_not_from_their_outlines() -> None:
    coarse = [
        area("city", 1, None, [[square(0, 0, 1)]]),
        area("other", 1, None, [[square(1, 0, 9)]]),
        area("village", 2, "city", [[square(0, 0, 2)]]),
    ]
    assert ids(AreaIndex.build(coarse), 0.5, 1.5) == ["city", "village"]


def test_a_level_may_be_left_out() -> None:
    index = AreaIndex.build([CITY, area("island", 3, "city", [[square(20, 20, 1)]])])
    assert ids(index, 20.5, 20.5) == ["city", "island"]


def test_where_areas_overlap_the_lowest_id_holds_the_place() -> None:
    twins = [area(id, 1, None, [[square(0, 0, 2)]]) for id in ("b", "a", "c")]
    assert ids(AreaIndex.build(twins), 1, 1) == ["a"]


def test_a_place_in_a_hole_belongs_to_the_enclave() -> None:
    around = area("around", 1, None, [[square(0, 0, 6), square(2, 2, 2)]])
    enclave = area("enclave", 1, None, [[square(2, 2, 2)]])
    index = AreaIndex.build([around, enclave])
    assert ids(index, 1, 1) == ["around"]
    assert ids(index, 3, 3) == ["enclave"]
    assert ids(AreaIndex.build([around]), 3, 3) == []


def test_an_area_may_have_many_parts() -> None:
    islands = area("islands", 1, None, [[square(west, 0, 1)] for west in range(0, 40, 4)])
    index = AreaIndex.build([islands])
    assert all(ids(index, 0.5, west + 0.5) == ["islands"] for west in range(0, 40, 4))
    assert all(ids(index, 0.5, west + 2) == [] for west in range(0, 40, 4))


@pytest.mark.parametrize("border", [[(3.0, 0.0), (3.0, 4.0)], [(1.0, 0.0), (3.0, 4.0)]])
def test_a_place_on_a_border_belongs_to_the_area_east_of_it(border: list[Position]) -> None:
    south, north = border
    west = [(0.0, 0.0), south, north, (0.0, 4.0), (0.0, 0.0)]
    east = [south, (9.0, 0.0), (9.0, 4.0), north, south]
    index = AreaIndex.build([area("w", 1, None, [[west]]), area("e", 1, None, [[east]])])
    middle = (south[0] + north[0]) / 2
    assert ids(index, 2, middle) == ["e"]
    assert ids(index, 2, middle - 1e-9) == ["w"]


def test_a_place_on_a_border_along_a_parallel_belongs_to_the_area_north_of_it() -> None:
    pair = [area("s", 1, None, [[square(0, 0, 2)]]), area("n", 1, None, [[square(0, 2, 2)]])]
    assert ids(AreaIndex.build(pair), 2, 1) == ["n"]


def test_a_place_beyond_the_grid_has_no_area() -> None:
    index = AreaIndex.build([CITY, VILLAGE])
    for lat, lon in [(-0.001, 5), (5, -0.001), (10.001, 5), (5, 10.001), (85, 180), (-85, -180)]:
        assert ids(index, lat, lon) == []


# The grid of a city: corners moved about, borders shared, rings written in any direction and from
# any corner. Corners move on a coarse grid, so many places are exactly on a border.
SIDE = 3
moves = st.integers(-2, 2).map(lambda n: n / 8)


@st.composite
def cities(draw: st.DrawFn) -> list[AreaShape]:
    corners = {
        (x, y): (x + draw(moves) / 2, y + draw(moves) / 2)
        for x, y in product(range(SIDE + 1), repeat=2)
    }
    # The city's own border stays where it is, so that what is inside can be told.
    for x, y in corners:
        if x in (0, SIDE) or y in (0, SIDE):
            corners[x, y] = (float(x), float(y))
    return [
        area(f"{x}{y}", 1, None, [[_ring(draw, corners, x, y)]])
        for x, y in product(range(SIDE), repeat=2)
    ]


def _ring(
    draw: st.DrawFn, corners: dict[tuple[int, int], Position], x: int, y: int
) -> list[Position]:
    ring = [corners[x + dx, y + dy] for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))]
    start = draw(st.integers(0, 3))
    turned = ring[start:] + ring[:start]
    turned = turned[::-1] if draw(st.booleans()) else turned
    return [*turned, turned[0]]


eighths = st.integers(0, 8 * SIDE - 1).map(lambda n: n / 8)
anywhere = st.floats(0, SIDE, exclude_max=True) | eighths


@given(cities(), st.lists(st.tuples(anywhere, anywhere), min_size=5, max_size=20))
def test_each_place_is_in_exactly_one_of_areas_that_share_their_borders(
    city: list[AreaShape], places: list[Position]
) -> None:
    alone = [AreaIndex.build([shape]) for shape in city]
    together = AreaIndex.build(city)
    assert faults(city) == []
    corners = [position for shape in city for position in shape.geometry[0][0]]
    for lon, lat in [*places, *(c for c in corners if c[0] < SIDE and c[1] < SIDE)]:
        holding = [found for index in alone for found in ids(index, lat, lon)]
        assert len(holding) == 1
        assert ids(together, lat, lon) == holding


@given(cities(), anywhere, anywhere, st.floats(0, 1))
def test_a_place_on_a_shared_border_is_in_exactly_one_area(
    city: list[AreaShape], lon: float, lat: float, share: float
) -> None:
    alone = [AreaIndex.build([shape]) for shape in city]
    middle = city[len(city) // 2]
    for (ax, ay), (bx, by) in pairwise(middle.geometry[0][0]):
        place = (ax + share * (bx - ax), ay + share * (by - ay))
        if 0 <= place[0] < SIDE and 0 <= place[1] < SIDE:
            assert sum(bool(ids(index, place[1], place[0])) for index in alone) == 1


@st.composite
def stars(draw: st.DrawFn) -> list[Position]:
    """A simple ring around (0, 0) of up to 60 positions, some of them far in."""
    count = draw(st.integers(3, 60))
    reach = draw(st.lists(st.floats(0.1, 1), min_size=count, max_size=count))
    ring = [(r * x, r * y) for r, (x, y) in zip(reach, _directions(count), strict=True)]
    return [*ring, ring[0]]


def _directions(count: int) -> list[Position]:
    """Directions in turn all round, as places on the rim of a square."""
    rim = []
    for i in range(count):
        side, along = divmod(4 * i / count, 1)
        x, y = 1.0, 2 * along - 1
        for _ in range(int(side)):
            x, y = -y, x
        rim.append((x, y))
    return rim


@given(stars(), st.floats(-1, 1), st.floats(-1, 1))
def test_look_ups_agree_with_walking_the_ring_in_fractions(
    ring: list[Position], lon: float, lat: float
) -> None:
    index = AreaIndex.build([area("a", 1, None, [[ring]])])
    assert bool(ids(index, lat, lon)) == surrounds(ring, lon, lat)


@given(cities(), anywhere, anywhere)
def test_a_stored_index_answers_as_before(city: list[AreaShape], lon: float, lat: float) -> None:
    index = AreaIndex.build(city)
    stored = AreaIndex.load(index.dump())
    assert stored.chain(Point(lat=lat, lon=lon)) == index.chain(Point(lat=lat, lon=lon))
    assert stored.shapes() == index.shapes() == sorted(city, key=lambda shape: shape.id)
    assert stored.dump() == index.dump()


def test_the_same_areas_in_another_order_are_stored_as_the_same_bytes() -> None:
    one, other = [CITY, DISTRICT, VILLAGE], [VILLAGE, CITY, DISTRICT]
    assert AreaIndex.build(one).dump() == AreaIndex.build(other).dump()


def test_areas_are_listed_largest_first_with_their_parents() -> None:
    assert AreaIndex.build([VILLAGE, DISTRICT, CITY]).areas == [
        ListedArea("city", "Kota", 1, None),
        ListedArea("district", "Kecamatan", 2, "city"),
        ListedArea("village", "Kelurahan", 3, "district"),
    ]


@pytest.mark.parametrize("bytes_", [b"", b"no index", zlib.compress(b"\x81")])
def test_anything_but_a_stored_index_is_refused(bytes_: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, zlib.error)):
        AreaIndex.load(bytes_)


def surrounds(ring: list[Position], lon: float, lat: float) -> bool:
    """Even-odd, by the longitudes at which the parallel crosses the ring."""
    crossings = [
        Fraction(ax) + (Fraction(lat) - Fraction(ay)) * slope(ax, ay, bx, by)
        for (ax, ay), (bx, by) in pairwise(ring)
        if (ay <= lat) != (by <= lat)
    ]
    return sum(crossing > Fraction(lon) for crossing in crossings) % 2 == 1


def slope(ax: float, ay: float, bx: float, by: float) -> Fraction:
    return (Fraction(bx) - Fraction(ax)) / (Fraction(by) - Fraction(ay))
