"""What one report counts as: from its account in an event to numbers that are added up. Pure."""

from datetime import date
from typing import Any

import msgspec

from chalicelib.clock import moment
from chalicelib.events.models import CELL_LENGTH, EventArea, EventData, Standing
from chalicelib.places.geohash import Point, encode
from chalicelib.reports import lifecycle, service_level
from chalicelib.settings import settings
from chalicelib.stats import durations

Numbers = dict[str, int]

BOUNCES = 3
"""So many hand-overs are a bounced report: the third goes to the coordinator."""


class Account(Standing, frozen=True, kw_only=True):
    """All that the figures know of a report at one moment; `cell` is the geohash cell it lies in.

    What is left of an erased report has none.
    """

    reported_at: str
    status: str
    category: str
    agency_id: str | None
    areas: list[EventArea]
    resolve_due: str | None
    cell: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it is among the submitted: neither withdrawn nor put away as spam."""
        return self.status != "withdrawn" and not self.spam

    @property
    def waits(self) -> bool:
        """Whether it is part of the backlog."""
        return self.counts and lifecycle.is_open(self.status)


def after(data: EventData) -> Account | None:
    """The report as an event leaves it; None when the event changes nothing that counts."""
    if data.standing is None:
        return None
    return Account(
        **msgspec.structs.asdict(data.standing),
        reported_at=data.reported_at,
        status=data.status,
        category=data.category,
        agency_id=data.agency_id,
        areas=data.areas,
        resolve_due=data.resolve_due,
        cell=encode(Point(**data.location), CELL_LENGTH),
    )


def before(data: EventData) -> Account | None:
    """The report as it was before an event; None when it was counted nowhere."""
    now = after(data)
    if now is None or data.previous is None:
        return None
    return msgspec.convert({**msgspec.structs.asdict(now), **data.previous}, Account)


def of_report(account: dict[str, Any], reported_at: str) -> Account:
    """The same from what a stored report says of itself."""
    return msgspec.convert({**account, "reported_at": reported_at}, Account)


def day_of(time: str) -> date:
    """The day of a moment on the city's calendar."""
    return moment(time).astimezone(settings.time_zone).date()


def numbers(one: Account) -> Numbers:
    """What it adds to each counter of the day on which it was created."""
    if not one.counts:
        return {"withdrawn" if one.status == "withdrawn" else "spam": 1}
    return {
        "submitted": 1,
        **{name: 1 for name, true in _facts(one).items() if true},
        **_durations(one),
        **({f"rated{one.rating}": 1} if one.rating else {}),
    }


def _facts(one: Account) -> dict[str, bool]:
    return {
        "clustered": one.status != "duplicate",
        "followed_up": one.first_response_at is not None,
        "claimed_resolved": one.claimed_at is not None,
        "confirmed_resolved": one.confirmed_by == "reporter",
        "unanswered": one.confirmed_by == "nobody",
        "disputed": one.disputed,
        "reopened": one.reopened,
        "rejected": one.status == "rejected",
        "referred": one.hand_overs > 0,
        "bounced": one.hand_overs >= BOUNCES,
        "judged": one.resolve_due is not None and (one.closed_at is not None or one.late),
        "kept": service_level.kept(one.resolve_due, one.closed_at),
    }


def _durations(one: Account) -> Numbers:
    """One in the bucket of its first response, and of its fix if that still stands."""
    told = dict[str, int]()
    if one.first_response_at is not None:
        told |= durations.numbers(durations.FIRST_RESPONSE, _bucket(one, one.first_response_at))
    if one.claimed_at is not None and one.status in ("resolved", "confirmed"):
        told |= durations.numbers(durations.FIX, _bucket(one, one.claimed_at))
    return told


def _bucket(one: Account, end: str) -> int:
    return durations.bucket(max(moment(end), moment(one.reported_at)) - moment(one.reported_at))
