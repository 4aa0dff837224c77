"""A month of reports in the counters, and what its digest costs, in a process of its own.

python -m bench.digest_month REPORTS     prints what the digest of a month of so many reads, under
                                         `bare` that of a city without areas, then for each line
                                         of input the CPU that one digest takes; all as JSON
python -m bench.digest_month cost        prints what counting costs

CPU is our code's and the SDK's: DynamoDB's answers come as bytes, from a recording.

The city is as deep as Jakarta: 6, 44 and 267 areas in three levels, of very different size; 20
categories, each with its agency, and of three of them each kecamatan its own. The month before
has as many reports. Durations are log-normal, the median two days.
"""

import gc
import io
import json
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import exp
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from ministack.services import dynamodb
from moto import mock_aws

from bench.metered import Metered, prepare

NAMES = prepare("Asia/Jakarta")

from chalicelib import aws  # noqa: E402
from chalicelib.agencies import directory  # noqa: E402
from chalicelib.clock import new_id, text  # noqa: E402
from chalicelib.events import counting  # noqa: E402
from chalicelib.events.counters import key  # noqa: E402
from chalicelib.events.counting import Deltas, Told  # noqa: E402
from chalicelib.events.models import Envelope, EventArea, EventData, Standing  # noqa: E402
from chalicelib.places.areas import AreaShape  # noqa: E402
from chalicelib.reports import map_cells  # noqa: E402
from chalicelib.settings import settings  # noqa: E402
from chalicelib.stats import files, tallies  # noqa: E402
from chalicelib.stats.content import Content, Published, content  # noqa: E402
from chalicelib.stats.scopes import Scope  # noqa: E402

MONTHS = {
    "2026-10": datetime(2026, 9, 30, 17, tzinfo=UTC),
    "2026-11": datetime(2026, 10, 31, 17, tzinfo=UTC),
}
NOW = datetime(2026, 12, 1, tzinfo=UTC)
KELURAHAN, KECAMATAN, KOTA, CATEGORIES = 267, 44, 6, 20
LEVELS = (("kota", KOTA), ("kecamatan", KECAMATAN), ("kelurahan", KELURAHAN))
BATCHES, COUNTED = (1, 10, 100, 1000), 1000
FORMATS = ("html", "pdf", "csv", "json")


def main() -> int:
    dice = random.Random(1)
    tables = Metered(NAMES)
    with mock_aws(config={"core": {"passthrough": {"services": ["dynamodb"]}}}):
        aws.s3().create_bucket(Bucket=settings.exports_bucket)
        if sys.argv[1] == "cost":
            with tables.behind(aws.dynamodb()):
                _tell(_cost(tables, dice))
        else:
            _digests(tables, int(sys.argv[1]), dice)
    return 0


def _digests(tables: Metered, reports: int, dice: random.Random) -> None:
    with tables.behind(aws.dynamodb()):
        assert directory.replace_areas([])
        _fill(tables, reports, dice)
        bare = _reads(tables)
        assert directory.replace_areas([*_strips()])
        _tell({**_reads(tables), "bare": bare})
    with _recorded(tables):
        _cpu()
        # From now on the emulator's rows are in nobody's way, neither collector's nor caches'.
        dynamodb.reset()
        gc.collect()
        gc.freeze()
        for _ in sys.stdin:
            _tell(_cpu())


def _reads(tables: Metered) -> dict[str, Any]:
    tables.reads = tables.calls = 0
    made = _made()
    parts = len(made.by_area) + len(made.by_agency) + len(made.by_category)
    told = {"submitted": made.figures.submitted, "parts": parts, "cells": len(made.by_cell or [])}
    return {**told, "reads": tables.reads, "calls": tables.calls}


def _cpu() -> dict[str, float]:
    """Seconds of CPU for a digest's figures, and for them and its files."""
    began = time.process_time()
    made = _made()
    figures = time.process_time() - began
    files.rendered(Published.of(made, 1, []), FORMATS, "id")
    return {"figures": figures, "whole": time.process_time() - began}


def _made() -> Content:
    return content("Bulanan", Scope(), "2026-11", settings.time_zone, "id")


@contextmanager
def _recorded(tables: Metered) -> Iterator[None]:
    """Answer the SDK's requests with bytes; each is only computed the first time."""
    known: dict[tuple[str, bytes], tuple[int, bytes]] = {}

    def answer(request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        operation, body = event_name.rpartition(".")[2], bytes(request.body)
        if (operation, body) not in known:
            status, told = tables.call(operation, json.loads(body))
            known[operation, body] = status, json.dumps(told, separators=(",", ":")).encode()
        status, told_bytes = known[operation, body]
        return AWSResponse(request.url, status, {}, _Raw(told_bytes))

    events = aws.dynamodb().meta.events
    events.register_first("before-send.dynamodb.*", answer)
    try:
        yield
    finally:
        events.unregister("before-send.dynamodb.*", answer)


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _tell(found: dict[str, Any]) -> None:
    print(json.dumps(found), flush=True)


def _strips() -> Iterator[AreaShape]:
    """The areas, each as wide as its number of kelurahan."""
    for level, (kind, within) in enumerate(LEVELS, 1):
        parents = LEVELS[level - 2] if level > 1 else None
        for number in range(within):
            of = [one for one in range(KELURAHAN) if one * within // KELURAHAN == number]
            west, east = (106.69 + 0.28 * one / KELURAHAN for one in (of[0], of[-1] + 1))
            ring = [(west, -6.37), (east, -6.37), (east, -6.09), (west, -6.09), (west, -6.37)]
            parent = f"{parents[0]}-{of[0] * parents[1] // KELURAHAN}" if parents else None
            yield AreaShape(f"{kind}-{number}", f"{kind} {number}", level, parent, [[ring]])


def _fill(tables: Metered, reports: int, dice: random.Random) -> None:
    """Put the rows that a month's digest reads; what an event moves is the counters' own code."""
    sums: Deltas = {}
    for start in MONTHS.values():
        for _ in range(reports):
            for _, envelope in _life(start, dice):
                _add(sums, tallies.moves(envelope))
    for counter, numbers in sums.items():
        item = {name: {"N": str(number)} for name, number in numbers.items()}
        row = {"TableName": settings.counters_table, "Item": {**key(1, counter), **item}}
        tables.call("PutItem", row)


def _add(sums: Deltas, deltas: Deltas) -> None:
    for counter, numbers in deltas.items():
        if counter[0].startswith("pairs#") or (
            counter[1][:1] == "d" and counter[0] != "figures#-|-|"
        ):
            continue
        row = sums.setdefault(counter, {})
        for name, number in numbers.items():
            row[name] = row.get(name, 0) + number


def _cost(tables: Metered, dice: random.Random) -> dict[str, Any]:
    """Write units an event and a report's life, in batches of several sizes."""
    start = MONTHS["2026-11"]
    lives = [_life(start, dice) for _ in range(COUNTED)]
    events = sorted(event for life in lives for event in life)
    told = [
        Told(id, counting.fold([tallies.moves(one), map_cells.moves(one)])) for id, one in events
    ]
    found = {}
    for edition, size in enumerate(BATCHES, 1):
        tables.writes = 0
        for place in range(0, len(told), size):
            counting.count(told[place : place + size], edition, NOW)
        found[str(size)] = tables.writes / len(told)
    return {"units": found, "events": len(told), "reports": COUNTED}


def _life(start: datetime, dice: random.Random) -> list[tuple[str, Envelope]]:
    """A report and what becomes of it: 8 of 10 answered, 6 fixed, 2 confirmed."""
    at = start + timedelta(seconds=dice.uniform(0, 30 * 86_400))
    facts, standing = _facts(at, dice), Standing()
    told = [_event("report.created", at, facts, "submitted", standing)]
    for status, share, days in (
        ("acknowledged", 0.8, 0.5),
        ("resolved", 0.75, 2),
        ("confirmed", 0.33, 1),
    ):
        at += timedelta(days=days * exp(dice.gauss(0, 1.2)))
        if dice.random() > share or at > NOW:
            break
        before, standing = standing, _stand(standing, status, at)
        told.append(
            _event(
                "report.status_changed",
                at,
                facts,
                status,
                standing,
                (told[-1][1].data.status, before),
            )
        )
    return told


def _stand(before: Standing, status: str, at: datetime) -> Standing:
    claimed = text(at) if status == "resolved" else before.claimed_at
    return Standing(
        first_response_at=before.first_response_at or text(at),
        claimed_at=claimed,
        closed_at=claimed,
        confirmed_by="reporter" if status == "confirmed" else None,
    )


def _facts(at: datetime, dice: random.Random) -> dict[str, Any]:
    # The busiest twentieth of the kelurahan have a fifth of the reports.
    kelurahan, category = int(KELURAHAN * dice.random() ** 2), dice.randrange(CATEGORIES)
    kecamatan, kota = kelurahan * KECAMATAN // KELURAHAN, kelurahan * KOTA // KELURAHAN
    agency = f"kecamatan-{kecamatan}" if category < 3 else f"dinas-{category % 9}"
    return {
        "report_id": "01M84GZ9T5X2Q8K3V7B6N4D1JE",
        "number": "TGP-7F3K2M",
        "version": 1,
        "category": f"kategori-{category}",
        "agency_id": agency,
        "areas": [
            EventArea(f"kota-{kota}", 1),
            EventArea(f"kecamatan-{kecamatan}", 2),
            EventArea(f"kelurahan-{kelurahan}", 3),
        ],
        "location": {"lat": dice.uniform(-6.37, -6.09), "lon": dice.uniform(106.69, 106.97)},
        "reported_at": text(at),
        "resolve_due": text(at + timedelta(days=3)),
        "url": "",
    }


def _event(
    type: str,
    at: datetime,
    facts: dict[str, Any],
    status: str,
    standing: Standing,
    before: tuple[str, Standing] | None = None,
) -> tuple[str, Envelope]:
    previous = dict(_previous(standing, *before)) if before else None
    told: dict[str, Any] = {"previous_status": before[0]} if before else {}
    data = EventData(**facts, **told, status=status, standing=standing, previous=previous)
    return new_id(at), Envelope(type, text(at), data)


def _previous(now: Standing, status: str, before: Standing) -> Iterator[tuple[str, Any]]:
    yield "status", status
    for name in Standing.__struct_fields__:
        if getattr(now, name) != getattr(before, name):
            yield name, getattr(before, name)


if __name__ == "__main__":
    sys.exit(main())
