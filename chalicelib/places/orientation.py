"""On which side of a line a position lies, exactly; and about where two edges meet."""

Position = tuple[float, float]

# Bound on the rounding error of the determinant, relative to the size of its two products
# (J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997: ccwerrboundA).
_RELATIVE_ERROR = (3 + 16 * 2**-53) * 2**-53
# Products below the normal range of floats lose digits that the relative bound does not see.
_UNDERFLOW = 1e-300
# Every finite float is a whole number of these parts.
_PARTS = 1 << 1074


def orientation(start: Position, end: Position, position: Position) -> int:
    """1 when `position` is left of the way from `start` to `end`, -1 when right, 0 when on it."""
    left = (start[0] - position[0]) * (end[1] - position[1])
    right = (start[1] - position[1]) * (end[0] - position[0])
    turn = left - right
    if abs(turn) <= _RELATIVE_ERROR * (abs(left) + abs(right)) + _UNDERFLOW:
        return _exact_orientation(start, end, position)
    return 1 if turn > 0 else -1


def meeting_point(a: Position, b: Position, c: Position, d: Position) -> Position:
    """About where the edges a-b and c-d meet, which they must; on one line, where they begin to."""
    turn = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0])
    if turn == 0:
        return max(min(a, b), min(c, d))
    share = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / turn
    share = min(max(share, 0.0), 1.0)
    return (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))


def _exact_orientation(start: Position, end: Position, position: Position) -> int:
    (ax, ay), (bx, by), (cx, cy) = ((_whole(x), _whole(y)) for x, y in (start, end, position))
    turn = (ax - cx) * (by - cy) - (ay - cy) * (bx - cx)
    return (turn > 0) - (turn < 0)


def _whole(number: float) -> int:
    numerator, denominator = float(number).as_integer_ratio()
    return numerator * (_PARTS // denominator)
