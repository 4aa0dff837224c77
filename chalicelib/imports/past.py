"""From a line to the rows that the report would have left: itself, its timeline, its events."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from chalicelib.agencies.directory import Directory
from chalicelib.clock import base32, moment, new_id, text
from chalicelib.imports.lines import Line, Step, reason_of
from chalicelib.imports.models import Origin
from chalicelib.places.areas import Area
from chalicelib.reports import lifecycle, standing
from chalicelib.reports.models import Number, Report, remember_word, update_of
from chalicelib.reports.particulars import Particulars, fill, put_at
from chalicelib.reports.service_level import RUNGS
from chalicelib.settings import settings

_EVENTS = {"confirmed": "report.confirmed", "reopened": "report.disputed"}


def rows(
    line: Line, chain: list[Area], book: Directory, at: datetime, imported_by: str
) -> list[Any]:
    """All rows of a line without faults, to be saved together; `at` is the present."""
    report = _report(line, chain, book)
    told = _sent(report)
    for time, step in _with_lateness(line, at):
        told += _step(report, step, time) if step else _late(report, time)
    report.alarms = _alarms(report, at)
    report.place_in_indexes()
    report.place_in_due()
    origin = Origin(
        id=origin_id(line.external_id),
        report_id=report.id,
        body_hash=body_hash(line),
        imported_by=imported_by,
    )
    return [origin, report, Number(id=f"number#{report.number}", report_id=report.id), *told]


def origin_id(external_id: str) -> str:
    """The key of a record's origin."""
    return f"origin#{hashlib.sha256(external_id.encode()).hexdigest()}"


def body_hash(line: Line) -> str:
    """Of all that a line says, however it was written."""
    return hashlib.sha256(msgspec.json.encode(line)).hexdigest()


def _report(line: Line, chain: list[Area], book: Directory) -> Report:
    created = moment(line.created_at)
    report = Report(
        id=new_id(created),
        number=f"{settings.number_prefix}-{base32(secrets.randbits(30), 6)}",
        private=book.categories[line.category].private,
        imported=True,
        created_at=text(created),
        updated_at=text(created),
    )
    said = Particulars(line.category, line.description, line.location)
    fill(report, said)
    put_at(report, said, chain, book)
    report.resolve_due = text(moment(line.due)) if line.due else None
    return report


def _sent(report: Report) -> list[Any]:
    entry = {"kind": "submitted", "by": "reporter", "status": "submitted"}
    return _told(report, "report.created", moment(report.created_at), {"actor": "reporter"}, entry)


def _with_lateness(line: Line, at: datetime) -> list[tuple[datetime, Step | None]]:
    """The steps with their times, and None for the due time of a report that is open since."""
    steps: list[tuple[datetime, Step | None]] = list(_in_order(line))
    last = line.steps[-1].status if line.steps else "submitted"
    if line.due is None or not lifecycle.is_open(last) or moment(line.due) >= at:
        return steps
    # At the due time itself there is still time.
    late = max(moment(line.due), moment(line.created_at)) + timedelta(milliseconds=1)
    before = sum(time <= late for time, _ in steps)
    return [*steps[:before], (late, None), *steps[before:]]


def _in_order(line: Line) -> Iterator[tuple[datetime, Step]]:
    """The steps with their times; none comes before what it followed."""
    last = moment(line.created_at)
    for step in line.steps:
        last = max(last, moment(step.at))
        yield last, step


def _late(report: Report, at: datetime) -> list[Any]:
    report.version = int(report.version) + 1
    facts = {"actor": "nobody", "clock": "resolve", "due": report.resolve_due}
    entry = {"kind": "overdue", "by": "nobody", "clock": "resolve"}
    return _told(report, "report.overdue", at, facts, entry)


def _step(report: Report, step: Step, at: datetime) -> list[Any]:
    before, reason = report.status, reason_of(step)
    actor = lifecycle.STATUSES[step.status].entered_by[0]
    report.version = int(report.version) + 1
    _enter(report, step.status, reason, actor, at)
    report.rating = step.rating or report.rating
    event = _EVENTS.get(step.status, "report.status_changed")
    facts: dict[str, Any] = {"actor": actor, "previous_status": before, "reason": reason}
    facts |= {"note": step.note, "rating": step.rating}
    entry = {"kind": "status", "by": actor, "status": step.status, "reason": reason}
    return _told(report, event, at, facts, {**entry, "note": step.note})


def _enter(report: Report, status: str, reason: str | None, actor: str, at: datetime) -> None:
    report.status, report.reason = status, reason
    if status in lifecycle.AGENCY_ACTIONS and report.first_response_at is None:
        report.first_response_at = text(at)
    if status == "referred":
        report.hand_over_count = int(report.hand_over_count or 0) + 1
    if status == "resolved":
        report.resolved_at = text(at)
    confirmed = status == "confirmed"
    report.confirmed_at = text(at) if confirmed else None
    report.confirmed_by = actor if confirmed else None


def _told(
    report: Report, event: str, at: datetime, facts: dict[str, Any], entry: dict[str, Any]
) -> list[Any]:
    """The timeline's entry and the event of the version that the report has come to."""
    report.updated_at = text(at)
    told = standing.told(report, event, at, facts["actor"])
    remember_word(report, entry)
    report.account_read = report.account()
    return [
        update_of(report, at, **entry),
        report.event(event, at, imported=True, **facts, **told),
    ]


def _alarms(report: Report, at: datetime) -> dict[str, str | None] | None:
    """What the clock of a report that is still open will tell from now on."""
    if report.resolve_due is None or not lifecycle.is_open(report.status):
        return None
    created, due = moment(report.created_at), moment(report.resolve_due)
    times = {rung: created + share * (due - created) for rung, share in RUNGS.items()}
    ahead = {f"resolve.{rung}": text(time) for rung, time in times.items() if time > at}
    return {**ahead} or None
