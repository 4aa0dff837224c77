"""An agency's own queue: what it has to do, what is due next first; private reports included.

In the coordinator's are also the open reports of others that were escalated, until they are closed.
Open reports are sorted by what is due next, since that is the order of the work, and since what is
overdue is then one piece of the index. Closed ones, the last changed first, are read only when a
status or a colour asks for them. A report whose due time moves between two pages can pass the
cursor; no other can.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from chalicelib import cursor
from chalicelib.clock import Time, text
from chalicelib.errors import InvalidInput
from chalicelib.people.identity import Caller
from chalicelib.places.point import Point
from chalicelib.reports import lifecycle, queue_index
from chalicelib.reports.by_area import place_of
from chalicelib.reports.filtering import Words, filters_of
from chalicelib.reports.index import Filters
from chalicelib.reports.queue_index import FIRST, LAST, Queued

# A page that has looked at so many ends, and its cursor goes on.
LOOKED_AT_MOST = 4000
NOBODY = "none"


class QueueQuery(Words, frozen=True, forbid_unknown_fields=True):
    """What of the queue; whose, as `agency`, is for moderators and administrators to say."""

    area: Annotated[str, Meta(max_length=64, description="id of an area")] | None = None
    assignee: Annotated[str, Meta(max_length=128, description="`none`: nobody's")] | None = None
    overdue: bool | None = None
    escalated: bool | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class QueueItem(Struct, frozen=True):
    """A report as its agency's queue shows it; `due` is what is due next, None without a clock.

    `escalated` is why the coordinator has to see to it: it is far beyond its time (`overdue`), or
    was handed over too often (`hand_overs`). `agency` is who has it.
    """

    id: str
    number: str
    category: str
    title: str
    status: str
    colour: lifecycle.Colour
    location: Point
    area: str | None
    agency: str | None
    assignee: str | None
    private: bool
    hand_over_count: int
    due: Time | None
    overdue: bool
    escalated: queue_index.Escalated | None
    created_at: Time


class QueuePage(Struct, frozen=True):
    """One page of a queue; `next` is the cursor of the page after it, None at the end."""

    items: list[QueueItem]
    next: str | None


class _Wanted(Struct, frozen=True):
    """What of a queue is shown."""

    filters: Filters
    assignee: str | None
    overdue: bool | None
    escalated: bool | None
    now: str

    @property
    def shelves(self) -> list[str]:
        return ["o"] if self.filters.status is None else self.filters.shelves

    def bounds(self, shelf: str) -> tuple[str, str]:
        """The piece of a shelf that can hold it: what is overdue begins the open one."""
        if self.overdue is None:
            return FIRST, LAST
        if shelf == "c":
            return (LAST, LAST) if self.overdue else (FIRST, LAST)
        return (FIRST, self.now) if self.overdue else (self.now, LAST)

    def admits(self, one: Queued) -> bool:
        mine = self.assignee is None or (one.assignee or NOBODY) == self.assignee
        fits = self.escalated in (None, one.escalated_for is not None)
        return mine and fits and self.filters.admits(one)


def page(query: QueueQuery, caller: Caller, at: datetime) -> QueuePage:
    """The page that the query asks for; InvalidInput, or Unprocessable for an unknown area."""
    # An officer's is the own agency's, whatever was named; reports of nobody have an empty name.
    agency = (caller.agency_id if caller.role == "officer" else query.agency) or ""
    filters, faults = filters_of(query)
    if faults:
        raise InvalidInput(*faults)
    areas = place_of(query.area).areas if query.area else None
    filters = msgspec.structs.replace(filters, agency=None, areas=areas)
    wanted = _Wanted(filters, query.assignee, query.overdue, query.escalated, text(at))
    identity = ["queue", agency, _identity(query)]
    start = [str(one) for one in cursor.unseal(identity, query.cursor)] if query.cursor else None
    found, stopped = _found(agency, wanted, query.limit, start)
    items = [_item(one, wanted.now) for one in found]
    return QueuePage(items, cursor.seal(identity, [*stopped]) if stopped else None)


def _identity(query: QueueQuery) -> dict[str, Any]:
    """What a cursor is bound to: the whole query but for the page's size and the cursor itself."""
    facts: dict[str, Any] = msgspec.to_builtins(query)
    return {name: facts[name] for name in facts if name not in ("cursor", "limit")}


def _found(
    agency: str, wanted: _Wanted, limit: int, start: list[str] | None
) -> tuple[list[Queued], list[str] | None]:
    """At most `limit` reports after `start`, and where it goes on when there is more to read."""
    found: list[Queued] = []
    looked = 0
    shelves = wanted.shelves
    for shelf in shelves[shelves.index(start[0]) :] if start else shelves:
        low, high = wanted.bounds(shelf)
        last = max(low, start[1]) if start and start[0] == shelf else low
        for one in queue_index.read_work(agency, shelf, last, high):
            if len(found) == limit or looked == LOOKED_AT_MOST:
                return found, [shelf, last]
            looked, last = looked + 1, one.key
            if wanted.admits(one):
                found.append(one)
    return found, None


def _item(one: Queued, now: str) -> QueueItem:
    return QueueItem(
        id=one.id,
        number=one.number,
        category=one.category,
        title=one.title,
        status=one.status,
        colour=lifecycle.colour(one.status),
        location=one.point,
        area=one.area,
        agency=one.agency,
        assignee=one.assignee,
        private=one.private,
        hand_over_count=one.hand_over_count,
        due=one.due,
        overdue=one.due is not None and one.due < now,
        escalated=one.escalated_for,
        created_at=one.created_at,
    )
