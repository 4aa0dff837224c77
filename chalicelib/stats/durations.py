"""Histograms of durations whose sums are histograms again, and their median and 90th percentile.

The law of the buckets: bucket 0 holds what is shorter than a second. Bucket k > 0 holds durations
from EDGES[k - 1] up to EDGES[k], whole milliseconds, each edge 1.035 times the one before (rounded
down). What lies in a bucket is taken for its geometric middle, at most sqrt(1.035) - 1 = 1.74 %
off. Edges are whole numbers, so that every machine puts a duration into the same bucket.

A row of counters has one number for four neighbouring buckets, with seven decimal digits for each:
adding such numbers adds up all four, and 28 digits are exact also where DynamoDB is emulated. So
buckets are exact up to 4,999,999 durations in the four together.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import accumulate, product
from math import sqrt
from string import ascii_letters, digits

from msgspec import Struct

FIRST_MS = 1000
LONGEST = timedelta(days=20 * 365)

# The kinds of durations: to the first response, and to the last claim of a fix.
FIRST_RESPONSE, FIX = "first_response", "fix"


def _edges() -> Iterable[int]:
    edge, last = FIRST_MS, LONGEST // timedelta(milliseconds=1)
    while edge < last:
        yield edge
        edge = edge * 1035 // 1000
    yield edge


EDGES = tuple(_edges())

TOGETHER, WIDTH = 4, 10**7
"""Buckets in a number, and how much the next one's durations count more there."""

# Of two characters: rows are charged by their size, and much of it are names.
_NAMES = ("".join(pair) for pair in product(digits + ascii_letters, repeat=2))
_PLACES = {
    kind: {next(_NAMES): place for place in range(0, len(EDGES), TOGETHER)}
    for kind in (FIRST_RESPONSE, FIX)
}
_CALLED = {kind: tuple(places) for kind, places in _PLACES.items()}


class Spread(Struct, frozen=True):
    """Median and 90th percentile of n durations in hours; None when n is 0."""

    median: float | None
    p90: float | None
    n: int


def bucket(duration: timedelta) -> int:
    """The number of the bucket that a duration belongs to; the last one for all that are longer."""
    return min(bisect_right(EDGES, duration // timedelta(milliseconds=1)), len(EDGES) - 1)


def hours(bucket: int) -> float:
    """What the durations of a bucket are taken for."""
    if bucket == 0:
        return 0.0
    return sqrt(EDGES[bucket - 1] * EDGES[bucket]) / 3_600_000


def numbers(kind: str, bucket: int, count: int = 1) -> dict[str, int]:
    """What so many durations of a bucket add to a row of counters."""
    return {_CALLED[kind][bucket // TOGETHER]: count * WIDTH ** (bucket % TOGETHER)}


def spread(kind: str, row: Mapping[str, int]) -> Spread:
    """Of the durations of a kind in all the numbers of a row; between two ranks it is linear.

    That is definition 7 of Hyndman and Fan (1996), the usual one: the median of an even number is
    the mean of the two in the middle. What was taken away before it was added is left out.
    """
    filled = [(place, row[name]) for name, place in _PLACES[kind].items() if name in row]
    # Casting out nines, with longer digits: what a number's buckets have together.
    counts = [number % (WIDTH - 1) for _, number in filled]
    ranks = list(accumulate([count if count < WIDTH // 2 else 0 for count in counts]))
    if not ranks or not ranks[-1]:
        return Spread(None, None, 0)

    def at(rank: int) -> float:
        before = bisect_right(ranks, rank)
        place, number = filled[before]
        return hours(place + _among(number, rank - (ranks[before - 1] if before else 0)))

    def quantile(share: float) -> float:
        place = (ranks[-1] - 1) * share
        below = int(place)
        value = at(below) + (place - below) * (at(min(below + 1, ranks[-1] - 1)) - at(below))
        return round(value, 4)

    return Spread(quantile(0.5), quantile(0.9), ranks[-1])


def _among(number: int, rank: int) -> int:
    """Which of a number's buckets has the duration of this rank among them."""
    for place in range(TOGETHER):
        number, count = divmod(number + WIDTH // 2, WIDTH)
        rank -= max(0, count - WIDTH // 2)
        if rank < 0:
            return place
    return TOGETHER - 1
