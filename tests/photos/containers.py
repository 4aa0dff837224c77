"""Every part of a JPEG and of an AVIF, read byte by byte: what is not known here is not let pass.

JPEG: ITU-T T.81, annex B. AVIF: ISO/IEC 14496-12 and 23008-12 (boxes and items), AV1 (units).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

SOI, EOI, SOS, APP0 = 0xD8, 0xD9, 0xDA, 0xE0
FRAMES = {0xC0: "baseline", 0xC2: "progressive"}
TABLES = {0xDB: "quantization", 0xC4: "huffman"}
JFIF = b"JFIF\0"
UNITS = {1: "sequence header", 2: "temporal delimiter", 3: "frame header", 4: "tiles", 6: "frame"}


class Foreign(AssertionError):
    """A part that a plain picture does not have."""


def jpeg_parts(body: bytes) -> list[str]:
    """The parts of a JPEG in order; Foreign for anything but the picture itself."""
    if body[:2] != bytes((0xFF, SOI)):
        raise Foreign("no start of image")
    parts, at = [], 2
    while True:
        marker = body[at + 1]
        if body[at] != 0xFF:
            raise Foreign(f"no marker at {at}")
        if marker == EOI:
            break
        (length,) = struct.unpack_from(">H", body, at + 2)
        parts.append(_segment(marker, body[at + 4 : at + 2 + length]))
        at += 2 + length
        if marker == SOS:
            at = _end_of_scan(body, at)
    if at + 2 != len(body):
        raise Foreign(f"{len(body) - at - 2} bytes after the end")
    return parts


def _segment(marker: int, payload: bytes) -> str:
    if marker == APP0:
        return _jfif(payload)
    if marker == SOS:
        return "scan"
    name = FRAMES.get(marker) or TABLES.get(marker)
    if name is None:
        raise Foreign(f"segment {marker:02X}: {payload[:20]!r}")
    return name


def _jfif(payload: bytes) -> str:
    # Version, units, densities, then the sides of an embedded thumbnail.
    if payload[:5] != JFIF or len(payload) != 14 or payload[12:] != b"\0\0":
        raise Foreign(f"APP0 with more than densities: {payload[:20]!r}")
    return "jfif"


def _end_of_scan(body: bytes, at: int) -> int:
    """Where the next marker is that neither stuffs a byte nor restarts the scan."""
    while body[at] != 0xFF or body[at + 1] == 0 or 0xD0 <= body[at + 1] <= 0xD7:
        at += 1
    return at


class Box(NamedTuple):
    kind: str
    body: bytes
    start: int


def boxes(body: bytes, offset: int = 0) -> Iterator[Box]:
    """The boxes of a file or of another box's body; `offset` is where that lies in the file."""
    at = 0
    while at < len(body):
        size, kind = struct.unpack_from(">I4s", body, at)
        if size < 8 or at + size > len(body):
            raise Foreign(f"a box {kind!r} of {size} bytes")
        yield Box(kind.decode("latin-1"), body[at + 8 : at + size], offset + at + 8)
        at += size


CHILDREN = {"iprp": 0, "ipco": 0, "meta": 4, "iinf": 6}
LEAVES = {"ftyp", "mdat", "hdlr", "pitm", "iloc", "infe", "ispe", "pixi", "av1C", "colr", "ipma"}


def avif_parts(body: bytes) -> list[str]:
    """The boxes and AV1 units of an AVIF in order; Foreign for anything but one plain picture."""
    found = list(_tree(body, 0))
    parts = [box.kind for box in found]
    for box in found:
        _check_leaf(box)
    if parts.count("infe") != 1 or parts.count("mdat") != 1:
        raise Foreign(f"more than one item: {parts}")
    (data,) = [box for box in found if box.kind == "mdat"]
    (places,) = [box for box in found if box.kind == "iloc"]
    if _only_extent(places.body) != (data.start, len(data.body)):
        raise Foreign("bytes beside the picture")
    return [*parts, *_units(data.body)]


def _tree(body: bytes, offset: int) -> Iterator[Box]:
    for box in boxes(body, offset):
        yield box
        if box.kind in CHILDREN:
            head = CHILDREN[box.kind]
            yield from _tree(box.body[head:], box.start + head)
        elif box.kind not in LEAVES:
            raise Foreign(f"box {box.kind}: {box.body[:20]!r}")


def _check_leaf(box: Box) -> None:
    if box.kind == "infe" and box.body[8:12] != b"av01":
        raise Foreign(f"item {box.body!r}")
    if box.kind == "colr" and box.body[:4] != b"nclx":
        raise Foreign("an ICC profile")
    # The name of a handler or of an item is free text.
    if box.kind == "hdlr" and box.body[24:].strip(b"\0"):
        raise Foreign(f"handler {box.body[24:]!r}")
    if box.kind == "infe" and box.body[12:].strip(b"\0") not in (b"", b"Color"):
        raise Foreign(f"item named {box.body[12:]!r}")


def _only_extent(iloc: bytes) -> tuple[int, int]:
    """(start, length) of the only extent of the only item; sizes of 4 bytes, no base offset."""
    version, sizes, base, items = struct.unpack_from(">B3xBBH", iloc)
    if (version, sizes, base, items) != (0, 0x44, 0, 1):
        raise Foreign(f"item places {iloc!r}")
    _, _, extents, start, length = struct.unpack_from(">HHHII", iloc, 8)
    if extents != 1 or len(iloc) != 22:
        raise Foreign("more than one extent")
    return start, length


def _units(data: bytes) -> Iterator[str]:
    """The kinds of AV1 units (OBU); metadata units (5) and padding (15) are Foreign."""
    at = 0
    while at < len(data):
        kind, extended, sized = data[at] >> 3 & 15, data[at] >> 2 & 1, data[at] >> 1 & 1
        if kind not in UNITS or not sized:
            raise Foreign(f"AV1 unit {kind}")
        size, start = _leb128(data, at + 1 + extended)
        yield UNITS[kind]
        at = start + size
    if at != len(data):
        raise Foreign("an AV1 unit that goes beyond the end")


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at
