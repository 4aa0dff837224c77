"""Changing a report: with its timeline entry and its event, in one guarded transaction."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from msgspec import Struct
from pynamodb.exceptions import TransactWriteError

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.audit import recording
from chalicelib.audit.recording import Writes
from chalicelib.aws import Table
from chalicelib.clock import text
from chalicelib.errors import PreconditionFailed, ReportChanged
from chalicelib.reports import service_level, standing
from chalicelib.reports.models import Report, find, remember_word, update_of

ATTEMPTS = 5

# What people decide by. A change is made anew on top of others, but not on top of these.
_DECIDED_BY = (
    "status",
    "agency",
    "category",
    "description",
    "lat",
    "lon",
    "address",
    "answers",
    "share_identity",
    "observed_at",
    "duplicate_of",
)


# What the audit tells of a change by staff; the rest may be personal.
AUDITED = (
    "status",
    "agency",
    "assignee",
    "category",
    "reason",
    "duplicate_of",
    "private",
    "hidden",
)


class Step(Struct, frozen=True):
    """What a change tells: its event with facts, and its entry of the timeline.

    A step without an event is the agency's own affair: it has neither, and nothing that is counted
    may change by it. `beside` are other reports that change in the same transaction, each with its
    own step; `rows` are stored along.
    """

    event: str | None
    facts: dict[str, Any] = {}
    entry: dict[str, Any] = {}
    beside: tuple[tuple[Report, "Step"], ...] = ()
    rows: tuple[Table, ...] = ()


Change = Callable[[Report], Step | None]


def apply(report_id: str, change: Change, at: datetime, only: int | None = None) -> Report:
    """Make the change, and return the report as stored; nothing is stored when it tells nothing.

    `change` may be called again, on the report as it then is, when what people do not decide by
    (a photo, a counter) has changed meanwhile. Raises ReportNotFound, PreconditionFailed when the
    version is another than `only`, and ReportChanged for the loser of a race.
    """
    seen = None
    for _ in range(ATTEMPTS):
        report = find(report_id)
        if only not in (None, report.version):
            raise PreconditionFailed
        if seen not in (None, _decided_by(report)):
            raise changed_meanwhile(report)
        seen, before = _decided_by(report), _audited(report)
        step = change(report)
        changed = recording.changes(before, _audited(report), (*AUDITED, "areas"))
        if step is None or _stored(((report, step), *step.beside), changed, at):
            return report
    raise changed_meanwhile(find(report_id))


def changed_meanwhile(report: Report) -> ReportChanged:
    """The refusal of a change, with the version and status that the report has now."""
    return ReportChanged(version=int(report.version), current=report.status)


def _decided_by(report: Report) -> tuple[Any, ...]:
    return tuple(getattr(report, name) for name in _DECIDED_BY)


def _audited(report: Report) -> SimpleNamespace:
    areas = [area.id for area in report.chain]
    return SimpleNamespace(areas=areas, **{name: getattr(report, name) for name in AUDITED})


def _stored(
    changes: tuple[tuple[Report, Step], ...], changed: recording.Changed, at: datetime
) -> bool:
    try:
        with recording.transaction(f"reports/{changes[0][0].id}", changed) as writes:
            for report, step in changes:
                _write(writes, report, step, at)
    except TransactWriteError as error:
        if aws.outrun(error):
            return False
        raise
    return True


def _write(transaction: Writes, report: Report, step: Step, at: datetime) -> None:
    before = int(report.version)
    report.version = before + 1
    report.updated_at = text(at)
    service_level.follow(report, at, directory.calendar)
    report.place_in_indexes()
    report.place_in_due()
    # Before the update, which stores the standing that was told.
    if step.event is not None:
        remember_word(report, step.entry)
    told: list[Any] = [*step.rows, *_told(report, step, at)]
    transaction.update(report, report.changes(), condition=Report.version == before)
    for row in told:
        # Named by the version that it led to: the same change cannot be told twice.
        transaction.save(row, condition=type(row)._hash_key_attribute().does_not_exist())


def _told(report: Report, step: Step, at: datetime) -> list[Table]:
    if step.event is None:
        return []
    facts = {**step.facts, **standing.told(report, step.event, at, step.facts.get("actor"))}
    return [update_of(report, at, **step.entry), report.event(step.event, at, **facts)]
