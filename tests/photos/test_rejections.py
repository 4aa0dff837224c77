"""No file, whatever its bytes, does more than be refused with a reason."""

import random
import warnings

import pytest
from PIL import Image

from chalicelib.photos.derivatives import Reason, Rejected, derive
from chalicelib.photos.sandbox import decode_in_sandbox
from tests.photos import pictures
from tests.photos.pictures import encoded, flipped, scene

FAKES = {
    "text": b"hello",
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "zip": b"PK\x03\x04" + bytes(100),
    "pdf": b"%PDF-1.7\n" + bytes(100),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(x) show\n%%EOF\n",
    "film": b"\0\0\0\x18ftypmp42" + bytes(100),
    "gif": encoded(scene(), "GIF"),
    "bmp": encoded(scene(), "BMP"),
    "tiff": encoded(scene(), "TIFF"),
    "vast gif": pictures.gif_of_size(65535, 65535),
}
BOMBS = {
    "one-bit png of 900 million pixels": pictures.png(30000, 30000, 1, 0, bytes(3750)),
    "rgb png of 36 million pixels": pictures.png(6000, 6000, 8, 2, bytes(18000)),
    "jpeg header of 4 billion pixels": pictures.jpeg_of_size(65500, 65500),
    "jpeg header of 169 million pixels": pictures.jpeg_of_size(13000, 13000),
    "jpeg header of 200 million pixels": pictures.jpeg_of_size(20000, 10000),
    "avif of 26 million pixels": encoded(Image.new("L", (5100, 5100)), "AVIF", speed=10),
    "webp of 26 million pixels": pictures.webp_of_size(5100, 5100),
}
ORDINARY = {
    "jpeg": encoded(scene(), "JPEG"),
    "progressive jpeg": encoded(scene(), "JPEG", progressive=True),
    "png": encoded(scene(), "PNG"),
    "webp": encoded(scene(), "WEBP"),
    "avif": encoded(scene(), "AVIF"),
}
LADEN = {kind: pictures.laden(kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF")}
HEICS = {"heic": pictures.heic(), "laden heic": pictures.laden("HEIF")}


def reason(body: bytes) -> Reason | None:
    try:
        derive(body)
    except Rejected as refusal:
        return refusal.reason
    return None


def test_nothing_is_empty() -> None:
    assert reason(b"") == Reason.EMPTY


@pytest.mark.parametrize("body", FAKES.values(), ids=FAKES)
def test_what_is_not_a_picture_of_a_phone_is_not_even_parsed(body: bytes) -> None:
    assert reason(body) == Reason.NOT_A_PICTURE


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_a_small_file_of_too_many_pixels_is_refused_before_it_is_decoded(body: bytes) -> None:
    assert len(body) < 1_000_000
    assert reason(body) == Reason.TOO_MANY_PIXELS


def test_forty_bytes_that_claim_four_gigapixels_are_refused() -> None:
    body = pictures.gif_of_size(65535, 65535)
    assert len(body) <= 44
    assert reason(body) == Reason.NOT_A_PICTURE


def test_the_canvas_of_an_animation_may_be_larger_than_its_frame() -> None:
    assert reason(pictures.webp_of_size(500, 400)) is None


def test_a_text_that_swells_is_refused() -> None:
    assert reason(pictures.png_with_swollen_text(100)) is None
    assert reason(pictures.png_with_swollen_text(8_000_000)) == Reason.CORRUPT


def test_a_jpeg_that_asks_for_endless_passes_is_refused() -> None:
    assert reason(pictures.jpeg_of_scans(10)) is None
    assert reason(pictures.jpeg_of_scans(100)) == Reason.TOO_COSTLY


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1, 1, Reason.TOO_SMALL),
        (15, 100, Reason.TOO_SMALL),
        (16, 16, None),
        (1, 65000, Reason.ODD_SHAPE),
        (2100, 100, Reason.ODD_SHAPE),
        (2000, 100, None),
    ],
)
def test_shapes_that_no_camera_makes_are_refused(
    width: int, height: int, expected: Reason | None
) -> None:
    assert reason(encoded(Image.new("RGB", (width, height)), "PNG")) == expected


@pytest.mark.parametrize("body", ORDINARY.values(), ids=ORDINARY)
def test_a_file_cut_short_is_corrupt(body: bytes) -> None:
    for part in (0.1, 0.3, 0.6, 0.9):
        assert reason(body[: max(16, int(len(body) * part))]) == Reason.CORRUPT


def test_a_signature_alone_is_corrupt() -> None:
    for start in (
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x04\0\0\0WEBP",
        b"\0\0\0\x18ftypheic",
    ):
        assert reason(start) == Reason.CORRUPT


def test_a_pair_of_exif_tables_that_point_at_each_other_is_harmless() -> None:
    pointer = b"\4\0\1\0\0\0\x08\0\0\0"
    tables = b"II*\0\x08\0\0\0\2\0" + b"\x69\x87" + pointer + b"\x25\x88" + pointer + b"\x08\0\0\0"
    body = pictures.with_segment(ORDINARY["jpeg"], 0xE1, b"Exif\0\0" + tables)
    assert reason(body) is None


def test_after_a_refusal_the_next_photo_is_served() -> None:
    assert reason(BOMBS["jpeg header of 4 billion pixels"]) == Reason.TOO_MANY_PIXELS
    assert reason(ORDINARY["jpeg"]) is None


def test_the_filters_of_the_process_are_left_as_they_were() -> None:
    before = list(warnings.filters)
    reason(ORDINARY["jpeg"])
    reason(BOMBS["jpeg header of 169 million pixels"])
    assert list(warnings.filters) == before


@pytest.mark.parametrize("body", [*ORDINARY.values(), *LADEN.values()], ids=[*ORDINARY, *LADEN])
def test_damaged_bytes_never_raise_anything_else(body: bytes) -> None:
    dice = random.Random(len(body))
    outcomes = {reason(flipped(body, dice)) for _ in range(40)}
    assert Reason.CORRUPT in outcomes
    assert outcomes <= {None, *Reason}


@pytest.mark.parametrize("body", HEICS.values(), ids=HEICS)
def test_a_damaged_heic_never_raises_anything_else(body: bytes) -> None:
    dice = random.Random(len(body))
    assert {reason(flipped(body, dice)) for _ in range(6)} <= {None, *Reason}


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_heic_cut_short_is_corrupt(part: float) -> None:
    body = HEICS["heic"]
    assert reason(body[: int(len(body) * part)]) == Reason.CORRUPT


def test_a_heic_that_crashes_its_decoder_does_no_harm_to_the_worker() -> None:
    body = HEICS["laden heic"]
    assert reason(body.replace(b"application/rdf+xml", b"\x99pplication/rdf+xml")) == Reason.CORRUPT
    assert reason(body) is None


def test_a_heic_that_takes_too_long_is_refused() -> None:
    with pytest.raises(Rejected) as refusal:
        decode_in_sandbox(HEICS["heic"], 640, wall_seconds=0.001)
    assert refusal.value.reason == Reason.TOO_COSTLY
