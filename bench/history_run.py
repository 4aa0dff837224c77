"""Boston's history through the import, in a process of its own; an independent recount beside it.

python -m bench.history_run FILE [CASES]     prints one JSON line

All cases, or the first so many, become a file of history that goes the whole way: slices of the
import, transactions, the event log and its stream, counters, on the local AWS's DynamoDB in this
process. The figures are read from there.
"""

import csv
import gc
import gzip
import json
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from math import ceil, floor
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import boto3
from moto import mock_aws

from bench.history import AGAIN
from bench.metered import prepare

BOSTON = "America/New_York"
NAMES = prepare(BOSTON)

from bench.imported import Streamed, imported  # noqa: E402
from chalicelib import aws, clock  # noqa: E402
from chalicelib.agencies.directory import Directory, put  # noqa: E402
from chalicelib.agencies.models import Agency, Bilingual, Category, Route  # noqa: E402
from chalicelib.settings import settings  # noqa: E402
from chalicelib.stats import periods, reading  # noqa: E402
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
    # What is stored stays: to look through all of it for garbage would take half of the time.
    gc.set_threshold(100_000, 20, 1_000_000)
    cases = list(islice(_cases(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else None))
    found = _imported(cases, _book({case.department for case in cases}))
    print(json.dumps({"cases": len(cases), **found}))
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


def _compared(cases: list[Case], book: Directory) -> dict[str, Any]:
    """How many figures are not the recount's, and how far medians and 90th percentiles are off."""
    skewed = sum(case.closed is not None and case.closed < case.opened for case in cases)
    scopes = [Scope(), *(Scope(agency=one) for one in book.agencies)]
    wrong, off, compared = [], [0.0], 0
    for label in (*MONTHS, "2015"):
        period = periods.parse(label, ZONE)
        for scope in scopes:
            ours = _figures(scope, label)
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
    whole = _figures(Scope(), "2015")
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


def _figures(scope: Scope, label: str) -> Figures:
    period = periods.parse(label, ZONE)
    (both,) = reading.compared([scope], period, periods.before(period, ZONE))
    return both.now


def _quantile(ordered: list[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    low, high = ordered[floor(place)], ordered[ceil(place)]
    return low + (high - low) * (place - floor(place))


def _imported(cases: list[Case], book: Directory) -> dict[str, Any]:
    """The cases the whole way, some once more, when all are known; then the figures compared."""
    tables, told = Streamed(NAMES), dict[str, Any]()
    with mock_aws(), tables.behind(aws.dynamodb()):
        boto3.client("s3").create_bucket(Bucket=settings.uploads_bucket)
        for kind, entries in (
            ("category", book.categories),
            ("agency", book.agencies),
            ("route", book.routes),
        ):
            for id, entry in entries.items():
                put(kind, id, entry)
        for run, some in (("fresh", cases), ("again", cases[:AGAIN])):
            file, tables.writes = b"\n".join(map(_line, some)), 0
            began = time.process_time()
            done, events = imported(tables, file, NOW)
            told[f"{run}_cpu"] = (time.process_time() - began) / len(some)
            told[f"{run}_added"], told[f"{run}_known"] = int(done.added), int(done.known)
            told[f"{run}_writes"], told[f"{run}_events"] = tables.writes / len(some), events
        return told | _compared(cases, book)


if __name__ == "__main__":
    sys.exit(main())
