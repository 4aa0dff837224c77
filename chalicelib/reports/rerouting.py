"""Open reports after a change of the directory: to whom they belong by the routes as they are now.

What counts is where a report is, by the areas as they are now; the areas that it was sent in it
keeps. Clocks, history and followers stay; it is no hand-over, and none is counted.
"""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib import clock, cursor
from chalicelib.agencies import directory, routing
from chalicelib.agencies.directory import Directory
from chalicelib.errors import ReportChanged, ReportNotFound
from chalicelib.observability import logger
from chalicelib.places.point import Point
from chalicelib.reports import lifecycle, queue_index
from chalicelib.reports.changing import Step, apply
from chalicelib.reports.models import Report
from chalicelib.reports.queue_index import FIRST, Queued

# One call looks at so many and moves at most LIMIT: it has 28 seconds.
LOOKED_AT_MOST = 4000
LIMIT = 100


class Reroute(Struct, frozen=True, forbid_unknown_fields=True):
    """What to look at: the open reports of one agency, or of all and of nobody.

    A dry run unless `dry_run` is false. What officers have handed over stays where they brought it,
    unless `handed_over` is true. `cursor` is `next` of the call before.
    """

    dry_run: bool = True
    agency: Annotated[str, Meta(max_length=64)] | None = None
    handed_over: bool = False
    limit: Annotated[int, Meta(ge=1, le=LIMIT)] = LIMIT
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class Move(Struct, frozen=True):
    """A report that is, or would be, moved; `moved` is false of one that changed meanwhile."""

    id: str
    number: str
    category: str
    status: str
    from_agency: str | None
    to_agency: str | None
    moved: bool


class Rerouted(Struct, frozen=True):
    """What was looked at, and what of it moves; `next` goes on, None when all was looked at."""

    dry_run: bool
    looked_at: int
    items: list[Move]
    next: str | None


def reroute(body: Reroute) -> Rerouted:
    """Look at open reports, and bring those that belong to others there."""
    book = directory.current()
    identity = ["reroute", body.agency, body.handed_over]
    start = cursor.unseal(identity, body.cursor) if body.cursor else []
    moves: list[Move] = []
    looked, last = 0, [str(one) for one in start]
    for owner, row in _open(body.agency, last):
        if len(moves) == body.limit or looked == LOOKED_AT_MOST:
            return Rerouted(body.dry_run, looked, moves, cursor.seal(identity, [*last]))
        looked, last = looked + 1, [owner, row.key]
        to = _belongs_to(row.category, row.point, book)
        if to != row.agency and (body.handed_over or not row.hand_over_count):
            moves.append(_move(row, to, body.dry_run))
    return Rerouted(body.dry_run, looked, moves, None)


def _open(agency: str | None, after: list[str]) -> Iterator[tuple[str, Queued]]:
    owners = queue_index.owners() if agency is None else [agency]
    start = owners.index(after[0]) if after and after[0] in owners else 0
    for owner in owners[start:]:
        low = after[1] if after and owner == after[0] else FIRST
        for row in queue_index.read(owner, "o", low):
            yield owner, row


def _belongs_to(category: str, point: Point, book: Directory) -> str | None:
    return routing.responsible(category, book.areas.chain(point), book.routes, book.coordinator)


def _move(row: Queued, to: str | None, dry_run: bool) -> Move:
    moved = not dry_run and _moved(row, to)
    return Move(row.id, row.number, row.category, row.status, row.agency, to, moved)


def _moved(row: Queued, to: str | None) -> bool:
    try:
        # Each at its own time: an event must not be in the log later than log.SETTLE_TIME.
        report = apply(row.id, partial(_change, row=row, to=to), clock.now())
    except (ReportChanged, ReportNotFound):
        logger.info("report not re-routed", report=row.id)
        return False
    return bool(report.agency == to)


def _change(report: Report, row: Queued, to: str | None) -> Step | None:
    """Nothing when somebody has moved, closed or corrected it since the index was read."""
    seen = (row.agency, row.category, row.point)
    if (report.agency, report.category, report.point) != seen or not _is_open(report):
        return None
    facts = {"actor": "moderator", "previous_agency_id": report.agency}
    report.hand_to(to)
    return Step("report.routed", facts, {"kind": "routed", "by": "moderator", "agency": to})


def _is_open(report: Report) -> bool:
    return lifecycle.is_open(report.status)
