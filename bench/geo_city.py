"""A city's worth of reports for the bench: real points where a file is given, else as dense ones.

With CRM_POINTS=file.csv (columns lat, long and, third, the number of reports) every report lies at
or near a point of the file; without it, at points like them: most in few clusters, up to 87 at one.
"""

import csv
import os
import random
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from chalicelib.clock import base32
from chalicelib.places.point import Point
from chalicelib.reports.index import Entry

# As the file of Jakarta's CRM has it for 2020 and 2021: two thirds of the points are in clusters,
# 45 % of all reports on a few blocks, and the busiest spot has 87.
SPOTS, BUSIEST, CLUSTERS = 11_000, 87, 300
WEST, SOUTH, EAST, NORTH = 106.69, -6.37, 106.97, -6.09
HEART = Point(-6.2235, 106.8613)
BEGAN_MS, YEARS_MS = 1_700_000_000_000, 2 * 365 * 86_400_000
OPEN_SHARE = 0.085
OPEN = ("submitted", "acknowledged", "in_progress", "referred", "reopened")
CLOSED = ("confirmed", "resolved", "rejected", "duplicate")
KINDS = tuple(f"category-{n:02}" for n in range(20))
AGENCIES = tuple(f"agency-{n:03}" for n in range(300))


class Spot(NamedTuple):
    """A place, and its share of the reports."""

    lat: float
    lon: float
    reports: int


def spots() -> tuple[list[Spot], str]:
    """The places, and a word on where they are from."""
    file = os.environ.get("CRM_POINTS")
    if not file:
        return list(_invented(random.Random(1))), "an invented city as dense as Jakarta's CRM data"
    with open(file, encoding="utf-8", newline="") as lines:
        rows = [Spot(float(lat), float(lon), int(n)) for lat, lon, n in list(csv.reader(lines))[1:]]
    return rows, f"the {len(rows):,} points of a city's own data"


def reports(places: list[Spot], count: int) -> Iterator[Entry]:
    """Reports in order of time; beyond the first of each place's own, near it and not at it."""
    chance = random.Random(count)
    sums = list(accumulate(place.reports for place in places))
    own = [place for place in places for _ in range(place.reports)]
    chance.shuffle(own)
    step, kinds = YEARS_MS / count, _zipf(len(KINDS))
    for n in range(count):
        if n < len(own):
            point = Point(own[n].lat, own[n].lon)
        else:
            (place,) = chance.choices(places, cum_weights=sums)
            point = near(chance, Point(place.lat, place.lon), 25)
        id = base32(BEGAN_MS + int(n * step), 10) + base32(chance.getrandbits(80), 16)
        yield _entry(chance, id, n, point, kinds)


def near(chance: random.Random, point: Point, metres: float) -> Point:
    """A place about so far away."""
    lat, lon = (chance.gauss(0, metres / 111_000) for _ in range(2))
    return Point(round(point.lat + lat, 6), round(point.lon + lon, 6))


def anywhere(chance: random.Random) -> Point:
    """A place of the city's box."""
    return Point(round(chance.uniform(SOUTH, NORTH), 6), round(chance.uniform(WEST, EAST), 6))


def _entry(chance: random.Random, id: str, n: int, point: Point, kinds: list[float]) -> Entry:
    return Entry(
        id=id,
        number=f"BCH-{n:06}",
        category=chance.choices(KINDS, cum_weights=kinds)[0],
        title="x" * chance.randint(20, 60),
        status=chance.choice(OPEN if chance.random() < OPEN_SHARE else CLOSED),
        point=point,
        thumb=f"{id}/{id}/{id[:12]}" if chance.random() < 0.6 else None,
        agency=chance.choice(AGENCIES),
        area="31.71.01.1001",
    )


def _zipf(count: int) -> list[float]:
    return list(accumulate(1 / (rank + 1) for rank in range(count)))


def _invented(chance: random.Random) -> Iterator[Spot]:
    """The heart with 45 % of all, clusters whose sizes fall off, and the rest anywhere."""
    centres = [anywhere(chance) for _ in range(CLUSTERS)]
    weights = _zipf(CLUSTERS)
    for n in range(SPOTS):
        draw = chance.random()
        if draw < 0.45:
            point = near(chance, HEART, 60)
        elif draw < 0.85:
            (centre,) = chance.choices(centres, cum_weights=weights)
            point = near(chance, centre, 400)
        else:
            point = anywhere(chance)
        yield Spot(point.lat, point.lon, max(1, BUSIEST // (n + 1) if n < BUSIEST else 1))
