"""What time alone erases: who sent a report that is long closed, and the words of private ones.

Every change of a report is an event of the log. So the log is read a second time, some years
behind: a report whose last change one comes to is closed since then, or is still being worked on.
What is due is ordered, and erased by the worker that does people's own orders.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import batched

from msgspec import Struct
from pynamodb.attributes import UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.clock import first_id, id_time, text
from chalicelib.errors import ReportNotFound
from chalicelib.events import log
from chalicelib.privacy.models import How, order_report_once
from chalicelib.reports import lifecycle
from chalicelib.reports.models import Report, find
from chalicelib.settings import settings

STEP = 200
LINKS = ("reporter", "contact", "tracking_hash", "submission")


class Due(Struct, frozen=True):
    """A report that is due, since its last change, and what is to become of it."""

    report_id: str
    number: str
    updated_at: str
    how: How


class Position(Table):
    """Up to which event of the log everything that was due has been ordered."""

    class Meta:
        table_name = settings.people_table

    person = UnicodeAttribute(hash_key=True, default="retention")
    item = UnicodeAttribute(range_key=True, default="position")
    first = UnicodeAttribute()


def enforce(at: datetime, time_left: Callable[[], bool]) -> int:
    """Order what has become due since the last run; how many reports that were."""
    ordered, last = 0, _end(at, settings.retention_days)
    for piece in batched(log.between(_first(last), last), STEP):
        for one in _due((event.report_id for event in piece), last):
            order_report_once(one.report_id, one.how, at, "nobody")
            ordered += 1
        Position(first=log.just_after(piece[-1].id)).save()
        if not time_left():
            return ordered
    Position(first=max(last, _first(last))).save()
    return ordered


def dry_run(
    at: datetime, days: int, limit: int, time_left: Callable[[], bool]
) -> tuple[list[Due], bool]:
    """What a run would order if `days` were kept, at most `limit`; whether there may be more."""
    last = _end(at, days)
    found: dict[str, Due] = {}
    for piece in batched(log.between(_first(last), last), STEP):
        for one in _due((event.report_id for event in piece), last):
            found[one.report_id] = one
        if len(found) >= limit or not time_left():
            return list(found.values())[:limit], True
    return list(found.values()), False


def done_until() -> datetime | None:
    """Up to when everything that changed last has been looked at; None before the first run."""
    row = Position.seek("retention", "position")
    return id_time(str(row.first)[:26]) if row else None


def degree(report: Report) -> How:
    """How far it is erased: what the public never saw is of no use to it any more."""
    return "unlink" if report.private or report.hidden else "keep_text"


def _end(at: datetime, days: int) -> str:
    return first_id(at - timedelta(days=days))


def _first(last: str) -> str:
    """Where the last run ended; the first one begins a day before its end."""
    row = Position.seek("retention", "position")
    return str(row.first) if row else first_id(id_time(last) - timedelta(days=1))


def _due(report_ids: Iterator[str], last: str) -> Iterator[Due]:
    for report_id in dict.fromkeys(report_ids):
        try:
            report = find(report_id)
        except ReportNotFound:
            continue
        closed = not lifecycle.is_open(report.status)
        if closed and str(report.updated_at) < text(id_time(last)) and _has_more(report):
            yield Due(report.id, report.number, report.updated_at, degree(report))


def _has_more(report: Report) -> bool:
    """Whether there is anything left of what is to go."""
    linked = any(getattr(report, name) for name in LINKS)
    return linked or (degree(report) == "unlink" and bool(report.description))
