"""The two hashes of a picture: one to recognise it, one to stand in for it while it loads."""

from base64 import b64decode, b64encode

import pytest
from PIL import Image, ImageEnhance

from chalicelib.photos.derivatives import derive
from chalicelib.photos.dhash import dhash, distance
from chalicelib.photos.thumbhash import thumbhash
from tests.photos.pictures import encoded, opened, quarters, scene

SAME = 8


def small(image: Image.Image, width: int, height: int) -> Image.Image:
    return image.resize((width, height), Image.Resampling.BOX)


# Expected: rgbaToThumbHash() of the npm package thumbhash 0.1.1 for the same pixels.
KNOWN = {
    "nhgOTYSHh3dgh3aGh3d4d3eQxQV4": small(scene(), 32, 24),
    "XRgSFQR6h2CHeIhniId4eGnANpAn": small(scene(seed=2), 24, 32),
    "mzgOGYSZaIhgdniI93fH8Yo=": small(scene(seed=3), 32, 2),
    "HwgSBICHh3dwh4d2h4gAAAAAAA==": small(scene().convert("L").convert("RGB"), 32, 18),
}


@pytest.mark.parametrize("expected", KNOWN)
def test_thumbhash_is_that_of_the_reference_encoder(expected: str) -> None:
    assert b64encode(thumbhash(KNOWN[expected])).decode() == expected


def decoded_mean(thumb: bytes) -> tuple[float, float, float]:
    """The mean colour (0 to 255) out of the first three bytes, by the format's description."""
    bits = int.from_bytes(thumb[:3], "little")
    luminance = (bits & 63) / 63
    yellow_blue = (bits >> 6 & 63) / 31.5 - 1
    red_green = (bits >> 12 & 63) / 31.5 - 1
    blue = luminance - 2 / 3 * yellow_blue
    red = (3 * luminance - blue + red_green) / 2
    return 255 * red, 255 * (red - red_green), 255 * blue


@pytest.mark.parametrize("colour", [(216, 69, 50), (40, 160, 60), (255, 255, 255), (0, 0, 0)])
def test_thumbhash_keeps_the_colour(colour: tuple[int, int, int]) -> None:
    mean = decoded_mean(thumbhash(Image.new("RGB", (400, 300), colour)))
    assert mean == pytest.approx(colour, abs=8)


def test_a_photo_carries_its_thumbhash_in_base64() -> None:
    derived = derive(encoded(quarters(900, 600), "JPEG"))
    thumb = b64decode(derived.thumbhash)
    assert len(thumb) <= 25
    assert thumb[:3] == thumbhash(quarters(900, 600))[:3]


@pytest.mark.parametrize(
    "copy",
    [
        lambda image: opened(encoded(image, "JPEG", quality=40)),
        lambda image: image.resize((800, 600)),
        lambda image: ImageEnhance.Brightness(image).enhance(1.2),
        lambda image: image.convert("L").convert("RGB"),
    ],
    ids=["re-encoded", "halved", "brightened", "without colour"],
)
def test_dhash_recognises_a_copy(copy: object) -> None:
    assert callable(copy)
    image = scene(1600, 1200)
    assert distance(dhash(image), dhash(copy(image))) <= SAME


def test_dhash_tells_different_pictures_apart() -> None:
    hashes = [dhash(scene(seed=seed)) for seed in range(1, 9)]
    apart = [distance(a, b) for n, a in enumerate(hashes) for b in hashes[:n]]
    assert min(apart) > SAME


def test_dhash_fits_64_bits_and_reads_left_to_right() -> None:
    falling = Image.linear_gradient("L").rotate(90).convert("RGB")
    assert {dhash(falling), dhash(falling.rotate(180))} == {0, 2**64 - 1}


def test_distance_counts_the_bits_that_differ() -> None:
    assert distance(0b1011, 0b0010) == 2
    assert distance(0, 2**64 - 1) == 64
    assert distance(7, 7) == 0
