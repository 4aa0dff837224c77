"""Publishing the open data: two files for each month in which reports were created.

Only months that changed since are written again, one after the other, as long as there is time;
the next run goes on with those that wait. A month is read and written in pieces, so that memory
does not grow with it. Runs twice harmlessly.
"""

import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO

import msgspec
from msgspec import Struct

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.clock import first_id, moment
from chalicelib.events import counters, log
from chalicelib.events.counters import Range
from chalicelib.observability import logger
from chalicelib.open_data.models import Progress, progress
from chalicelib.open_data.records import COLUMNS, csv_row, feature, is_public, record
from chalicelib.reports.models import Report
from chalicelib.settings import settings
from chalicelib.stats import periods
from chalicelib.stats.periods import Period
from chalicelib.stats.scopes import Scope

FOLDER = "open-data"
AT_ONCE = 100
EVENTS_AT_ONCE = 5000
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json"}
CACHE = "public, max-age=3600"
DAY_BEGINS = 6
"""The hour of the city's clock until which it is night."""
"""Seconds that copies on the way may live; a report that is hidden is gone an hour later."""


class Month(Struct, frozen=True):
    """What the index tells of a month."""

    month: str
    reports: int
    csv: str
    geojson: str


class Index(Struct, frozen=True):
    """The index, the one address that readers need to know."""

    city: str
    time_zone: str
    months: list[Month]


class _Told(Struct):
    reported_at: str = ""


class _Envelope(Struct):
    data: _Told


def by_night(at: datetime) -> bool:
    """Whether it is night in the city: nobody waits for these files, and the tables are idle."""
    return at.astimezone(settings.time_zone).hour < DAY_BEGINS


def publish(at: datetime, time_left: Callable[[], bool]) -> list[str]:
    """Write the months that changed, as far as the time allows; returns those written."""
    now = progress()
    _look_for_changes(now, at, time_left)
    written = []
    while now.waiting and time_left():
        month = now.waiting[0]
        now.published[month] = _write(month)
        now.waiting = now.waiting[1:]
        now.save()
        _write_index(now)
        written.append(month)
    logger.info("open data published", months=len(written), waiting=len(now.waiting))
    return written


def _look_for_changes(now: Progress, at: datetime, time_left: Callable[[], bool]) -> None:
    """Note the months that events have touched since, and those whose counts are others.

    Imported events are written at their own times, before what was seen; the counts tell of them.
    """
    counts = _counts("m")
    touched = {month for month, count in counts.items() if now.counts.get(month) != count}
    now.seen = max(now.seen, _oldest(counts) or log.settled(at))
    while time_left():
        piece = log.read(now.seen, log.settled(at), EVENTS_AT_ONCE, None, set())
        bodies = (msgspec.json.decode(event.body, type=_Envelope) for event in piece.events)
        touched |= {_month(one.data.reported_at) for one in bodies if one.data.reported_at}
        now.seen = piece.next
        if not piece.more:
            break
    now.waiting, now.counts = sorted({*now.waiting, *touched}), counts
    now.save()


def _counts(prefix: str) -> dict[str, int]:
    """How many reports the counters have of the months or days whose row ids begin so.

    Withdrawn ones and spam are among them.
    """
    (rows,) = counters.shown([Range(Scope().series, prefix, f"{prefix}~")])
    names = ("submitted", "withdrawn", "spam")
    return {id[1:]: sum(numbers.get(name, 0) for name in names) for id, numbers in rows}


def _oldest(months: dict[str, int]) -> str:
    """The least id of an event of the first day that has reports; empty without one."""
    first = min((month for month, count in months.items() if count), default=None)
    return first_id(periods.parse(_days(first)[0], settings.time_zone).start) if first else ""


def _days(month: str) -> list[str]:
    """The days that have reports: all others' parts of the log need no look."""
    return sorted(day for day, count in _counts(f"d{month}-").items() if count)


def _write(month: str) -> int:
    """Both files of a month; returns how many reports are in them."""
    with tempfile.TemporaryFile() as csv, tempfile.TemporaryFile() as geojson:
        csv.write((",".join(COLUMNS) + "\r\n").encode())
        geojson.write(b'{"type":"FeatureCollection","features":[')
        count = _fill(month, csv, geojson)
        geojson.write(b"\n]}\n")
        _store(f"{month}.csv", csv, MEDIA_TYPES["csv"])
        _store(f"{month}.geojson", geojson, MEDIA_TYPES["geojson"])
    return count


def _fill(month: str, csv: IO[bytes], geojson: IO[bytes]) -> int:
    book, count = directory.current(), 0
    for report in _reports(month):
        if not is_public(report):
            continue
        columns = record(report, book)
        csv.write(csv_row(columns))
        geojson.write((b",\n" if count else b"\n") + feature(columns, report))
        count += 1
    return count


def _reports(month: str) -> Iterator[Report]:
    """The reports created in a month, in order of their events."""
    for day in _days(month):
        yield from _of_day(periods.parse(day, settings.time_zone))


def _of_day(day: Period) -> Iterator[Report]:
    """A hundred at a time."""
    place, last, more = first_id(day.start), first_id(day.end), True
    while more:
        piece = log.read(place, last, AT_ONCE, None, {"report.created"})
        place, more = piece.next, piece.more
        ids = [event.report_id for event in piece.events]
        found = {one.id: one for one in Report.batch_get([(id, "report") for id in ids])}
        yield from (found[id] for id in ids if id in found)


def _write_index(now: Progress) -> None:
    months = [
        Month(month, count, _address(f"{month}.csv"), _address(f"{month}.geojson"))
        for month, count in sorted(now.published.items())
    ]
    index = Index(settings.city_name, settings.city_time_zone, months)
    with tempfile.TemporaryFile() as file:
        file.write(msgspec.json.format(msgspec.json.encode(index), indent=2))
        _store("index.json", file, "application/json")


def _store(name: str, file: IO[bytes], media_type: str) -> None:
    file.seek(0)
    aws.s3().put_object(
        Bucket=settings.photos_bucket,
        Key=f"{FOLDER}/{name}",
        Body=file,
        ContentType=media_type,
        CacheControl=CACHE,
    )


def _address(name: str) -> str:
    return f"{settings.photos_url}/{FOLDER}/{name}"


def _month(time: str) -> str:
    return moment(time).astimezone(settings.time_zone).isoformat()[:7]
