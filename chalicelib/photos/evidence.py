"""What a photo says about where and when it was taken: a hint, never a proof, never public.

Anyone can edit EXIF, and the pickers of phones often strip it. Only values that make sense are
passed on. Tags are those of the Exif 2.32 standard (CIPA DC-008).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    # For the types alone: the record is stored by functions that never load Pillow.
    from PIL.Image import Exif

EXIF_IFD, GPS_IFD = 0x8769, 0x8825
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = 1, 2, 3, 4
GPS_TIME, GPS_DATE, POSITIONING_ERROR = 7, 29, 31
# The time of taking, then of digitising, each with its offset from UTC. Not DateTime (0x0132): an
# editor sets it, and an old photo saved today would look like one of today.
LOCAL_TIMES = ((0x9003, 0x9011), (0x9004, 0x9012))

# Exif began in 1995; an earlier year, like one far ahead, is a clock that nobody set.
YEARS = range(1995, 2100)
DATE = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)", re.ASCII)
DATE_TIME = re.compile(DATE.pattern + r"[ T](\d\d):(\d\d):(\d\d)", re.ASCII)
OFFSET = re.compile(r"([+-])(0\d|1[0-4]):([0-5]\d)", re.ASCII)


class Evidence(msgspec.Struct, frozen=True):
    """Position (WGS 84 degrees), its stated error (metres) and time of taking.

    `taken_at` is in UTC. `taken_local` has no zone and is set only when `taken_at` cannot be known:
    it is up to 14 hours off.
    """

    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    taken_at: datetime | None = None
    taken_local: datetime | None = None


def read(exif: Exif) -> Evidence:
    """Return the plausible facts of an EXIF; what is missing or absurd is None. Never raises."""
    gps, shot = _ifd(exif, GPS_IFD), _ifd(exif, EXIF_IFD)
    lat, lon = _position(gps)
    taken_at = _satellite_time(gps)
    taken_local = None
    if taken_at is None:
        taken_at, taken_local = _camera_time(shot)
    return Evidence(
        lat=lat,
        lon=lon,
        accuracy_m=_accuracy(gps) if lat is not None else None,
        taken_at=taken_at,
        taken_local=taken_local,
    )


def _ifd(exif: Exif, tag: int) -> Mapping[int, object]:
    try:
        return exif.get_ifd(tag)
    except Exception:
        # Pillow's parser has no closed set of errors for bytes that a stranger wrote.
        return {}


def _position(gps: Mapping[int, object]) -> tuple[float, float] | tuple[None, None]:
    lat = _degrees(gps.get(LATITUDE), gps.get(LATITUDE_REF), "NS", 90)
    lon = _degrees(gps.get(LONGITUDE), gps.get(LONGITUDE_REF), "EW", 180)
    # Receivers without a fix write 0, 0.
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None, None
    return lat, lon


def _degrees(value: object, ref: object, letters: str, limit: int) -> float | None:
    parts = _numbers(value)
    letter = _text(ref).upper()
    if not 1 <= len(parts) <= 3 or min(parts) < 0 or max(parts[1:], default=0) > 60:
        return None
    if len(letter) != 1 or letter not in letters:
        return None
    degrees = sum(part / 60**place for place, part in enumerate(parts))
    return round(degrees if letter == letters[0] else -degrees, 6) if degrees <= limit else None


def _accuracy(gps: Mapping[int, object]) -> float | None:
    metres = _numbers(gps.get(POSITIONING_ERROR))
    return round(metres[0], 1) if len(metres) == 1 and metres[0] > 0 else None


def _satellite_time(gps: Mapping[int, object]) -> datetime | None:
    """Return GPS date and time: UTC, and not set by hand."""
    day = _moment(DATE, gps.get(GPS_DATE))
    clock = _numbers(gps.get(GPS_TIME))
    if day is None or len(clock) != 3 or min(clock) < 0:
        return None
    hours, minutes, seconds = (int(part) for part in clock)
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return day.replace(tzinfo=UTC) + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _camera_time(shot: Mapping[int, object]) -> tuple[datetime | None, datetime | None]:
    """Return (UTC, None) when the camera wrote its offset, (None, local) when it did not."""
    for time_tag, offset_tag in LOCAL_TIMES:
        local = _moment(DATE_TIME, shot.get(time_tag))
        if local is None:
            continue
        offset = _offset(shot.get(offset_tag))
        return (None, local) if offset is None else ((local - offset).replace(tzinfo=UTC), None)
    return None, None


def _moment(pattern: re.Pattern[str], value: object) -> datetime | None:
    match = pattern.match(_text(value))
    if not match or int(match[1]) not in YEARS:
        return None
    day, clock = "".join(match.groups()[:3]), "".join(match.groups()[3:]) or "000000"
    try:
        return datetime.fromisoformat(f"{day}T{clock}")
    except ValueError:
        return None


def _offset(value: object) -> timedelta | None:
    match = OFFSET.fullmatch(_text(value))
    if not match:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return size if match[1] == "+" else -size


def _numbers(value: object) -> list[float]:
    """Return one number or a tuple of numbers as floats; an empty list if any is not finite."""
    parts = value if isinstance(value, tuple) else (value,)
    try:
        numbers = [float(part) for part in parts if isinstance(part, Real)]
    except (ArithmeticError, ValueError):
        return []
    return numbers if len(numbers) == len(parts) and all(map(isfinite, numbers)) else []


def _text(value: object) -> str:
    return value.strip("\0 ") if isinstance(value, str) else ""
