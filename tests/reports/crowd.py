"""Six hundred reports where cells, meridians and lists end, and the plain way to look at them."""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.clock import moment, new_id, text
from chalicelib.places.box import Box
from chalicelib.places.distance import distance_m
from chalicelib.places.geohash import decode, encode
from chalicelib.places.point import Point
from chalicelib.reports import lifecycle
from chalicelib.reports.models import Report, geohash_of
from tests.city import City
from tests.reports.quick import QuickIndexes

TOWN = Box(106.80, -6.25, 106.90, -6.15)
ISLES = Box(179.95, -16.85, -179.95, -16.75)
NORTH_CAPE = Box(29.9, 84.99, 30.1, 85.04)
SPOT = Point(-6.2, 106.85)
BEGAN = moment("2026-11-01T00:00:00Z")
STATUSES = tuple(lifecycle.STATUSES)
KINDS = ("jalan-rusak", "sampah", "lampu")
AGENCIES = ("dinas-jalan", "kelurahan-melati", None)


class Known(NamedTuple):
    """A stored report, as a brute-force search needs it."""

    id: str
    point: Point
    category: str
    status: str
    agency: str | None
    created_at: str
    private: bool


class Crowd:
    """The reports that are stored, in any order; `add` stores more."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.known: list[Known] = []
        self.supports: dict[str, int] = {}
        self.quick = QuickIndexes()
        self._reports: dict[str, Report] = {}

    def add(self, points: Iterable[Point], at: Callable[[], datetime]) -> None:
        """Store a report at each point, of random kind and status; one in twenty is private."""
        with Report.batch_write() as batch:
            for report in self.stand(points, at):
                batch.save(report)

    def stand(self, points: Iterable[Point], at: Callable[[], datetime]) -> list[Report]:
        """As `add`, in the quick indexes only."""
        fresh = [self._report(point, at()) for point in points]
        self._note(fresh)
        return fresh

    def supported(self, id: str, count: int) -> None:
        """Give a report so many supports, in the quick indexes only."""
        report = self._reports[id]
        report.support_count, report.heat = count, None
        report.place_in_indexes()
        self.supports[id] = count
        self.quick.put(report.serialize())

    def change(self, id: str, status: str) -> None:
        """Give a report another status, in the quick indexes only."""
        report = self._reports[id]
        report.status = status
        report.place_in_indexes()
        self.quick.put(report.serialize())

    def copy(self) -> "Crowd":
        """The same reports once more, in quick indexes of their own."""
        other = Crowd(random.Random(1))
        other.supports = dict(self.supports)
        other._note([Report.from_raw_data(one.serialize()) for one in self._reports.values()])
        return other

    def _note(self, fresh: list[Report]) -> None:
        for report in fresh:
            self._reports[report.id] = report
            self.quick.put(report.serialize())
        self.known += [known(report) for report in fresh]

    def _report(self, point: Point, at: datetime) -> Report:
        report = Report(
            id=new_id(at),
            number=f"UJI-{self.chance.randrange(10**6):06}",
            category=self.chance.choice(KINDS),
            description="Ada masalah.",
            title="Ada masalah.",
            status=self.chance.choice(STATUSES),
            lat=point.lat,
            lon=point.lon,
            geohash=geohash_of(point),
            areas=[],
            agency=self.chance.choice(AGENCIES),
            private=self.chance.random() < 0.05,
            created_at=text(at),
            updated_at=text(at),
        )
        report.place_in_indexes()
        return report

    def near(self, centre: Point, radius_m: float, wanted: "Wanted") -> list[tuple[float, str]]:
        """(metres, id) of all that a list may show within the radius, nearest first."""
        away = [(distance_m(centre, one.point), one.id) for one in self.known if wanted.admits(one)]
        return sorted(one for one in away if one[0] <= radius_m)

    def inside(self, box: Box, wanted: "Wanted") -> list[str]:
        """The ids of all that a list may show in the box, newest first."""
        found = [one for one in self.known if wanted.admits(one) and box.contains(one.point)]
        return sorted((one.id for one in found), reverse=True)


class Wanted(NamedTuple):
    """Filters as the query has them; None where everything is wanted."""

    category: tuple[str, ...] | None = None
    status: tuple[str, ...] | None = None
    colour: tuple[str, ...] | None = None
    agency: str | None = None
    since: str | None = None
    until: str | None = None

    def admits(self, one: Known) -> bool:
        """Whether a list with these filters shows the report."""
        return not one.private and all(
            (
                self.category is None or one.category in self.category,
                self.status is None or one.status in self.status,
                self.colour is None or lifecycle.colour(one.status) in self.colour,
                self.agency is None or one.agency == self.agency,
                self.since is None or one.created_at >= self.since,
                self.until is None or one.created_at < self.until,
            )
        )

    def query(self) -> str:
        """The filters as query parameters."""
        given = {name: value for name, value in self._asdict().items() if value is not None}
        return "".join(
            f"&{name}={','.join(value) if isinstance(value, tuple) else value}"
            for name, value in given.items()
        )


EVERYTHING = Wanted()


def crowd(seed: int) -> Crowd:
    """The same six hundred places for the same seed."""
    chance = random.Random(seed)
    found = Crowd(chance)
    points = [
        *_scattered(chance, TOWN, 240),
        *_clustered(chance, SPOT, 100),
        *[SPOT] * 40,
        *_on_borders(chance, TOWN, 100),
        *_scattered(chance, ISLES, 60),
        *_on_borders(chance, ISLES, 20),
        *[Point(-16.8, 180.0), Point(-16.8, -180.0)] * 5,
        *_scattered(chance, NORTH_CAPE, 30),
    ]
    chance.shuffle(points)
    found.add(points, lambda: BEGAN + timedelta(seconds=chance.randrange(20 * 86400)))
    return found


def filters(chance: random.Random) -> Wanted:
    """Mostly none; else one or two of a random kind."""
    one, other = chance.randrange(8), chance.randrange(8)
    start = BEGAN + timedelta(days=chance.randrange(15))
    return Wanted(
        category=(chance.choice(KINDS), "tidak-ada") if one == 1 else None,
        status=tuple(chance.sample(STATUSES, 3)) if 2 in (one, other) else None,
        colour=tuple(chance.sample(lifecycle.COLOURS, 2)) if 3 in (one, other) else None,
        agency=AGENCIES[0] if one == 4 else None,
        since=text(start) if one == 5 else None,
        until=text(start + timedelta(days=4)) if 5 in (one, other) else None,
    )


def pages(city: City, path: str, between: Callable[[], None] = lambda: None) -> Iterator[Any]:
    """All pages of a list; `between` is done before each further one is asked for."""
    answer, seen = city.get(path), set()
    while True:
        assert answer.status == 200, answer.body
        yield answer.json["items"]
        cursor = answer.json["next"]
        if cursor is None:
            return
        assert cursor not in seen, "the pages go round in a circle"
        seen.add(cursor)
        between()
        answer = city.get(f"{path}&cursor={cursor}")


def known(report: Report) -> Known:
    return Known(
        report.id,
        report.point,
        report.category,
        report.status,
        report.agency,
        report.created_at,
        bool(report.private),
    )


def somewhere(chance: random.Random, box: Box) -> Point:
    """A random point of the box, also of one across the antimeridian."""
    width = (box.east - box.west) % 360
    lon = box.west + chance.random() * width
    lat = chance.uniform(box.south, box.north)
    return Point(round(lat, 6), round(lon - 360 if lon > 180 else lon, 6))


def _scattered(chance: random.Random, box: Box, count: int) -> list[Point]:
    return [somewhere(chance, box) for _ in range(count)]


def _clustered(chance: random.Random, centre: Point, count: int) -> list[Point]:
    def near(value: float) -> float:
        return round(chance.gauss(value, 0.001), 6)

    return [Point(near(centre.lat), near(centre.lon)) for _ in range(count)]


def _on_borders(chance: random.Random, box: Box, count: int) -> list[Point]:
    """Corners of cells of 4 to 7 characters, and the places right beside them."""
    found = []
    for _ in range(count):
        cell = decode(encode(somewhere(chance, box), chance.randint(4, 7)))
        lat = cell.south + chance.choice((0, 1e-6, -1e-6))
        lon = cell.west + chance.choice((0, 1e-6, -1e-6))
        found.append(Point(lat, lon if abs(lon) <= 180 else 180.0))
    return found
