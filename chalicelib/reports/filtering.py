"""The filters of a list, from the words of the query."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.clock import first_id, moment
from chalicelib.errors import Fault
from chalicelib.reports import lifecycle
from chalicelib.reports.index import Filters

Listed = Annotated[str, Meta(min_length=1, max_length=400, description="comma-separated list")]


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """What any list by place may be filtered by; None where everything is wanted."""

    category: Listed | None = None
    status: Listed | None = None
    colour: Listed | None = None
    agency: Annotated[str, Meta(max_length=64)] | None = None
    since: str | None = None
    until: str | None = None


def filters_of(query: Words) -> tuple[Filters, list[Fault]]:
    """The filters, and what is wrong with the words."""
    status, faults = _statuses(query)
    since, of_since = _least_id("since", query.since)
    until, of_until = _least_id("until", query.until)
    category = frozenset(query.category.split(",")) if query.category else None
    filters = Filters(category, status, query.agency, since, until)
    return filters, faults + of_since + of_until


def _statuses(query: Words) -> tuple[frozenset[str] | None, list[Fault]]:
    """`status` and `colour` together: only what both admit."""
    wanted = set(query.status.split(",")) if query.status else set(lifecycle.STATUSES)
    colours: set[str] = set(query.colour.split(",")) if query.colour else set(lifecycle.COLOURS)
    faults = []
    if unknown := wanted - set(lifecycle.STATUSES):
        faults.append(Fault("status", "fault.choice", {"got": ", ".join(sorted(unknown))}))
    if unknown := colours - set(lifecycle.COLOURS):
        faults.append(Fault("colour", "fault.choice", {"got": ", ".join(sorted(unknown))}))
    if faults or not (query.status or query.colour):
        return None, faults
    return frozenset(one for one in wanted if lifecycle.colour(one) in colours), []


def _least_id(field: str, given: str | None) -> tuple[str | None, list[Fault]]:
    if given is None:
        return None, []
    try:
        # Ids begin with 1970; earlier times are a fair question, answered from that beginning.
        return first_id(max(moment(given), datetime(1970, 1, 1, tzinfo=UTC))), []
    except (ValueError, OverflowError):
        return None, [Fault(field, "fault.time")]
