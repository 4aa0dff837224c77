"""What callers may ask figures of: periods that have begun, and what the city knows."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.agencies import directory
from chalicelib.errors import Fault, InvalidInput, Unprocessable
from chalicelib.stats import periods, reading
from chalicelib.stats.periods import Period
from chalicelib.stats.scopes import Scope


def period_of(label: str, zone: ZoneInfo, at: datetime) -> Period:
    """The period; InvalidInput when there is none of that name, Unprocessable when it is ahead."""
    try:
        period = periods.parse(label, zone)
        periods.before(period, zone)
    except ValueError:
        raise InvalidInput(Fault("period", "fault.period")) from None
    if period.start > at:
        raise Unprocessable(Fault("period", "fault.period_ahead"))
    return period


def scope_faults(scope: Scope, field: str = "") -> list[Fault]:
    """Which parts of the scope the city does not know, and has no figures of from earlier days."""
    book = directory.current()
    known = {
        "area": {area.id for area in book.areas.areas} if scope.area else set(),
        "agency": book.agencies.keys(),
        "category": book.categories.keys(),
    }
    wanted = {kind: getattr(scope, kind) for kind in known}
    return [
        Fault(f"{field}{kind}", "fault.not_in_directory")
        for kind, id in wanted.items()
        if id is not None and id not in known[kind] and not _counted(kind, id)
    ]


def zone_of(name: str) -> ZoneInfo | None:
    """The IANA time zone of that name; None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _counted(kind: str, id: str) -> bool:
    return any(part.id == id for part in reading.parts(kind))
