"""One line of an import: a report of an earlier system with its history, checked."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.agencies import reasons
from chalicelib.agencies.directory import Directory
from chalicelib.clock import moment
from chalicelib.errors import Fault, InvalidInput, Malformed
from chalicelib.places.areas import Area
from chalicelib.places.point import Point
from chalicelib.reports import lifecycle
from chalicelib.reports.particulars import CategoryId, Description, Location
from chalicelib.settings import settings
from chalicelib.validation import parse

HISTORY_LIMIT = 40
"""With its timeline and events a report must fit into one transaction of 100 rows."""

SKEW = timedelta(minutes=5)
"""So much earlier than what it followed a step may be: two machines' clocks told the times."""

# A step to one of these needs what a line cannot name.
_NOT_HERE = ("duplicate",)
# What the reporter says of a claim; the only steps with a rating.
_ANSWERS = ("confirmed", "reopened")

Time = Annotated[str, Meta(max_length=40)]


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """A status that the report came to; a `resolved` without a reason claims that it is fixed.

    `rating` is the reporter's, of a `confirmed` or `reopened`.
    """

    status: Annotated[str, Meta(max_length=64)]
    at: Time
    reason: Annotated[str, Meta(max_length=64)] | None = None
    note: Annotated[str, Meta(max_length=2000)] | None = None
    rating: Annotated[int, Meta(ge=1, le=5)] | None = None


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """A report as the earlier system had it. Times are RFC 3339."""

    external_id: Annotated[str, Meta(min_length=1, max_length=200)]
    category: CategoryId
    description: Description
    location: Location
    created_at: Time
    history: Annotated[list[Step], Meta(max_length=HISTORY_LIMIT)] = []
    due: Time | None = None

    @property
    def steps(self) -> list[Step]:
        """The history without a first entry that only says that it was sent."""
        sent = self.history[:1] and self.history[0].status == "submitted"
        return self.history[1:] if sent else self.history


def read(raw: bytes) -> Line | list[Fault]:
    """The line, or what is wrong with its form."""
    try:
        return parse(raw, Line)
    except Malformed:
        return [Fault("", "fault.no_json")]
    except InvalidInput as problem:
        return list(problem.faults)


def faults(line: Line, chain: list[Area], book: Directory, at: datetime) -> list[Fault]:
    """What keeps a line from being taken; `at` is the present."""
    return [
        *_place_faults(line, chain, book),
        *_time_faults(line, at),
        *_step_faults(line, book),
    ]


def chain_of(line: Line, book: Directory) -> list[Area]:
    """The areas around the place."""
    return book.areas.chain(Point(line.location.lat, line.location.lon))


def reason_of(step: Step) -> str | None:
    """Its reason; an earlier system's plain `resolved` is a claim of a fix."""
    return "fixed" if step.status == "resolved" and step.reason is None else step.reason


def _place_faults(line: Line, chain: list[Area], book: Directory) -> Iterator[Fault]:
    if line.category not in book.categories:
        yield Fault("category", "fault.no_category", {"id": line.category})
    if not line.description.strip():
        yield Fault("description", "fault.blank")
    if "\x00" in line.description:
        yield Fault("description", "fault.characters")
    if not chain and not settings.accepts_outside:
        yield Fault("location", "fault.outside", {"city": settings.city_name})


def _time_faults(line: Line, at: datetime) -> Iterator[Fault]:
    last = moment("1970-01-02T00:00:00Z")
    told = [("created_at", line.created_at)]
    told += [(f"history[{place}].at", step.at) for place, step in enumerate(line.history)]
    for field, given in told:
        time = _moment(given)
        if time is None or time > at:
            yield Fault(field, "fault.observed_at")
        elif time < last - SKEW:
            yield Fault(field, "fault.order")
        else:
            last = max(last, time)
    if line.due is not None and _moment(line.due) is None:
        yield Fault("due", "fault.time")


def _step_faults(line: Line, book: Directory) -> Iterator[Fault]:
    before, skipped = "submitted", len(line.history) - len(line.steps)
    for place, step in enumerate(line.steps, skipped):
        allowed = [name for name in lifecycle.STATUSES[before].next if name not in _NOT_HERE]
        if step.status not in allowed:
            named = ", ".join(allowed) or "-"
            facts: dict[str, object] = {"status": before, "allowed": named}
            yield Fault(f"history[{place}].status", "fault.step", facts)
            return
        if step.reason is not None:
            # The past may have closed a report with a code that has been retired since.
            told = (step.status, step.reason, f"history[{place}].reason", _moment(step.at))
            yield from reasons.faults(book.reasons, *told)
        if step.rating is not None and step.status not in _ANSWERS:
            yield Fault(f"history[{place}].rating", "fault.no_rating_here")
        before = step.status


def _moment(time: str) -> datetime | None:
    try:
        return moment(time)
    except (ValueError, OverflowError):
        return None
