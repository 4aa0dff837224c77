from fractions import Fraction
from itertools import combinations, pairwise
from math import cos, hypot, pi, sin
from time import perf_counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.places.orientation import Position, orientation
from chalicelib.places.simple_ring import self_meeting

Edge = tuple[Position, Position]
# A small grid makes touching, overlapping and repeated positions likely.
coarse = st.integers(0, 6).map(float)
coarse_positions = st.tuples(coarse, coarse)
any_float = st.floats(-180, 180)
positions = st.tuples(any_float, any_float)


@given(st.lists(coarse_positions, min_size=3, max_size=9))
@example([(0.0, 0.0), (2.0, 2.0), (2.0, 0.0), (0.0, 2.0)])
# Each of these is found at another step of the sweep.
@example([(0.0, 0.0), (2.0, 0.0), (1.0, 0.0), (1.0, 1.0)])
@example([(0.0, 0.0), (0.0, 3.0), (0.0, 2.0), (1.0, 1.0)])
@example([(0.0, 2.0), (1.0, 1.0), (0.0, 0.0), (2.0, 0.0)])
@example([(2.0, 2.0), (3.0, 3.0), (0.0, 0.0), (1.0, 0.0)])
@example([(0.0, 0.0), (2.0, 3.0), (1.0, 3.0), (1.0, 1.0), (3.0, 1.0)])
@example([(3.0, 3.0), (0.0, 3.0), (0.0, 4.0), (4.0, 1.0), (3.0, 0.0)])
@example([(6.0, 1.0), (3.0, 3.0), (2.0, 5.0), (0.0, 0.0), (1.0, 6.0)])
@example([(2.0, 2.0), (3.0, 1.0), (0.0, 4.0), (1.0, 2.0), (1.0, 0.0), (2.0, 4.0)])
@example([(3.0, 5.0), (2.0, 0.0), (5.0, 5.0), (5.0, 1.0), (6.0, 3.0), (3.0, 3.0)])
def test_the_sweep_agrees_with_comparing_all_edges(ring: list[Position]) -> None:
    closed = [*ring, ring[0]]
    place = self_meeting(closed)
    assert (place is None) == no_edges_meet(closed)
    pairs = meeting_edges(closed)
    # Where it says so, two of the edges that meet wrongly do come together.
    assert not pairs or any(all(away(place, edge) < 1e-9 for edge in pair) for pair in pairs)


@given(st.lists(positions, min_size=3, max_size=7))
def test_the_sweep_agrees_with_comparing_all_edges_at_any_position(ring: list[Position]) -> None:
    closed = [*ring, ring[0]]
    assert (self_meeting(closed) is None) == no_edges_meet(closed)


@given(positions, positions, positions)
def test_sides_are_exact(a: Position, b: Position, c: Position) -> None:
    assert orientation(a, b, c) == exact_side(a, b, c)


@given(positions, positions, st.integers(-3, 3))
def test_sides_are_exact_next_to_the_line(a: Position, b: Position, steps: int) -> None:
    near = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 + steps * 2**-48)
    assert orientation(a, b, near) == exact_side(a, b, near)


def test_sides_are_exact_where_products_underflow() -> None:
    # On one line; but one product is rounded up and the other down, by half of the least float.
    least, step = 5e-324, 2**-55
    a, b, c = (0.5, 9 * least), (1 / 6 + step, 3 * least), (step, 0.0)
    assert orientation(a, b, c) == exact_side(a, b, c) == 0


@pytest.mark.parametrize("shape", ["star", "comb"])
def test_ten_thousand_positions_do_not_take_ten_thousand_times_ten_thousand_steps(
    shape: str,
) -> None:
    ring = star(10_000) if shape == "star" else comb(2_500)
    start = perf_counter()
    assert self_meeting([*ring, ring[0]]) is None
    # Comparing all pairs takes a minute; the sweep a fifth of a second on a slow machine.
    assert perf_counter() - start < 5


def star(count: int) -> list[Position]:
    reach = [1 + 0.3 * sin(1.7 * i) for i in range(count)]
    turns = [2 * pi * i / count for i in range(count)]
    return [(r * cos(turn), r * sin(turn)) for r, turn in zip(reach, turns, strict=True)]


def comb(teeth: int) -> list[Position]:
    """Every tooth spans the whole width, so nothing can be ruled out by longitude."""
    ring = [(0.0, 0.0)]
    for tooth in range(teeth):
        base = tooth * 0.004
        ring += [(10.0, base + 0.001), (10.0, base + 0.002)]
        ring += [(0.1, base + 0.003), (0.1, base + 0.004)]
    return [*ring, (0.0, teeth * 0.004 + 1)]


def no_edges_meet(closed: list[Position]) -> bool:
    """The definition, edge by edge: edges meet only where one follows the other."""
    ring = [a for a, b in pairwise(closed) if a != b]
    return len(ring) >= 3 and len(set(ring)) == len(ring) and not meeting_edges(closed)


def meeting_edges(closed: list[Position]) -> list[tuple[Edge, Edge]]:
    """All pairs of edges that meet elsewhere than where one follows the other."""
    ring = [a for a, b in pairwise(closed) if a != b]
    edges = list(enumerate(zip(ring, ring[1:] + ring[:1], strict=True)))
    return [
        (one, other)
        for (i, one), (j, other) in combinations(edges, 2)
        if meetings(one, other) > (1 if j - i == 1 or (i == 0 and j == len(edges) - 1) else 0)
    ]


def away(place: Position | None, edge: Edge) -> float:
    """How far a place is from an edge."""
    assert place is not None
    (a, b), (x, y) = edge, place
    across = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
    share = ((x - a[0]) * (b[0] - a[0]) + (y - a[1]) * (b[1] - a[1])) / across
    share = min(max(share, 0.0), 1.0)
    return hypot(a[0] + share * (b[0] - a[0]) - x, a[1] + share * (b[1] - a[1]) - y)


def meetings(one: Edge, other: Edge) -> int:
    """How many of 0, 1 or more (2) places two edges have in common, with fractions."""
    (a, b), (c, d) = one, other
    ends = {p for p in (a, b) if is_on(c, d, p)} | {p for p in (c, d) if is_on(a, b, p)}
    if ends:
        return min(len(ends), 2)
    sides = exact_side(a, b, c) * exact_side(a, b, d), exact_side(c, d, a) * exact_side(c, d, b)
    return 1 if sides == (-1, -1) else 0


def is_on(a: Position, b: Position, p: Position) -> bool:
    return exact_side(a, b, p) == 0 and min(a, b) <= p <= max(a, b)


def exact_side(a: Position, b: Position, c: Position) -> int:
    (ax, ay), (bx, by), (cx, cy) = ((Fraction(x), Fraction(y)) for x, y in (a, b, c))
    turn = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return (turn > 0) - (turn < 0)
