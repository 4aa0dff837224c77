"""Random lives of reports, told as events, and what they leave: counted the plain way."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from chalicelib.clock import moment, new_id, text
from chalicelib.events.models import Envelope, EventData
from chalicelib.places.geohash import encode
from chalicelib.places.point import Point
from chalicelib.reports import lifecycle

BEGAN = moment("2026-11-01T00:00:00Z")
# Two in one cell of six characters, one in the next; one across the equator; one far away.
PLACES = (
    Point(-6.2000, 106.8500),
    Point(-6.2001, 106.8501),
    Point(-6.2000, 106.8610),
    Point(0.0001, 106.8500),
    Point(51.5, -0.12),
)
STATUSES = tuple(lifecycle.STATUSES)

Told = tuple[str, Envelope]


class Left(NamedTuple):
    """How a report ended; `erased` ones are nowhere any more."""

    point: Point
    status: str
    private: bool
    erased: bool


class History(NamedTuple):
    """The events of one report, in order, and how it ended."""

    events: list[Told]
    left: Left


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A report that is sent, and then changed in up to six ways."""
    now = Left(draw(st.sampled_from(PLACES)), "submitted", draw(st.booleans()), erased=False)
    events = [_event("report.created", now, 1)]
    for version in range(2, draw(st.integers(2, 8))):
        before, (kind, now, facts) = now, _changed(draw, now)
        events.append(_event(kind, now, version, **facts))
        assert before != now or not facts
        if now.erased:
            break
    return History(events, now)


def created(point: Point, status: str, *, private: bool = False) -> Told:
    """The event of a report that began its life like this."""
    return _event("report.created", Left(point, status, private, erased=False), 1)


def counted(left: Iterable[Left]) -> dict[tuple[str, str], int]:
    """How many public reports each cell of 3 to 6 characters has of each colour."""
    found = Counter[tuple[str, str]]()
    for one in left:
        if not (one.private or one.erased):
            colour = lifecycle.STATUSES[one.status].colour
            found.update((encode(one.point, length), colour) for length in (3, 4, 5, 6))
    return dict(found)


def _changed(draw: st.DrawFn, now: Left) -> tuple[str, Left, dict[str, Any]]:
    match draw(st.sampled_from(("status", "status", "place", "both", "private", "talk", "erase"))):
        case "status":
            return "report.status_changed", *_to(now, status=_another(draw, STATUSES, now.status))
        case "place":
            return "report.edited", *_to(now, point=_another(draw, PLACES, now.point))
        case "both":
            status, point = (
                _another(draw, STATUSES, now.status),
                _another(draw, PLACES, now.point),
            )
            return "report.edited", *_to(now, status=status, point=point)
        case "private":
            return "report.edited", *_to(now, private=not now.private)
        case "erase":
            return "report.erased", now._replace(erased=True), {}
        case _:
            return "report.comment_added", now, {}


def _another[Value](draw: st.DrawFn, values: tuple[Value, ...], value: Value) -> Value:
    return draw(st.sampled_from([one for one in values if one != value]))


def _to(now: Left, **changes: Any) -> tuple[Left, dict[str, Any]]:
    facts: dict[str, Any] = {}
    if "status" in changes:
        facts["previous_status"] = now.status
    if "point" in changes:
        facts["previous_location"] = msgspec.to_builtins(now.point)
    if "private" in changes:
        facts["previous_private"] = now.private
    return now._replace(**changes), facts


def _event(type: str, now: Left, version: int, **facts: Any) -> Told:
    at = BEGAN + timedelta(minutes=version)
    data = EventData(
        report_id="01K",
        number="UJI-1",
        version=version,
        status=now.status,
        category="jalan-rusak",
        agency_id=None,
        areas=[],
        location={"lat": now.point.lat, "lon": now.point.lon},
        reported_at=text(BEGAN),
        url="https://api.test",
        private=now.private,
        **facts,
    )
    return new_id(at), Envelope(type, text(at), data)
