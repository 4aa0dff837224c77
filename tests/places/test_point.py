import msgspec
import pytest

from chalicelib.places.point import Point


def test_the_whole_map_is_accepted() -> None:
    assert msgspec.convert({"lat": -85.05, "lon": 180}, Point) == Point(lat=-85.05, lon=180.0)


@pytest.mark.parametrize(
    ("lat", "lon"), [("85.06", "0"), ("-90", "0"), ("0", "180.001"), ("nan", "0"), ("0", "-inf")]
)
def test_a_place_off_the_map_is_refused(lat: str, lon: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"lat": lat, "lon": lon}, Point, strict=False)
