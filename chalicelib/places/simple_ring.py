"""Whether a ring touches or crosses itself, exactly and in O(n log n).

The sweep of M. I. Shamos and D. Hoey ("Geometric Intersection Problems", 1976): a line moves over
the positions from west to east, and the edges it meets are kept in order from south to north.
If any two edges meet, two neighbours in that order meet. Positions are ordered by longitude, then
latitude, as if the line leaned a little; so north-south edges need no special care.
"""

from bisect import bisect_left
from itertools import pairwise

from chalicelib.places.orientation import Position, orientation

# West end, east end.
_Edge = tuple[Position, Position]


def is_simple(ring: list[Position]) -> bool:
    """Whether edges of a closed ring meet only at the position where one follows the other.

    Positions repeated one after the other count once.
    """
    positions = [here for here, following in pairwise(ring) if here != following]
    if len(positions) < 3 or len(set(positions)) < len(positions):
        return False
    line: list[_Edge] = []
    following = dict(zip(positions, positions[1:] + positions[:1], strict=True))
    before = {after: here for here, after in following.items()}
    return all(_pass(line, here, before[here], following[here]) for here in sorted(positions))


def _pass(line: list[_Edge], here: Position, before: Position, following: Position) -> bool:
    """Move the line over one position; False when edges were found to meet."""
    ahead = [end for end in (before, following) if end > here]
    at = bisect_left(line, 0, key=lambda edge: -orientation(edge[0], edge[1], here))
    if len(ahead) == 2:
        return _open(line, at, here, ahead)
    if len(ahead) == 1:
        return _continue(line, at, here, ahead[0])
    return _close(line, at, here)


def _open(line: list[_Edge], at: int, here: Position, ahead: list[Position]) -> bool:
    turn = orientation(here, ahead[0], ahead[1])
    if turn == 0 or (at < len(line) and orientation(*line[at], here) == 0):
        return False
    south, north = ahead if turn > 0 else ahead[::-1]
    line[at:at] = [(here, south), (here, north)]
    return _apart(line, at - 1) and _apart(line, at + 1)


def _continue(line: list[_Edge], at: int, here: Position, ahead: Position) -> bool:
    if at == len(line) or line[at][1] != here:
        return False
    line[at] = (here, ahead)
    return _apart(line, at - 1) and _apart(line, at)


def _close(line: list[_Edge], at: int, here: Position) -> bool:
    if [edge[1] for edge in line[at : at + 2]] != [here, here]:
        return False
    del line[at : at + 2]
    return _apart(line, at - 1)


def _apart(line: list[_Edge], at: int) -> bool:
    """Whether the edge at an index and the one north of it do not meet; True without both."""
    return not 0 <= at < len(line) - 1 or not _meet(line[at], line[at + 1])


def _meet(one: _Edge, other: _Edge) -> bool:
    (a, b), (c, d) = one, other
    # Edges that follow each other share a position. One that runs back over the other has an
    # end on it, and is found where that end is passed.
    if a == c or b == d:
        return False
    # Edges on one line meet too, as the sweep compares only edges that it passes together.
    return (
        orientation(a, b, c) * orientation(a, b, d) <= 0
        and orientation(c, d, a) * orientation(c, d, b) <= 0
    )
