"""On which side of a line a position lies, exactly."""

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


def _exact_orientation(start: Position, end: Position, position: Position) -> int:
    (ax, ay), (bx, by), (cx, cy) = ((_whole(x), _whole(y)) for x, y in (start, end, position))
    turn = (ax - cx) * (by - cy) - (ay - cy) * (bx - cx)
    return (turn > 0) - (turn < 0)


def _whole(number: float) -> int:
    numerator, denominator = float(number).as_integer_ratio()
    return numerator * (_PARTS // denominator)
