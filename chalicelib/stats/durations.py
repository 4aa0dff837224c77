"""Histograms of durations whose sums are histograms again, and their median and 90th percentile.

The law of the buckets: bucket 0 holds what is shorter than a second. Bucket k > 0 holds durations
from EDGES[k - 1] up to EDGES[k], whole milliseconds, each edge 1.035 times the one before (rounded
down). What lies in a bucket is taken for its geometric middle, at most sqrt(1.035) - 1 = 1.74 %
off. Edges are whole numbers, so that every machine puts a duration into the same bucket.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import accumulate
from math import sqrt
from string import ascii_lowercase, digits

from msgspec import Struct

FIRST_MS = 1000
LONGEST = timedelta(days=20 * 365)

# The kinds of durations: to the first response, and to the last claim of a fix.
FIRST_RESPONSE, FIX = "F", "X"
_DIGITS = f"{digits}{ascii_lowercase}"


def _edges() -> Iterable[int]:
    edge, last = FIRST_MS, LONGEST // timedelta(milliseconds=1)
    while edge < last:
        yield edge
        edge = edge * 1035 // 1000
    yield edge


EDGES = tuple(_edges())


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


def name(kind: str, bucket: int) -> str:
    """What the number of a bucket's durations is called in a row of counters: `F6v`.

    Two digits of base 36 after a capital letter: rows are charged by their size, and most of it are
    these names.
    """
    return f"{kind}{_DIGITS[bucket // 36]}{_DIGITS[bucket % 36]}"


def named(kind: str, numbers: Mapping[str, int]) -> dict[int, int]:
    """How many durations of a kind are in each bucket, out of all the numbers of a row."""
    return {int(one[1:], 36): count for one, count in numbers.items() if one[0] == kind}


def spread(counts: Mapping[int, int]) -> Spread:
    """Of so many durations in each bucket; between two ranks it is interpolated linearly.

    That is definition 7 of Hyndman and Fan (1996), the usual one: the median of an even number is
    the mean of the two in the middle.
    """
    filled = sorted((number, count) for number, count in counts.items() if count > 0)
    ranks = list(accumulate(count for _, count in filled))
    if not ranks:
        return Spread(None, None, 0)

    def at(rank: int) -> float:
        return hours(filled[bisect_right(ranks, rank)][0])

    def quantile(share: float) -> float:
        place = (ranks[-1] - 1) * share
        below = int(place)
        value = at(below) + (place - below) * (at(min(below + 1, ranks[-1] - 1)) - at(below))
        return round(value, 4)

    return Spread(quantile(0.5), quantile(0.9), ranks[-1])
