"""Time and ids: RFC 3339 texts in UTC with milliseconds, and ULIDs, which sort by time."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

Time = Annotated[str, Meta(description="RFC 3339, UTC", extra_json_schema={"format": "date-time"})]
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def for_seconds(seconds: float) -> Callable[[], bool]:
    """Whether that many seconds from now have not passed yet."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def text(at: datetime) -> str:
    """`2026-11-24T01:12:09.123Z`: these texts sort as the times do."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(time: str) -> datetime:
    """The aware datetime of an RFC 3339 text; ValueError when it is none or has no zone."""
    at = datetime.fromisoformat(time)
    if at.tzinfo is None:
        raise ValueError(f"{time} has no time zone")
    return at.astimezone(UTC)


def new_id(at: datetime) -> str:
    """A ULID: 48 bits of `at` in milliseconds and 80 random bits, 26 characters of base 32."""
    return base32(_milliseconds(at), 10) + base32(secrets.randbits(80), 16)


def first_id(at: datetime) -> str:
    """The least ULID of the millisecond `at`: a bound for reading by time."""
    return base32(_milliseconds(at), 10) + "0" * 16


def id_time(identifier: str) -> datetime:
    """The moment inside a ULID; ValueError when the text is none."""
    if len(identifier) != 26 or identifier[0] > "7" or set(identifier) - set(CROCKFORD):
        raise ValueError(f"{identifier!r} is not a ULID")
    value = 0
    for character in identifier[:10]:
        value = value * 32 + CROCKFORD.index(character)
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        raise ValueError(f"{identifier!r} lies beyond the year 9999") from None


def base32(value: int, length: int) -> str:
    """`value` in Crockford's base 32, the high digits first (https://www.crockford.com/base32.html)."""
    return "".join(CROCKFORD[(value >> shift) & 31] for shift in range(5 * length - 5, -1, -5))


def reversed_time(at: datetime) -> str:
    """13 digits that sort the latest time first; up to the year 2286."""
    return f"{9_999_999_999_999 - _milliseconds(at):013d}"


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
