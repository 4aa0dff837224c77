"""The demo pictures: phone-like files that show a problem, and the same street repaired."""

import io

import pytest
from PIL import ExifTags, Image, ImageChops, ImageStat

from infra.demo.pictures import SCENES, draw, draw_fixed


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg))


@pytest.mark.parametrize("category", SCENES)
def test_the_repair_is_seen_and_the_street_stays(category: str) -> None:
    before, after = opened(draw(category, 1)), opened(draw_fixed(category, 1))
    change = ImageChops.difference(before, after).convert("L").point(lambda grey: 255 * (grey > 24))
    share_changed = ImageStat.Stat(change).mean[0] / 255
    assert (before.format, before.size) == ("JPEG", (1280, 960))
    assert 0.003 < share_changed < 0.7


def test_another_seed_is_another_street_and_the_same_seed_the_same() -> None:
    assert draw("garbage", 1) == draw("garbage", 1)
    assert draw("garbage", 1) != draw("garbage", 2)


def test_pictures_carry_a_place_and_a_comment_that_must_not_become_public() -> None:
    picture = opened(draw("flooding", 3))
    place = picture.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert place[ExifTags.GPS.GPSLatitudeRef] == "S"
    assert place[ExifTags.GPS.GPSLatitude][:2] == (5, 12)
    assert picture.info["comment"]


def test_of_a_noise_there_is_no_picture() -> None:
    with pytest.raises(KeyError):
        draw("noise", 1)
