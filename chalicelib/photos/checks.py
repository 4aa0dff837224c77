"""What a photo's private facts say beside its report: hints for officers, never a refusal.

Anyone can edit EXIF, and many phones strip it: None says that nothing is known.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from msgspec import Struct

from chalicelib.clock import Time, moment, text
from chalicelib.photos.evidence import Evidence
from chalicelib.places.distance import distance_m
from chalicelib.places.point import Point

# Clocks of phones and of ours differ a little.
CLOCK_ERROR = timedelta(minutes=5)


class Known(NamedTuple):
    """What is compared: the report's point and time, the city's clock, the category's distance.

    `radius_m` is None when the category has left the directory.
    """

    point: Point
    reported_at: str
    time_zone: tzinfo
    radius_m: float | None


class EvidenceView(Struct, frozen=True):
    """When and how far (metres) from the report's point the camera says it was."""

    taken_at: Time | None
    distance_m: float | None


class SamePhoto(Struct, frozen=True):
    """An earlier photo that looks the same."""

    report_id: str
    photo_id: str


class ProofChecks(Struct, frozen=True):
    """Whether a proof can be one: taken after the report, near its point, a new picture.

    True, false, or null where the photo does not say. `used_in`: where it was seen before.
    """

    taken_after_report: bool | None
    near_report: bool | None
    new_picture: bool
    used_in: list[SamePhoto]


def evidence_view(facts: Evidence, known: Known) -> EvidenceView:
    """The facts as officers see them: never the coordinates, which may be somebody's home."""
    taken, distance = _taken_at(facts, known.time_zone), _distance(facts, known.point)
    return EvidenceView(
        taken_at=text(taken) if taken else None,
        distance_m=None if distance is None else round(distance, 1),
    )


def proof_checks(facts: Evidence, known: Known, used_in: list[tuple[str, str]]) -> ProofChecks:
    """The checks of a proof photo; `used_in` as (report id, photo id)."""
    taken = _taken_at(facts, known.time_zone)
    return ProofChecks(
        taken_after_report=_after(taken, moment(known.reported_at)),
        near_report=_near(facts, known),
        new_picture=not used_in,
        used_in=[SamePhoto(*one) for one in used_in],
    )


def _after(taken: datetime | None, reported: datetime) -> bool | None:
    return None if taken is None else taken + CLOCK_ERROR >= reported


def _near(facts: Evidence, known: Known) -> bool | None:
    distance = _distance(facts, known.point)
    if distance is None or known.radius_m is None:
        return None
    return distance <= known.radius_m + (facts.accuracy_m or 0)


def _taken_at(facts: Evidence, time_zone: tzinfo) -> datetime | None:
    """A time without a zone is read by the city's clock, which phones in the city show."""
    if facts.taken_at is None and facts.taken_local is not None:
        return facts.taken_local.replace(tzinfo=time_zone).astimezone(UTC)
    return facts.taken_at


def _distance(facts: Evidence, point: Point) -> float | None:
    if facts.lat is None or facts.lon is None:
        return None
    return distance_m(Point(facts.lat, facts.lon), point)
