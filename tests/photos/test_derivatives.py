"""What becomes public of a photo: four small, upright, clean pictures."""

import re
import struct

import pytest
from PIL import Image, ImageChops, ImageStat

from chalicelib.photos.derivatives import Derivative, Derived, derive
from tests.photos import pictures
from tests.photos.pictures import BLUE, CORNERS, GREEN, RED, YELLOW, alike, corners, encoded, opened

KINDS = ["JPEG", "PNG", "WEBP", "AVIF"]
WHITE = (255, 255, 255)
RED_IN_P3 = (200, 80, 60)


def named(derived: Derived) -> dict[str, Derivative]:
    return {derivative.name: derivative for derivative in derived.derivatives}


def shown(body: bytes) -> Image.Image:
    """The picture that an agency gets."""
    return opened(named(derive(body))["1600.jpg"].body)


def test_a_photo_becomes_two_jpegs_and_two_avifs() -> None:
    derived = derive(encoded(pictures.scene(2000, 1500), "JPEG"))
    made = [(d.name, d.content_type, d.width, d.height) for d in derived.derivatives]
    assert made == [
        ("1600.jpg", "image/jpeg", 1600, 1200),
        ("640.jpg", "image/jpeg", 640, 480),
        ("640.avif", "image/avif", 640, 480),
        ("240.avif", "image/avif", 240, 180),
    ]
    assert (derived.width, derived.height) == (2000, 1500)


def test_each_picture_is_what_its_name_type_and_size_say() -> None:
    for derivative in derive(encoded(pictures.scene(700, 900), "JPEG")).derivatives:
        image = opened(derivative.body)
        assert Image.MIME[image.format or ""] == derivative.content_type
        assert image.size == (derivative.width, derivative.height)


def test_a_small_picture_is_never_enlarged_but_has_all_four_names() -> None:
    derived = derive(encoded(pictures.scene(100, 80), "JPEG"))
    assert sorted(named(derived)) == ["1600.jpg", "240.avif", "640.avif", "640.jpg"]
    assert {(d.width, d.height) for d in derived.derivatives} == {(100, 80)}


def test_the_same_bytes_give_the_same_pictures() -> None:
    body = encoded(pictures.scene(700, 500), "JPEG")
    assert derive(body) == derive(body)


@pytest.mark.parametrize("width", [3199, 3200, 3201, 4032])
def test_the_longer_side_is_met_exactly_whatever_scale_the_decoder_offers(width: int) -> None:
    body = encoded(pictures.quarters(400, width), "JPEG")
    assert named(derive(body))["1600.jpg"].height == 1600


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", KINDS)
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    lying = pictures.quarters()
    if orientation in pictures.LYING:
        lying = lying.transpose(pictures.LYING[orientation])
    derived = derive(encoded(lying, kind, exif=pictures.exif(orientation)))
    assert (derived.width, derived.height) == (96, 64)
    for derivative in derived.derivatives:
        found = corners(opened(derivative.body))
        assert all(map(alike, found, CORNERS)), (derivative.name, found)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, (RED, GREEN, BLUE, YELLOW)),
        (2, (GREEN, RED, YELLOW, BLUE)),
        (3, (YELLOW, BLUE, GREEN, RED)),
        (4, (BLUE, YELLOW, RED, GREEN)),
        (5, (RED, BLUE, GREEN, YELLOW)),
        (6, (BLUE, RED, YELLOW, GREEN)),
        (7, (YELLOW, GREEN, BLUE, RED)),
        (8, (GREEN, YELLOW, RED, BLUE)),
    ],
)
def test_a_heic_is_turned_once_by_its_container_and_not_again_by_its_exif(
    orientation: int, expected: tuple[tuple[int, ...], ...]
) -> None:
    body = pictures.heic(orientation, exif=pictures.exif(orientation).tobytes())
    derived = derive(body)
    assert (derived.width, derived.height) == ((96, 64) if orientation < 5 else (64, 96))
    assert all(map(alike, corners(opened(named(derived)["1600.jpg"].body)), expected))


def test_a_heic_under_the_common_brand_is_not_taken_for_an_avif() -> None:
    assert all(map(alike, corners(shown(pictures.heic(brand=b"mif1"))), CORNERS))


def test_an_unknown_orientation_is_taken_as_upright() -> None:
    body = encoded(pictures.quarters(), "JPEG", exif=pictures.exif(77))
    assert all(map(alike, corners(shown(body)), CORNERS))


@pytest.mark.parametrize("kind", KINDS)
def test_wide_gamut_colours_are_converted_not_relabelled(kind: str) -> None:
    dull = Image.new("RGB", (64, 64), RED_IN_P3)
    body = encoded(dull, kind, icc_profile=pictures.display_p3())
    assert alike(pictures.pixel(shown(body), 30, 30), RED, tolerance=5)


@pytest.mark.parametrize("profile", [b"nonsense", pictures.display_p3()[:200], b"\0" * 500])
def test_a_broken_profile_does_not_lose_the_photo(profile: bytes) -> None:
    body = encoded(pictures.quarters(), "JPEG", icc_profile=profile)
    assert all(map(alike, corners(shown(body)), CORNERS))


def test_broken_exif_does_not_lose_the_photo() -> None:
    body = encoded(pictures.quarters(), "JPEG")
    broken = pictures.with_segment(body, 0xE1, b"Exif\0\0II*\0nonsense")
    assert all(map(alike, corners(shown(broken)), CORNERS))


def test_a_cmyk_jpeg_comes_out_as_rgb() -> None:
    image = shown(encoded(pictures.quarters().convert("CMYK"), "JPEG"))
    assert image.mode == "RGB"
    assert all(map(alike, corners(image), CORNERS))


def test_grey_stays_grey() -> None:
    image = shown(encoded(Image.new("L", (64, 64), 90), "JPEG"))
    assert alike(pictures.pixel(image, 30, 30), (90, 90, 90), tolerance=3)


def test_a_progressive_jpeg_looks_like_a_plain_one() -> None:
    image = pictures.scene(2000, 1500)
    plain = shown(encoded(image, "JPEG"))
    progressive = shown(encoded(image, "JPEG", progressive=True))
    difference = ImageStat.Stat(ImageChops.difference(plain, progressive))
    assert max(difference.mean) < 1


def half_transparent(mode: str) -> Image.Image:
    """Left half opaque red (or its grey), right half fully transparent black."""
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 0, 32, 64))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("PNG", "PA"), ("WEBP", "RGBA")]
)
def test_transparency_becomes_white(kind: str, mode: str) -> None:
    source = half_transparent("RGBA").quantize() if mode == "PA" else half_transparent(mode)
    image = shown(encoded(source, kind, lossless=True))
    left = (113, 113, 113) if mode == "LA" else RED
    assert alike(pictures.pixel(image, 10, 30), left)
    assert alike(pictures.pixel(image, 54, 30), WHITE)


def test_a_transparent_colour_of_a_png_becomes_white() -> None:
    image = shown(encoded(pictures.quarters(), "PNG", transparency=RED))
    assert all(map(alike, corners(image), (WHITE, GREEN, BLUE, YELLOW)))


def test_a_palette_keeps_its_colours() -> None:
    image = shown(encoded(pictures.quarters().quantize(8), "PNG"))
    assert all(map(alike, corners(image), CORNERS))


def test_black_and_white_bits_keep_their_halves() -> None:
    bits = Image.new("1", (64, 64), 0)
    bits.paste(1, (32, 0, 64, 64))
    image = shown(encoded(bits, "PNG"))
    assert alike(pictures.pixel(image, 10, 30), (0, 0, 0))
    assert alike(pictures.pixel(image, 54, 30), WHITE)


@pytest.mark.parametrize(("value", "grey"), [(0x1000, 16), (0x8000, 128), (0xF000, 240)])
def test_sixteen_bits_are_scaled_not_clipped(value: int, grey: int) -> None:
    sample = struct.pack(">H", value)
    for colour, samples in ((0, 1), (2, 3)):
        image = shown(pictures.png(64, 64, 16, colour, sample * 64 * samples))
        assert alike(pictures.pixel(image, 30, 30), (grey,) * 3, tolerance=3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "MPO"])
def test_of_several_frames_the_first_is_shown(kind: str) -> None:
    later = [Image.new("RGB", (96, 64), colour) for colour in ("black", "white")]
    body = encoded(pictures.quarters(), kind, save_all=True, append_images=later)
    assert all(map(alike, corners(shown(body)), CORNERS))


def test_noise_which_no_codec_likes_is_encoded() -> None:
    noise = Image.effect_noise((1600, 300), 200).convert("RGB")
    assert len(derive(encoded(noise, "PNG")).derivatives) == 4


MARKS = [
    pictures.SECRET,
    b"Exif",
    b"http://",
    b"xmpmeta",
    b"ICC_PROFILE",
    b"acsp",
    b"Photoshop",
    b"8BIM",
    b"<script",
    b"PK\x03\x04",
    b"mime",
    b"prof",
]
# Start, JFIF head, tables, frame, scan, end; no APP1 to APP15, no comment.
PLAIN_MARKERS = {0xD8, 0xE0, 0xDB, 0xC0, 0xC4, 0xDA, 0xD9}


def jpeg_markers(body: bytes) -> set[int]:
    """Every marker, also inside and after the scan; stuffed and fill bytes are none."""
    return {found[1] for found in re.findall(rb"\xff[^\x00\xff]", body)}


@pytest.mark.parametrize("kind", [*KINDS, "HEIF"])
def test_no_byte_of_metadata_gets_out(kind: str) -> None:
    for derivative in derive(pictures.laden(kind)).derivatives:
        assert [mark for mark in MARKS if mark in derivative.body] == []
        image = opened(derivative.body)
        assert dict(image.getexif()) == {}
        assert set(image.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "timestamp",
            "duration",
        }
        if derivative.content_type == "image/jpeg":
            assert jpeg_markers(derivative.body) <= PLAIN_MARKERS
            assert derivative.body.endswith(b"\xff\xd9")


@pytest.mark.parametrize("kind", [*KINDS, "HEIF"])
def test_the_pictures_of_that_test_do_carry_metadata(kind: str) -> None:
    body = pictures.laden(kind)
    assert body.count(pictures.SECRET) >= 3
    assert derive(body).evidence.lat is not None


LEFT_HALF = (0.0, 0.0, 0.5, 1.0)


def test_a_redaction_blackens_its_part_of_every_picture_and_no_other() -> None:
    derived = derive(encoded(pictures.quarters(800, 600), "JPEG"), redactions=[LEFT_HALF])
    for derivative in derived.derivatives:
        found = corners(opened(derivative.body))
        assert all(map(alike, found, ((0, 0, 0), GREEN, (0, 0, 0), YELLOW))), derivative.name


def test_a_redaction_is_placed_on_the_upright_picture() -> None:
    lying = pictures.quarters().transpose(pictures.LYING[6])
    body = encoded(lying, "JPEG", exif=pictures.exif(6))
    large = derive(body, redactions=[(0.5, 0.5, 1.0, 1.0)]).derivatives[0]
    assert all(map(alike, corners(opened(large.body)), (RED, GREEN, BLUE, (0, 0, 0))))


def test_a_redacted_photo_is_still_recognised_but_its_placeholder_shows_nothing() -> None:
    body = encoded(pictures.scene(), "JPEG")
    open_, redacted = derive(body), derive(body, redactions=[(0.0, 0.0, 1.0, 1.0)])
    black = derive(encoded(Image.new("RGB", (320, 240)), "JPEG"))
    assert redacted.dhash == open_.dhash
    assert redacted.thumbhash == black.thumbhash != open_.thumbhash
