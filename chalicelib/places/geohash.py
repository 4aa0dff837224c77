"""Geohashes: text for cells of a grid that halves longitude and latitude in turn.

A place is first put on a grid of 2^30 columns by 2^30 rows. The bits of its column and row, taken
in turn (longitude first), are its code: 60 bits, or 12 characters of 5 bits. Codes are in z-order
and so is their text, because the alphabet is in the order of ASCII.
The text form is Gustavo Niemeyer's geohash.org (2008).
"""

from chalicelib.places.box import Box
from chalicelib.places.point import LATITUDE_LIMIT, Point

__all__ = [
    "ALPHABET",
    "AXIS_BITS",
    "CODE_BITS",
    "EVEN_BITS",
    "LATITUDE_LIMIT",
    "LENGTH",
    "Point",
    "centre",
    "code_to_text",
    "column",
    "decode",
    "encode",
    "row",
    "spread",
    "text_to_code",
]

ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
LENGTH = 12
AXIS_BITS = 30
CODE_BITS = 60
EVEN_BITS = 0x0555_5555_5555_5555

_SIDE = 1 << AXIS_BITS
_LETTERS = frozenset(ALPHABET)
_TO_BASE_32 = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_SPREAD_STEPS = (
    (16, 0x0000_FFFF_0000_FFFF),
    (8, 0x00FF_00FF_00FF_00FF),
    (4, 0x0F0F_0F0F_0F0F_0F0F),
    (2, 0x3333_3333_3333_3333),
    (1, 0x5555_5555_5555_5555),
)
_GATHER_STEPS = (
    (1, 0x3333_3333_3333_3333),
    (2, 0x0F0F_0F0F_0F0F_0F0F),
    (4, 0x00FF_00FF_00FF_00FF),
    (8, 0x0000_FFFF_0000_FFFF),
    (16, 0x0000_0000_FFFF_FFFF),
)


def encode(point: Point, length: int = LENGTH) -> str:
    """The cell of 1 to 12 characters that holds the point; ValueError when there is none."""
    if not (abs(point.lat) <= 90 and abs(point.lon) <= 180):
        raise ValueError(f"no place on earth: {point.lat}, {point.lon}")
    if not 1 <= length <= LENGTH:
        raise ValueError(f"a geohash has 1 to {LENGTH} characters, not {length}")
    code = spread(column(point.lon)) << 1 | spread(row(point.lat))
    return code_to_text(code >> (CODE_BITS - 5 * length), length)


def decode(geohash: str) -> Box:
    """The cell itself. Its east and north borders belong to the next cells."""
    bits = 5 * len(geohash)
    code = text_to_code(geohash) << (CODE_BITS - bits)
    west, south = _gather(code >> 1), _gather(code)
    width, height = 1 << (AXIS_BITS - (bits + 1) // 2), 1 << (AXIS_BITS - bits // 2)
    return Box(
        _meridian(west), _parallel(south), _meridian(west + width), _parallel(south + height)
    )


def centre(geohash: str) -> Point:
    return decode(geohash).centre


def column(lon: float) -> int:
    """0 to 2^30 - 1, west to east; longitude 180 is in the last column."""
    # Encoding and covering must agree on every border, so both use exactly this expression:
    # a factor multiplied out beforehand rounds differently.
    return min(int((lon + 180) / 360 * _SIDE), _SIDE - 1)


def row(lat: float) -> int:
    """0 to 2^30 - 1, south to north; latitude 90 is in the last row."""
    return min(int((lat + 90) / 180 * _SIDE), _SIDE - 1)


def spread(number: int) -> int:
    """Up to 30 bits moved apart, bit i to bit 2i, to make room for the other axis."""
    for shift, mask in _SPREAD_STEPS:
        number = (number | number << shift) & mask
    return number


def code_to_text(code: int, length: int = LENGTH) -> str:
    """The text of a code of 5 bits for each character."""
    return "".join([ALPHABET[code >> shift & 31] for shift in range(5 * (length - 1), -1, -5)])


def text_to_code(geohash: str) -> int:
    """The code of 5 bits for each character; ValueError for anything but a geohash."""
    if not 1 <= len(geohash) <= LENGTH or not _LETTERS.issuperset(geohash):
        raise ValueError(f"not a geohash: {geohash[:20]!r}")
    return int(geohash.translate(_TO_BASE_32), 32)


def _gather(code: int) -> int:
    """The inverse of `spread`: bit 2i back to bit i, odd bits dropped."""
    number = code & EVEN_BITS
    for shift, mask in _GATHER_STEPS:
        number = (number | number >> shift) & mask
    return number


def _meridian(column: int) -> float:
    return column * 360 / _SIDE - 180


def _parallel(row: int) -> float:
    return row * 180 / _SIDE - 90
