"""Pictures made for tests: ordinary ones, odd ones and hostile ones, as bytes."""

from __future__ import annotations

import io
import random
import struct
import zlib
from base64 import b64decode
from typing import Any

from PIL import Image, ImageDraw

RED, GREEN, BLUE, YELLOW = (216, 69, 50), (40, 160, 60), (40, 70, 200), (240, 220, 60)
CORNERS = (RED, GREEN, BLUE, YELLOW)

# Written into every kind of metadata; must never be found in what becomes public.
SECRET = b"Jalan Rahasia 17"

ORIENTATION, EXIF_IFD, GPS_IFD, MAKER_NOTE, DESCRIPTION = 0x0112, 0x8769, 0x8825, 0x927C, 0x010E

# How an upright picture lies in a file of each EXIF orientation.
LYING = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """A street of sorts: sky, houses and road with some texture, the same for the same seed."""
    dice = random.Random(seed)
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = dice.randrange(width), dice.randrange(height)
        w, h = dice.randrange(4, width // 3), dice.randrange(4, height // 3)
        draw.rectangle((x, y, x + w, y + h), fill=dice.choice(CORNERS), outline="black")
    return image


def quarters(width: int = 96, height: int = 64) -> Image.Image:
    """Red, green, blue and yellow quarters: whichever way it lies can be told."""
    image = Image.new("RGB", (2, 2))
    for place, colour in enumerate(CORNERS):
        image.putpixel((place % 2, place // 2), colour)
    return image.resize((width, height), Image.Resampling.NEAREST)


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters, row by row."""
    rgb = image.convert("RGB")
    xs, ys = (rgb.width // 4, rgb.width * 3 // 4), (rgb.height // 4, rgb.height * 3 // 4)
    return [pixel(rgb, x, y) for y in ys for x in xs]


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = image.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def alike(one: tuple[int, ...], other: tuple[int, ...], tolerance: int = 24) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


def exif(orientation: int = 1, gps: dict[int, Any] | None = None, **shot: Any) -> Image.Exif:
    """EXIF with the secret as description and maker note; `shot` by tag as `t9003="..."`."""
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    tags[DESCRIPTION] = SECRET.decode()
    facts = {int(name[1:], 16): value for name, value in shot.items()}
    tags[EXIF_IFD] = {MAKER_NOTE: SECRET, **facts}
    if gps is not None:
        tags[GPS_IFD] = gps
    return reread(tags)


def reread(tags: Image.Exif) -> Image.Exif:
    """The tags as a reader of a file finds them."""
    fresh = Image.Exif()
    fresh.load(tags.tobytes())
    return fresh


MONAS = {1: "S", 2: (6.0, 10.0, 31.45), 3: "E", 4: (106.0, 49.0, 37.6)}


def laden(kind: str) -> bytes:
    """A picture with all the metadata that its format can carry."""
    image, tags = scene(), exif(gps=MONAS).tobytes()
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><script>' + SECRET + b"</script></x:xmpmeta>"
    if kind == "HEIF":
        return heic(exif=tags, xmp=xmp)
    if kind == "PNG":
        return _with_chunk(
            encoded(image, kind, exif=tags, icc_profile=display_p3()),
            b"tEXt",
            b"Comment\0" + SECRET,
        )
    body = encoded(image, kind, exif=tags, icc_profile=display_p3(), xmp=xmp)
    if kind == "JPEG":
        body = with_segment(body, 0xFE, b"<script>" + SECRET + b"</script>")
        body = with_segment(body, 0xED, b"Photoshop 3.0\x008BIM\x04\x04" + SECRET)
        body += b"PK\x03\x04" + SECRET
    return body


def with_segment(jpeg: bytes, marker: int, payload: bytes) -> bytes:
    head = struct.pack(">BBH", 0xFF, marker, len(payload) + 2)
    return jpeg[:2] + head + payload + jpeg[2:]


def jpeg_of_size(width: int, height: int) -> bytes:
    """A small JPEG whose header claims another size."""
    body = bytearray(encoded(scene(64, 64), "JPEG"))
    at = body.index(b"\xff\xc0") + 5
    body[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(body)


def jpeg_of_scans(repeats: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    body = encoded(scene(64, 64), "JPEG", progressive=True)
    last = body.rindex(b"\xff\xda")
    tables = body.rindex(b"\xff\xc4", 0, last)
    return body[:-2] + body[tables:-2] * repeats + body[-2:]


def png(width: int, height: int, depth: int, colour: int, row: bytes) -> bytes:
    """A PNG of one row repeated; `colour` as in IHDR: 0 grey, 2 RGB."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress((b"\0" + row) * height, 1)
    chunks = [_chunk(b"IHDR", header), _chunk(b"IDAT", data), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def webp_of_size(width: int, height: int) -> bytes:
    """An animation of one small frame on a canvas of another size."""
    sides = struct.pack("<II", width - 1, height - 1)
    canvas = sides[:3] + sides[4:7]
    picture = encoded(scene(64, 64), "WEBP")[12:]
    frame = bytes(6) + b"\x3f\0\0\x3f\0\0" + bytes(4) + picture
    body = b"WEBP" + _riff(b"VP8X", b"\x02\0\0\0" + canvas) + _riff(b"ANIM", bytes(6))
    return _riff(b"RIFF", body + _riff(b"ANMF", frame))


def _riff(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data


def png_with_swollen_text(length: int) -> bytes:
    text = b"Comment\0\0" + zlib.compress(b"a" * length, 9)
    return _with_chunk(encoded(scene(), "PNG"), b"zTXt", text)


def _with_chunk(body: bytes, kind: bytes, data: bytes) -> bytes:
    end_of_header = 8 + 25
    return body[:end_of_header] + _chunk(kind, data) + body[end_of_header:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def gif_of_size(width: int, height: int) -> bytes:
    frame = struct.pack("<HHHHB", 0, 0, width, height, 0)
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b"," + frame + b"\2\2D\1\0;"


def flipped(body: bytes, dice: random.Random) -> bytes:
    """The file with one to eight bytes changed, more often near its start, where the rules are."""
    damaged = bytearray(body)
    for _ in range(dice.randint(1, 8)):
        span = len(damaged) if dice.random() < 0.5 else min(len(damaged), 200)
        damaged[dice.randrange(span)] = dice.randrange(256)
    return bytes(damaged)


def display_p3() -> bytes:
    """A Display P3 profile: primaries and curve as tags of an ICC 2.4 matrix profile."""
    curve = struct.pack(
        ">4sIHH5i",
        b"para",
        0,
        3,
        0,
        *map(_fixed, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)),
    )
    name = b"Test P3 " + SECRET + b"\0"
    tags = {
        b"desc": struct.pack(">4sII", b"desc", 0, len(name)) + name + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": _xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": _xyz(0.51512, 0.2412, -0.00105),
        b"gXYZ": _xyz(0.29198, 0.69225, 0.04189),
        b"bXYZ": _xyz(0.1571, 0.06657, 0.78407),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    return _profile(tags)


def _profile(tags: dict[bytes, bytes]) -> bytes:
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += struct.pack(">4sII", name, start + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    size = start + len(data)
    head = struct.pack(">I4xI4s4s4s12x4s", size, 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    illuminant = struct.pack(">3i", *map(_fixed, (0.9642, 1.0, 0.8249)))
    return head.ljust(68, b"\0") + illuminant + bytes(48) + table + data


def _xyz(*values: float) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *map(_fixed, values))


def _fixed(value: float) -> int:
    return round(value * 65536)


# quarters(96, 64) as one HEVC key frame: decoder configuration and slice.
_HEVC_CONFIGURATION = b64decode(
    "AQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAA"
    "AwAeoDCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHBcrAiQA=="
)
_HEVC_SLICE = b64decode(
    "AAAAcygBrxOAeSRFyL//5+Uf/w754favG8EsFlKfQ9X/nn7RILIs2jy6/sQt/08jHv/2jB8fgy6P/JZr/gaN+gec9I1em1kh"
    "UKT5gUMK/XWzQaJisP/ROr/6oS/9TB2ycoMzmf9H1ZKDgLMpR093zOf2gAUgBsg="
)
# EXIF orientation as the container says it: quarter turns to the left, then the mirror's axis.
_HEIC_TURNS: dict[int, tuple[int | None, int | None]] = {
    2: (None, 1),
    3: (2, None),
    4: (None, 0),
    5: (1, 0),
    6: (3, None),
    7: (3, 0),
    8: (1, None),
}


def heic(
    orientation: int = 1, exif: bytes = b"", xmp: bytes = b"", brand: bytes = b"heic"
) -> bytes:
    """quarters() as a HEIC (ISO/IEC 23008-12) that is to be turned by its container's word."""
    items = [(b"hvc1", _HEVC_SLICE)]
    items += [(b"Exif", bytes(4) + exif.removeprefix(b"Exif\0\0"))] if exif else []
    items += [(b"mime", xmp)] if xmp else []
    kinds = _box(b"ftyp", brand, bytes(4), b"mif1heic")
    data_at = len(kinds) + len(_heic_meta(items, orientation, 0)) + 8
    data = _box(b"mdat", *(body for _, body in items))
    return kinds + _heic_meta(items, orientation, data_at) + data


def _heic_meta(items: list[tuple[bytes, bytes]], orientation: int, data_at: int) -> bytes:
    places, entries, links = b"", b"", b""
    for number, (kind, body) in enumerate(items, 1):
        places += struct.pack(">HHHII", number, 0, 1, data_at, len(body))
        name = b"\0application/rdf+xml\0" if kind == b"mime" else b"\0"
        entries += _full(b"infe", 2, struct.pack(">HH4s", number, 0, kind), name)
        links += _box(b"cdsc", struct.pack(">HHH", number, 1, 1)) if number > 1 else b""
        data_at += len(body)
    count = struct.pack(">H", len(items))
    return _full(
        b"meta",
        0,
        _full(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
        _full(b"pitm", 0, b"\0\1"),
        _full(b"iloc", 0, b"\x44\0", count, places),
        _full(b"iinf", 0, count, entries),
        _full(b"iref", 0, links),
        _heic_properties(orientation),
    )


def _heic_properties(orientation: int) -> bytes:
    left_turns, axis = _HEIC_TURNS.get(orientation, (None, None))
    boxes = [_box(b"hvcC", _HEVC_CONFIGURATION), _full(b"ispe", 0, struct.pack(">II", 96, 64))]
    boxes += [] if left_turns is None else [_box(b"irot", bytes([left_turns]))]
    boxes += [] if axis is None else [_box(b"imir", bytes([axis]))]
    essential = bytes(0x80 | place for place in range(1, len(boxes) + 1))
    uses = struct.pack(">IHB", 1, 1, len(boxes)) + essential
    return _box(b"iprp", _box(b"ipco", *boxes), _full(b"ipma", 0, uses))


def _full(kind: bytes, version: int, *parts: bytes) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]), *parts)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body
