"""Boston's history through the import, in a process of its own; an independent recount beside it.

python -m bench.history_run FILE LINES     prints one JSON line

All cases become lines of an import, are read, checked and made into reports and events by the real
code, and counted by it; the sums are kept in memory, where the figures are read from. LINES of them
also go the whole way: a file, slices, transactions, on the local AWS's DynamoDB in this process.
"""

import csv
import gzip
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from math import ceil, floor
from types import SimpleNamespace
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bench.metered import Metered, prepare

BOSTON = "America/New_York"
NAMES = prepare(BOSTON)

from chalicelib import aws, clock  # noqa: E402
from chalicelib.agencies.directory import Directory, put  # noqa: E402
from chalicelib.agencies.models import Agency, Bilingual, Category, Route  # noqa: E402
from chalicelib.events.counters import Range  # noqa: E402
from chalicelib.events.counting import Deltas  # noqa: E402
from chalicelib.events.models import Envelope, Event, of_item  # noqa: E402
from chalicelib.imports import past, running  # noqa: E402
from chalicelib.imports.lines import Line, faults, read  # noqa: E402
from chalicelib.imports.models import find, new_import  # noqa: E402
from chalicelib.stats import periods, reading, tallies  # noqa: E402
from chalicelib.stats.figures import Figures  # noqa: E402
from chalicelib.stats.scopes import Scope  # noqa: E402

ZONE, FORM = ZoneInfo(BOSTON), "%m/%d/%Y %I:%M:%S %p"
MONTHS = [f"2015-{month:02}" for month in range(1, 10)]
NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Case(NamedTuple):
    """What the recount goes by, straight from the file."""

    id: str
    opened: datetime
    closed: datetime | None
    due: datetime | None
    department: str
    text: str
    lat: float
    lon: float


def main() -> int:
    cases = list(_cases(sys.argv[1]))
    book = _book({case.department for case in cases})
    began = time.perf_counter()
    sums = _counted(cases, book)
    took = time.perf_counter() - began
    found = {"cases": len(cases), "memory_seconds": took, **_compared(cases, sums, book)}
    print(json.dumps({**found, **_stored(cases[: int(sys.argv[2])], book)}))
    return 0


def _cases(file: str) -> Iterator[Case]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Case(
                row["CASE_ENQUIRY_ID"],
                _local(row["OPEN_DT"]),
                _local(row["CLOSED_DT"]) if row["CLOSED_DT"] else None,
                _local(row["TARGET_DT"]) if row["TARGET_DT"] else None,
                re.sub("[^a-z0-9]+", "-", row["Department"].lower()).strip("-"),
                row["TYPE"] or "-",
                float(row["LATITUDE"]),
                float(row["LONGITUDE"]),
            )


def _local(time: str) -> datetime:
    return datetime.strptime(time, FORM).replace(tzinfo=ZONE).astimezone(UTC)


def _line(case: Case) -> bytes:
    closed = case.closed and [
        {"status": "resolved", "at": clock.text(case.closed), "reason": "fixed"}
    ]
    line = {
        "external_id": case.id,
        "category": f"c-{case.department}",
        "description": case.text,
        "location": {"lat": case.lat, "lon": case.lon},
        "created_at": clock.text(case.opened),
        "history": closed or [],
        **({"due": clock.text(case.due)} if case.due else {}),
    }
    return json.dumps(line).encode()


def _book(departments: set[str]) -> Directory:
    both = Bilingual("x", "x")
    return Directory(
        edition=1,
        areas_key=None,
        categories={f"c-{one}": Category(both, "x") for one in departments},
        agencies={one: Agency(one, "city") for one in departments},
        routes={f"r-{one}": Route(f"c-{one}", "*", one) for one in departments},
        time={},
        templates={},
    )


def _counted(cases: list[Case], book: Directory) -> Deltas:
    """What the counters would hold."""
    sums: Deltas = defaultdict(lambda: defaultdict(int))
    for case in cases:
        line = read(_line(case))
        if not isinstance(line, Line) or faults(line, [], book, NOW):
            continue
        for event in past.rows(line, [], book, NOW, "bench"):
            if isinstance(event, Event):
                _add(sums, of_item(event.serialize())[1])
    return sums


def _add(sums: Deltas, event: Envelope) -> None:
    for counter, numbers in tallies.moves(event).items():
        for name, number in numbers.items():
            sums[counter][name] += number


def _compared(cases: list[Case], sums: Deltas, book: Directory) -> dict[str, Any]:
    """How many figures are not the recount's, and how far medians and 90th percentiles are off."""
    skewed = sum(case.closed is not None and case.closed < case.opened for case in cases)
    scopes = [Scope(), *(Scope(agency=one) for one in book.agencies)]
    wrong, off, compared = [], [0.0], 0
    for label in (*MONTHS, "2015"):
        period = periods.parse(label, ZONE)
        for scope in scopes:
            ours = _figures(sums, scope, label)
            right = [
                case
                for case in cases
                if period.start <= case.opened < period.end
                and scope.agency in (None, case.department)
            ]
            hours = sorted(
                (one.closed - one.opened).total_seconds() / 3600 for one in right if one.closed
            )
            judged = [one for one in right if one.due and (one.closed or one.due < NOW)]
            kept = sum(bool(one.closed and one.due and one.closed <= one.due) for one in judged)
            level, spread = ours.service_level, ours.resolve_hours
            pairs = [
                (ours.submitted, len(right)),
                (ours.claimed_resolved, len(hours)),
                (level.of, len(judged)),
                (level.kept, kept),
                (spread.n, len(hours)),
            ]
            compared += len(pairs)
            wrong += [(label, scope.agency, pair) for pair in pairs if pair[0] != pair[1]]
            for value, share in ((spread.median, 0.5), (spread.p90, 0.9)):
                if hours and (exact := _quantile(hours, share)) > 0.01:
                    off.append(abs((value or 0) / exact - 1))
    whole = _figures(sums, Scope(), "2015")
    return {
        "skewed": skewed,
        "compared": compared,
        "wrong": len(wrong),
        "spreads": len(off) - 1,
        "worst": max(off),
        "submitted": whole.submitted,
        "kept": whole.service_level.kept,
        "of": whole.service_level.of,
    }


def _figures(sums: Deltas, scope: Scope, label: str) -> Figures:
    def rows(range: Range) -> list[tuple[str, dict[str, int]]]:
        return [
            (id, numbers)
            for (series, id), numbers in sums.items()
            if series == range.series and range.low <= id <= range.high
        ]

    period = periods.parse(label, ZONE)
    (both,) = reading.compared(
        [scope],
        period,
        periods.before(period, ZONE),
        read=lambda ranges: [rows(one) for one in ranges],
    )
    return both.now


def _quantile(ordered: list[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    low, high = ordered[floor(place)], ordered[ceil(place)]
    return low + (high - low) * (place - floor(place))


def _stored(cases: list[Case], book: Directory) -> dict[str, Any]:
    """Seconds for these cases the whole way, and once more, when all are known."""
    file = b"\n".join(_line(case) for case in cases)
    tables, told = Metered(NAMES), {}
    with tables.behind(aws.dynamodb()):
        aws.s3().meta.events.register("before-call.s3.*", _Bucket(file).answer)
        # Nobody counts here, so that what it orders to look again is thrown away.
        nothing = SimpleNamespace(status_code=200), dict[str, Any]()
        aws.sqs().meta.events.register("before-call.sqs.*", lambda **_: nothing)
        for kind, entries in (
            ("category", book.categories),
            ("agency", book.agencies),
            ("route", book.routes),
        ):
            for id, entry in entries.items():
                put(kind, id, entry)
        for number, run in enumerate(("fresh", "again")):
            row = new_import(clock.new_id(NOW), "Boston", NOW)
            row.save()
            tables.writes = 0
            began = time.perf_counter()
            running.run(_arrived(row.id, f"etag-{number}"), NOW, lambda: True)
            done = find(row.id)
            told[f"{run}_seconds"] = time.perf_counter() - began
            told[f"{run}_added"], told[f"{run}_known"] = int(done.added), int(done.known)
            told[f"{run}_writes"] = tables.writes / len(cases)
    return {"stored": len(cases), **told}


def _arrived(import_id: str, etag: str) -> str:
    return json.dumps(
        {"Records": [{"s3": {"object": {"key": f"imports/{import_id}", "eTag": etag}}}]}
    )


class _Bucket:
    """S3 with one file."""

    def __init__(self, file: bytes) -> None:
        self._file = file

    def answer(self, model: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
        """HEAD and GET of the file from its beginning."""
        content = {"ContentLength": len(self._file), "Body": self}
        return SimpleNamespace(status_code=200), content

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        """The file in pieces."""
        places = range(0, len(self._file), size)
        return (self._file[place : place + size] for place in islice(places, None))


if __name__ == "__main__":
    sys.exit(main())
