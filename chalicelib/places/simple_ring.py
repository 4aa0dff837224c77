"""Whether, and where, a ring touches or crosses itself, exactly and in O(n log n).

The sweep of M. I. Shamos and D. Hoey ("Geometric Intersection Problems", 1976): a line moves over
the positions from west to east, and the edges it meets are kept in order from south to north.
If any two edges meet, two neighbours in that order meet. Positions are ordered by longitude, then
latitude, as if the line leaned a little; so north-south edges need no special care.
"""

from bisect import bisect_left
from itertools import pairwise

from chalicelib.places.orientation import Position, meeting_point, orientation

# West end, east end.
_Edge = tuple[Position, Position]


def self_meeting(ring: list[Position]) -> Position | None:
    """A place where edges of a closed ring meet that do not follow one another there.

    None when there is none. Positions repeated one after the other count once.
    """
    positions = [here for here, following in pairwise(ring) if here != following]
    if len(positions) < 3:
        return ring[0]
    ordered = sorted(positions)
    if twice := [here for here, following in pairwise(ordered) if here == following]:
        return twice[0]
    line: list[_Edge] = []
    following = dict(zip(positions, positions[1:] + positions[:1], strict=True))
    before = {after: here for here, after in following.items()}
    passed = (_pass(line, here, before[here], following[here]) for here in ordered)
    return next((place for place in passed if place), None)


def _pass(
    line: list[_Edge], here: Position, before: Position, following: Position
) -> Position | None:
    """Move the line over one position; where edges were found to meet."""
    ahead = [end for end in (before, following) if end > here]
    at = bisect_left(line, 0, key=lambda edge: -orientation(edge[0], edge[1], here))
    if len(ahead) == 2:
        return _open(line, at, here, ahead)
    if len(ahead) == 1:
        return _continue(line, at, here, ahead[0])
    return _close(line, at, here)


def _open(line: list[_Edge], at: int, here: Position, ahead: list[Position]) -> Position | None:
    turn = orientation(here, ahead[0], ahead[1])
    if turn == 0 or (at < len(line) and orientation(*line[at], here) == 0):
        return here
    south, north = ahead if turn > 0 else ahead[::-1]
    line[at:at] = [(here, south), (here, north)]
    return _meeting(line, at - 1) or _meeting(line, at + 1)


def _continue(line: list[_Edge], at: int, here: Position, ahead: Position) -> Position | None:
    if at == len(line) or line[at][1] != here:
        return here
    line[at] = (here, ahead)
    return _meeting(line, at - 1) or _meeting(line, at)


def _close(line: list[_Edge], at: int, here: Position) -> Position | None:
    if [edge[1] for edge in line[at : at + 2]] != [here, here]:
        return here
    del line[at : at + 2]
    return _meeting(line, at - 1)


def _meeting(line: list[_Edge], at: int) -> Position | None:
    """Where the edge at an index and the one north of it meet; None without both."""
    if not 0 <= at < len(line) - 1 or not _meet(line[at], line[at + 1]):
        return None
    return meeting_point(*line[at], *line[at + 1])


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
