"""What it costs to find reports by place among 100,000 and a million, by DynamoDB's price list."""

import gc
import importlib.util
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from bench.result import Result, Row
from infra.package import placeholders

# chalicelib reads its environment at import; no service that it names is called here.
for _name, _value in placeholders().items():
    os.environ.setdefault(_name, _value)

from bench.geo_city import OPEN, anywhere, near, reports, spots  # noqa: E402
from bench.geo_peer import Peer  # noqa: E402
from bench.geo_shelves import Cost, Shelves, write_units  # noqa: E402
from bench.geo_truth import Truth  # noqa: E402
from chalicelib.places.box import Box  # noqa: E402
from chalicelib.places.cover import cover_circle  # noqa: E402
from chalicelib.places.point import Point  # noqa: E402
from chalicelib.reports import feed, index, nearby  # noqa: E402
from chalicelib.reports.index import Entry, Filters, Query  # noqa: E402

COUNTS = (100_000, 1_000_000)
RADII = (50, 200, 1000, 5000)
ZOOMS = (10, 12, 14, 16)
K = 20
QUESTIONS, CHECKED, PEER_QUESTIONS = 300, 60, 60
# Indexes that are not by place: one unit each, where they have the report.
OTHERS = ("mine", "queue", "due")
OPEN_ONLY = Filters(status=frozenset(OPEN))


class Asked(NamedTuple):
    """The costs of many questions of a kind, and how many of the checked answers were wrong."""

    costs: list[Cost]
    wrong: int
    checked: int


class City(NamedTuple):
    """Reports, their indexes, the right answers, and where people ask."""

    entries: Sequence[Entry]
    shelves: Shelves
    truth: Truth
    centres: list[Point]


def measure() -> Result:
    """The real code over the indexes in memory; CRM_POINTS=file.csv takes real points."""
    places, said = spots()
    rows = []
    for count in COUNTS:
        city = _city(list(reports(places, count)))
        rows += [Row(f"**{count:,} reports**", ""), *_rows(city, count == COUNTS[-1])]
        del city
        gc.collect()
    rows.append(Row("cover of a circle of 50 m to 5 km", f"{_cover_us():.0f} µs", "250 µs"))
    return Result("Finding reports by place", _how(said), rows)


def _how(said: str) -> str:
    peer = (
        "`dynamodbgeo` 0.0.3 has the open reports only, as items of the size of our index entries."
        if _has_peer()
        else "`dynamodbgeo` was not installed here, so its rows are missing."
    )
    return (
        f"Reports lie as those of {said}: a large part of all stands on a few blocks. The real "
        "code reads indexes in memory that page and charge as DynamoDB does (eventually "
        "consistent: half a read unit for each 4 KB of a page and at least that, pages of 1 MB). "
        f"{QUESTIONS} questions of each kind, 70 % of them within some 150 m of a report, 30 % "
        f"anywhere. Each figure: requests / read units, mean (99 %) / round trips, mean (50 %). "
        f"Answers are compared with a look at every report, {CHECKED} of each kind. {peer}"
    )


def _city(entries: list[Entry]) -> City:
    chance = random.Random(len(entries))
    centres = [
        near(chance, chance.choice(entries).point, 150) if n % 10 < 7 else anywhere(chance)
        for n in range(QUESTIONS)
    ]
    city = City(entries, Shelves(entries), Truth(entries), centres)
    # A million reports are not looked through again at every collection.
    gc.collect()
    gc.freeze()
    return city


def _rows(city: City, last: bool) -> Iterator[Row]:
    wrong = checked = 0
    for radius in RADII:
        for words, filters in (("open", OPEN_ONLY), ("of all", Filters())):
            asked = _near(city, radius, filters)
            aim = "10 units, 2 deep" if last and radius == 1000 else ""
            yield Row(f"{K} nearest {words} within {radius:,} m", _figure(asked.costs), aim)
            wrong, checked = wrong + asked.wrong, checked + asked.checked
    for zoom in ZOOMS:
        for words, filters in (("open", OPEN_ONLY), ("of all", Filters())):
            asked = _newest(city, zoom, K, filters)
            aim = "9 units" if last else ""
            yield Row(f"{K} newest {words}, zoom {zoom}", _figure(asked.costs), aim)
            wrong, checked = wrong + asked.wrong, checked + asked.checked
    for zoom in ZOOMS[1:]:
        yield Row(f"{K} trending, zoom {zoom}", _figure(_trending(city, zoom)))
    asked = _newest(city, 16, 500, Filters())
    yield Row("viewport: 500 newest, zoom 16", _figure(asked.costs))
    wrong, checked = wrong + asked.wrong, checked + asked.checked
    yield Row("wrong or missing answers", f"{wrong} of {checked}", "0")
    yield from _writes(city.entries)
    if _has_peer():
        yield from _peer_rows(city)


def _near(city: City, radius: float, filters: Filters) -> Asked:
    def ask(centre: Point) -> list[str]:
        found = nearby.nearest(centre, radius, K, filters, read=city.shelves.read)
        return [one.id for one in found]

    def right(centre: Point) -> list[str]:
        return city.truth.near(centre, radius, open_only=filters is OPEN_ONLY)[:K]

    return _asked(city, ask, right)


def _newest(city: City, zoom: int, limit: int, filters: Filters) -> Asked:
    def ask(centre: Point) -> list[str]:
        ids: list[str] = []
        before: str | None = "~"
        # A page that has thrown much away comes short, and its cursor leads on.
        while before is not None and len(ids) < limit:
            box, wanted = _screen(centre, zoom), limit - len(ids)
            found = feed.newest_in(box, wanted, filters, before=before, read=city.shelves.read)
            ids += [entry.id for entry in found.entries]
            before = found.last
        return ids

    open_only = filters is OPEN_ONLY
    return _asked(
        city, ask, lambda centre: city.truth.newest(_screen(centre, zoom), limit, open_only)
    )


def _trending(city: City, zoom: int) -> list[Cost]:
    costs = []
    for centre in city.centres:
        feed.page([_screen(centre, zoom)], K, Filters(), "trending", read=city.shelves.read)
        costs.append(city.shelves.take_cost())
    return costs


def _asked(
    city: City, ask: Callable[[Point], list[str]], right: Callable[[Point], list[str]]
) -> Asked:
    costs, wrong, checked = [], 0, 0
    for number, centre in enumerate(city.centres):
        answer = ask(centre)
        costs.append(city.shelves.take_cost())
        if number % (QUESTIONS // CHECKED) == 0:
            checked += 1
            wrong += answer != right(centre)
    return Asked(costs, wrong, checked)


def _screen(centre: Point, zoom: int) -> Box:
    """What 412 by 732 pixels, a phone, show on a web map with tiles of 256."""
    width = 412 / 256 * 360 / 2**zoom
    height = width * 732 / 412
    return Box(
        centre.lon - width / 2,
        centre.lat - height / 2,
        centre.lon + width / 2,
        centre.lat + height / 2,
    )


def _writes(entries: Sequence[Entry]) -> Iterator[Row]:
    units = [write_units(entry) for entry in entries[:10_000]]
    mean = sum(units) / len(units)
    yield Row("write units of the indexes by place, mean of a new report", f"{mean:.2f}")
    worst = f"{max(units) + len(OTHERS)}"
    yield Row("all indexes of a new report: open, of an account, with clocks", worst, "7")


def _peer_rows(city: City) -> Iterator[Row]:
    peer = Peer([entry for entry in city.entries if entry.status in OPEN])
    for radius in (200, 1000):
        theirs: list[Cost] = []
        ours: list[Cost] = []
        wrong = 0
        for centre in city.centres[:PEER_QUESTIONS]:
            answer = peer.near(centre, radius)
            theirs.append(peer.take_cost())
            # It takes the earth for 0.06 % smaller: only what is clearly inside counts.
            inside = set(city.truth.near(centre, radius * 0.998, open_only=True))
            wrong += not inside <= answer
            _all_open(city, centre, radius)
            ours.append(city.shelves.take_cost())
        yield Row(f"all open within {radius:,} m: `cover_circle`", _figure(ours))
        yield Row(f"all open within {radius:,} m: dynamodbgeo", _figure(theirs))
        yield Row("its answers with reports missing", f"{wrong} of {PEER_QUESTIONS}")


def _all_open(city: City, centre: Point, radius: float) -> list[Entry]:
    queries = [
        Query("near", f"{one.partition}#o", f"{one.low}#", f"{one.high}~")
        for one in cover_circle(centre, radius)
    ]
    return index.read_whole(queries, city.shelves.read)


def _figure(costs: Sequence[Cost]) -> str:
    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values)

    def at(share: float, values: Sequence[float]) -> float:
        return sorted(values)[int(share * (len(values) - 1))]

    requests, units, deep = ([cost[n] for cost in costs] for n in range(3))
    return (
        f"{mean(requests):.1f} / {mean(units):.1f} ({at(0.99, units):.1f}) "
        f"/ {mean(deep):.1f} ({at(0.5, deep):.0f})"
    )


def _cover_us() -> float:
    chance = random.Random(9)
    circles = [(anywhere(chance), chance.choice(RADII)) for _ in range(400)]

    def once(_: Any) -> float:
        began = time.process_time()
        for centre, radius in circles:
            cover_circle(centre, radius)
        return (time.process_time() - began) / len(circles) * 1e6

    return min(map(once, range(5)))


def _has_peer() -> bool:
    return importlib.util.find_spec("dynamodbgeo") is not None
