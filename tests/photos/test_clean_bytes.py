"""Byte by byte: every picture that becomes public is a plain JPEG or AVIF and nothing beside."""

import io
import struct
from collections.abc import Callable

import pytest
from PIL import ExifTags, Image

from chalicelib.photos.derivatives import Derivative, derive
from tests.photos import pictures
from tests.photos.containers import Foreign, avif_parts, jpeg_parts
from tests.photos.pictures import encoded, laden, scene, with_segment

PARTS: dict[str, Callable[[bytes], list[str]]] = {
    "image/jpeg": jpeg_parts,
    "image/avif": avif_parts,
}
LEFT_HALF = (0.0, 0.0, 0.5, 1.0)


def exif_thumbnail() -> bytes:
    """An EXIF segment whose second directory holds a small JPEG with a secret."""
    small = with_segment(encoded(scene(64, 48), "JPEG"), 0xFE, pictures.SECRET)
    first = struct.pack("<HHHIHHI", 1, pictures.ORIENTATION, 3, 1, 1, 0, 26)
    entries = struct.pack("<HHIIHHII", 0x0201, 4, 1, 56, 0x0202, 4, 1, len(small))
    second = struct.pack("<H", 2) + entries + bytes(4)
    return b"Exif\0\0" + b"II*\0\x08\0\0\0" + first + second + small


def film(kind: str) -> bytes:
    later = [scene(seed=2), scene(seed=3)]
    return encoded(scene(), kind, save_all=True, append_images=later)


MADE = {
    **{f"laden {kind}": laden(kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")},
    **{f"film {kind}": film(kind) for kind in ("PNG", "WEBP", "AVIF", "MPO")},
    **{
        f"orientation {number} {kind}": encoded(scene(), kind, exif=pictures.exif(number))
        for number in (3, 6)
        for kind in ("JPEG", "PNG", "WEBP", "AVIF")
    },
    "turned heic": pictures.heic(6, exif=pictures.exif(6).tobytes()),
    "progressive": encoded(scene(), "JPEG", progressive=True),
    "thumbnail in exif": with_segment(encoded(scene(), "JPEG"), 0xE1, exif_thumbnail()),
    "thumbnail in jfif": with_segment(
        encoded(scene(), "JPEG"), 0xE0, b"JFXX\0\x10" + encoded(scene(64, 48), "JPEG")
    ),
    "cmyk": encoded(scene().convert("CMYK"), "JPEG", icc_profile=pictures.display_p3()),
    "grey": encoded(scene().convert("L"), "JPEG", comment=pictures.SECRET),
    "palette": encoded(scene().quantize(16), "PNG"),
    "transparent": encoded(scene().convert("RGBA"), "WEBP", exif=pictures.exif()),
    "sixteen bits": pictures.png(64, 64, 16, 2, b"\x12\x34" * 3 * 64),
    "vast": encoded(scene(4000, 3000), "JPEG", exif=pictures.exif(), comment=pictures.SECRET),
    "tiny": encoded(scene(20, 16), "PNG"),
    "zip behind": encoded(scene(), "JPEG") + b"PK\x03\x04" + pictures.SECRET,
    "page in front": with_segment(encoded(scene(), "JPEG"), 0xFE, b"<html><script>alert(1)"),
}


def parts(derivative: Derivative) -> list[str]:
    return PARTS[derivative.content_type](derivative.body)


@pytest.mark.parametrize("redactions", [[], [LEFT_HALF]], ids=["plain", "redacted"])
@pytest.mark.parametrize("body", MADE.values(), ids=MADE)
def test_what_becomes_public_is_the_picture_and_nothing_else(
    body: bytes, redactions: list[tuple[float, float, float, float]]
) -> None:
    for derivative in derive(body, redactions).derivatives:
        assert parts(derivative)
        assert pictures.SECRET not in derivative.body


@pytest.mark.parametrize(
    "body",
    [
        laden("JPEG"),
        MADE["thumbnail in exif"],
        MADE["thumbnail in jfif"],
        MADE["page in front"],
        MADE["zip behind"],
        film("MPO"),
        encoded(scene(), "JPEG", icc_profile=pictures.display_p3()),
        encoded(scene(), "JPEG")[:-2],
        encoded(scene(), "PNG"),
    ],
)
def test_this_reader_of_jpegs_lets_nothing_foreign_pass(body: bytes) -> None:
    with pytest.raises((Foreign, IndexError, struct.error)):
        jpeg_parts(body)


def avif(**options: object) -> bytes:
    return encoded(scene(), "AVIF", **options)


def with_box(body: bytes, kind: bytes) -> bytes:
    return body + struct.pack(">I4s", 8 + len(pictures.SECRET), kind) + pictures.SECRET


@pytest.mark.parametrize(
    "body",
    [
        laden("AVIF"),
        avif(exif=pictures.exif().tobytes()),
        avif(xmp=b"<x:xmpmeta/>"),
        avif(icc_profile=pictures.display_p3()),
        film("AVIF"),
        with_box(avif(), b"free"),
        with_box(avif(), b"uuid"),
        with_box(avif(), b"mdat"),
        avif() + pictures.SECRET,
        pictures.heic(),
    ],
)
def test_this_reader_of_avifs_lets_nothing_foreign_pass(body: bytes) -> None:
    with pytest.raises((Foreign, struct.error)):
        avif_parts(body)


def test_the_thumbnails_of_these_pictures_can_be_found_by_who_looks() -> None:
    embedded = MADE["thumbnail in exif"]
    assert embedded.count(b"\xff\xd8\xff") == 2
    directory = Image.open(io.BytesIO(embedded)).getexif().get_ifd(ExifTags.IFD.IFD1)
    assert directory[0x0202] > 100
