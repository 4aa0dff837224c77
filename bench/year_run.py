"""A year of a city lived through on a simulated clock, and its digest; a process of its own.

python -m bench.year_run REPORTS LIVED     prints one JSON line

What people do in the year is drawn first, with the shares that were published of Qlue's 2018, and
counted the plain way. All of it becomes a file of history that goes the whole way: slices of the
import, transactions, the event log and its stream, counters, and the digest as by the worker. LIVED
of the reports are also lived through: on a clock that goes from deed to deed, by the verbs that the
API calls, with the sweep of due times each day, into tables and counters of their own.
"""

import gc
import heapq
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from math import exp, log
from typing import Any, NamedTuple

import boto3
import msgspec
from moto import mock_aws

from bench.metered import Metered, prepare

NAMES = prepare("Asia/Jakarta")

from bench.imported import BATCH, Streamed, imported  # noqa: E402
from chalicelib import aws  # noqa: E402
from chalicelib.agencies import directory  # noqa: E402
from chalicelib.agencies.models import Agency, Bilingual, Category, Route  # noqa: E402
from chalicelib.clock import text  # noqa: E402
from chalicelib.people.identity import Caller  # noqa: E402
from chalicelib.places.areas import AreaShape  # noqa: E402
from chalicelib.reports import corrections, progress, settling, submission  # noqa: E402
from chalicelib.reports.corrections import Withdrawal  # noqa: E402
from chalicelib.reports.models import Report  # noqa: E402
from chalicelib.reports.particulars import Location  # noqa: E402
from chalicelib.reports.progress import Confirmation  # noqa: E402
from chalicelib.reports.submission import NewReport  # noqa: E402
from chalicelib.reports.wording import StatusChange  # noqa: E402
from chalicelib.settings import settings  # noqa: E402
from chalicelib.stats import digests  # noqa: E402
from chalicelib.stats.models import Digest, find_run, new_run  # noqa: E402
from chalicelib.stats.planning import Order  # noqa: E402

BEGAN, ENDED = (datetime(year, 12, 31, 17, tzinfo=UTC) for year in (2017, 2018))
LOOKED_AT = ENDED + timedelta(days=45)
SWEPT_EVERY = timedelta(days=1)
AGENCIES, CATEGORIES = 9, 20
WITHDRAWN, FOLLOWED, FIXED, REJECTED, RATED, CONTENT = 0.01, 0.823, 0.745, 0.06, 0.25, 0.44
SENDER = Caller("warga", "citizen")


class Deed(NamedTuple):
    """What somebody did with a report, and when."""

    at: datetime
    status: str
    reason: str | None = None
    rating: int | None = None


class Tale(NamedTuple):
    """One report and all that people did with it, in order."""

    at: datetime
    place: Location
    category: str
    deeds: list[Deed]

    def plain(self) -> dict[str, int]:
        """What it counts as: by the deeds alone."""
        told = {deed.status for deed in self.deeds}
        ratings = [deed.rating for deed in self.deeds if deed.rating]
        if "withdrawn" in told:
            return {}
        return {
            "submitted": 1,
            "followed_up": "acknowledged" in told,
            "resolved": "resolved" in told,
            "confirmed": bool(self.deeds) and self.deeds[-1].status == "confirmed",
            "satisfied": bool(ratings) and ratings[-1] >= 4,
            "rated": bool(ratings),
        }

    @property
    def month(self) -> str:
        """On the city's calendar."""
        return self.at.astimezone(settings.time_zone).strftime("%Y-%m")


def main() -> int:
    # What is stored stays: to look through all of it for garbage would take half of the time.
    gc.set_threshold(100_000, 20, 1_000_000)
    reports, lived = int(sys.argv[1]), int(sys.argv[2])
    tales = sorted(_tales(reports, random.Random(2018)))
    with mock_aws():
        for bucket in (settings.exports_bucket, settings.uploads_bucket):
            boto3.client("s3").create_bucket(Bucket=bucket)
        found = {"year": _replayed(tales), "lived": _lived(random.Random(1).sample(tales, lived))}
    print(json.dumps(found))
    return 0


def _tales(reports: int, dice: random.Random) -> Iterator[Tale]:
    span = (ENDED - BEGAN).total_seconds()
    for _ in range(reports):
        at = BEGAN + timedelta(milliseconds=round(1000 * dice.uniform(0, span)))
        # The city's south-east is busier than its north-west.
        place = Location(-6.4 + 0.3 * dice.random() ** 1.5, 107.0 - 0.3 * dice.random() ** 1.5)
        deeds = [one for one in _deeds(at, dice) if one.at < LOOKED_AT]
        yield Tale(at, place, f"kategori-{dice.randrange(CATEGORIES)}", deeds)


def _deeds(at: datetime, dice: random.Random) -> Iterator[Deed]:
    if dice.random() < WITHDRAWN:
        yield Deed(_after(at, 1, dice), "withdrawn")
    elif dice.random() < FOLLOWED:
        at = _after(at, 9, dice)
        yield Deed(at, "acknowledged")
        luck = dice.random()
        if luck < FIXED:
            yield from _fixed(_after(at, 48, dice), dice)
        elif luck < FIXED + REJECTED:
            yield Deed(_after(at, 24, dice), "rejected", "private_property")


def _fixed(at: datetime, dice: random.Random) -> Iterator[Deed]:
    yield Deed(at, "resolved", "fixed")
    if dice.random() < RATED:
        at += timedelta(hours=dice.uniform(1, 150))
        content = dice.random() < CONTENT
        rating = dice.choice((4, 5) if content else (1, 2, 3))
        if content or dice.random() < 0.5:
            yield Deed(at, "confirmed", None, rating)
        else:
            yield Deed(at, "reopened", None, rating)
            yield from _fixed(_after(at, 72, dice), dice)


def _after(at: datetime, hours: float, dice: random.Random) -> datetime:
    """At a log-normal distance with that median."""
    return at + timedelta(milliseconds=round(3_600_000 * exp(log(hours) + dice.gauss(0, 1.2))))


def _replayed(tales: list[Tale]) -> dict[str, Any]:
    """All of them as a file of history, the whole way; and the year's digest."""
    tables = Streamed(NAMES)
    with tables.behind(aws.dynamodb()):
        _furnish()
        began, tables.writes = time.perf_counter(), 0
        file = b"\n".join(_line(number, tale) for number, tale in enumerate(tales))
        done, events = imported(tables, file, LOOKED_AT)
        told = {
            "lines": int(done.added),
            "events": events,
            "seconds": time.perf_counter() - began,
            "writes": tables.writes,
        }
        return told | _digest(tables, tales)


def _line(number: int, tale: Tale) -> bytes:
    history = [
        {"status": status, "at": text(at), "reason": reason, "rating": rating}
        for at, status, reason, rating in tale.deeds
    ]
    line = {
        "external_id": str(number),
        "category": tale.category,
        "description": "Lubang besar.",
        "location": {"lat": tale.place.lat, "lon": tale.place.lon},
        "created_at": text(tale.at),
        "history": history,
    }
    return json.dumps(line).encode()


def _lived(tales: list[Tale]) -> dict[str, Any]:
    """Some of them by the verbs of the API, each at its moment, with all that time does."""
    tables = Streamed(NAMES)
    with tables.behind(aws.dynamodb()):
        _furnish()
        began = time.perf_counter()
        events = _live(tables, tales)
        took = time.perf_counter() - began
        return {"events": events, "seconds": took, **_digest(tables, tales)}


def _live(tables: Streamed, tales: list[Tale]) -> int:
    numbers, told, reports = count(), 0, dict[int, Report]()
    agenda: list[tuple[datetime, int, Tale | None, Deed | None]] = [
        (BEGAN, next(numbers), None, None)
    ]
    for one in tales:
        agenda.append((one.at, next(numbers), one, None))
        agenda += [(deed.at, next(numbers), one, deed) for deed in one.deeds]
    heapq.heapify(agenda)
    while agenda:
        at, number, tale, deed = heapq.heappop(agenda)
        if tale is None:
            settling.sweep(at)
            if at + SWEPT_EVERY < LOOKED_AT:
                heapq.heappush(agenda, (at + SWEPT_EVERY, number, None, None))
        elif deed is None:
            body = NewReport(tale.category, "Lubang besar.", tale.place)
            reports[id(tale)] = submission.submit(body, b"", SENDER, None, at).report
        else:
            _do(reports[id(tale)], deed, number)
        told += tables.bring(at, BATCH if agenda else 1)
    return told


def _do(report: Report, deed: Deed, number: int) -> None:
    if deed.status == "withdrawn":
        corrections.withdraw(report.id, Withdrawal(), SENDER, deed.at)
    elif deed.status in ("confirmed", "reopened"):
        body = Confirmation(deed.status == "confirmed", deed.rating)
        progress.confirm(report.id, body, SENDER, deed.at)
    else:
        # What was opened again, another officer has to close.
        officer = Caller(f"petugas-{number}", "officer", report.agency)
        asked = StatusChange(deed.status, reason=deed.reason)
        progress.change_status(report.id, asked, officer, deed.at)


def _digest(tables: Metered, tales: list[Tale]) -> dict[str, Any]:
    """The year's, defined and run as by the worker: page, PDF, CSV and JSON; beside a recount."""
    digest = Digest(
        id="year",
        name="Tahunan",
        period="year",
        time_zone=settings.city_time_zone,
        formats=["html", "pdf", "csv", "json"],
        created_at=text(ENDED),
    )
    digest.save()
    new_run(digest, "2018", "run", LOOKED_AT).save()
    began, tables.calls = time.perf_counter(), 0
    digests.compute(msgspec.json.encode(Order("year", "run")).decode(), LOOKED_AT)
    took = {"digest_seconds": time.perf_counter() - began, "digest_queries": tables.calls}
    stored = boto3.client("s3").get_object(
        Bucket=settings.exports_bucket, Key=find_run("year", "run").files["json"]
    )
    content = json.loads(stored["Body"].read())
    return {**took, "figures": _headline(content["figures"]), **_compared(content, tales)}


def _headline(figures: dict[str, Any]) -> dict[str, int]:
    ratings = figures["satisfaction"]
    return {
        "submitted": figures["submitted"],
        "followed_up": figures["followed_up"],
        "resolved": figures["claimed_resolved"],
        "confirmed": figures["confirmed_resolved"],
        "satisfied": ratings["satisfied"],
        "rated": ratings["n"],
    }


def _compared(content: dict[str, Any], tales: list[Tale]) -> dict[str, int]:
    """How many figures are not the recount's, of how many: year, months, areas, categories."""
    right = defaultdict[tuple[str, str], dict[str, int]](dict)
    for tale in tales:
        keys = [("all", ""), ("time", tale.month), ("category", tale.category)]
        for one in (*keys, *(("area", id) for id in _areas_of(tale.place))):
            for name, value in tale.plain().items():
                right[one][name] = right[one].get(name, 0) + value
    ours = {("all", ""): _headline(content["figures"])}
    ours |= {("time", one["label"]): {"submitted": one["submitted"]} for one in content["by_time"]}
    for kind in ("area", "category"):
        parts = content[f"by_{kind}"]
        ours |= {(kind, part["id"]): _headline(part["figures"]) for part in parts}
    pairs = [
        (number, right[one].get(name, 0))
        for one, told in ours.items()
        for name, number in told.items()
    ]
    return {"wrong": sum(a != b for a, b in pairs), "compared": len(pairs)}


def _furnish() -> None:
    """6, 36 and 252 areas in three levels; 20 categories and 9 agencies, a quarter with a due time.

    Of three categories, each area of the first level has its own agency.
    """
    assert directory.replace_areas([*_grid()])
    for number in range(AGENCIES):
        directory.put(
            "agency", f"dinas-{number}", Agency(f"Dinas {number}", "city", coordinator=not number)
        )
    for number in range(6):
        directory.put("agency", f"kota-{number}", Agency(f"Kota {number}", "city"))
    for number in range(CATEGORIES):
        name = Bilingual(f"Kategori {number}", f"Category {number}")
        hours = 240 if number % 4 == 0 else None
        directory.put(
            "category",
            f"kategori-{number}",
            Category(name, "umum", resolve_hours=hours, proof_required=False),
        )
        route = Route(f"kategori-{number}", "*", f"dinas-{number % AGENCIES}")
        directory.put("route", f"rute-{number}", route)
    for category in range(3):
        for number in range(6):
            route = Route(f"kategori-{category}", f"kota-{number}", f"kota-{number}")
            directory.put("route", f"rute-{category}-{number}", route)


def _areas_of(place: Location) -> tuple[str, str, str]:
    """Of the grid, by arithmetic alone."""
    east, north = (place.lon - 106.7) / 0.05, (place.lat + 6.4) / 0.05
    kota, kecamatan, part = int(east), int(north), int(east % 1 * 7)
    inner = f"{kota}-{kecamatan}"
    return f"kota-{kota}", f"kecamatan-{inner}", f"kelurahan-{inner}-{part}"


def _grid() -> list[AreaShape]:
    """Six strips from west to east, each cut in six from south to north, each of those in seven."""
    shapes, west, south, side = [], 106.7, -6.4, 0.05
    for kota in range(6):
        x = west + kota * side
        shapes.append(_box(f"kota-{kota}", 1, None, x, south, side, 0.3))
        for kecamatan in range(6):
            id, y = f"kecamatan-{kota}-{kecamatan}", south + kecamatan * side
            shapes.append(_box(id, 2, f"kota-{kota}", x, y, side, side))
            for part in range(7):
                bit = side / 7
                name = f"kelurahan-{kota}-{kecamatan}-{part}"
                shapes.append(_box(name, 3, id, x + part * bit, y, bit, side))
    return shapes


def _box(
    id: str, level: int, parent: str | None, west: float, south: float, width: float, height: float
) -> AreaShape:
    east, north = west + width, south + height
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    name = id.replace("-", " ").title()
    return AreaShape(id=id, name=name, level=level, parent=parent, geometry=[[ring]])


if __name__ == "__main__":
    sys.exit(main())
