"""What is believed of a photo's EXIF, and what is not."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from chalicelib.photos.derivatives import derive
from chalicelib.photos.evidence import Evidence, read
from tests.photos import pictures
from tests.photos.pictures import MONAS, exif

LAT_REF, LAT, LON_REF, LON, CLOCK, DAY, ERROR = 1, 2, 3, 4, 7, 29, 31
NOTHING = Evidence()


def with_gps(**changes: Any) -> Evidence:
    """MONAS with some tags changed, as `t2=...`; None removes one."""
    tags = MONAS | {int(name[1:]): value for name, value in changes.items()}
    return read(exif(gps={tag: value for tag, value in tags.items() if value is not None}))


def test_degrees_minutes_and_seconds_become_signed_degrees() -> None:
    found = with_gps()
    assert (found.lat, found.lon) == (-6.175403, 106.827111)


@pytest.mark.parametrize(
    ("lat_ref", "lon_ref", "signs"),
    [("N", "E", (1, 1)), ("s", "w", (-1, -1)), ("N\0", "W ", (1, -1))],
)
def test_the_letters_give_the_signs(lat_ref: str, lon_ref: str, signs: tuple[int, int]) -> None:
    found = with_gps(t1=lat_ref, t3=lon_ref)
    assert (found.lat, found.lon) == (signs[0] * 6.175403, signs[1] * 106.827111)


def test_decimal_degrees_alone_are_understood() -> None:
    assert with_gps(t2=(6.5,)).lat == -6.5


@pytest.mark.parametrize(
    "changes",
    [
        {"t2": (91.0, 0.0, 0.0)},
        {"t4": (181.0, 0.0, 0.0)},
        {"t2": (90.0, 0.0, 1.0)},
        {"t2": (6.0, 61.0, 0.0)},
        {"t2": (6.0, 0.0, 99.0)},
        {"t2": (6.0, 10.0, 0.0, 0.0)},
        {"t2": None},
        {"t1": None},
        {"t3": None},
        {"t1": "E"},
        {"t1": "NS"},
        {"t1": ""},
        {"t2": (0.0, 0.0, 0.0), "t4": (0.0, 0.0, 0.0)},
    ],
)
def test_an_impossible_or_half_position_is_no_position(changes: dict[str, Any]) -> None:
    found = with_gps(**changes, t31=5.0)
    assert (found.lat, found.lon, found.accuracy_m) == (None, None, None)


@pytest.mark.parametrize("part", [IFDRational(1, 0), IFDRational(0, 0), float("nan"), b"6", None])
def test_a_part_that_is_no_number_is_no_position(part: object) -> None:
    assert read(Tables({0x8825: MONAS | {LAT: (6.0, part, 0.0)}})) == NOTHING


@pytest.mark.parametrize(("error", "metres"), [(38.84, 38.8), (0.0, None)])
def test_the_stated_error_is_kept_when_it_makes_sense(error: object, metres: float | None) -> None:
    assert with_gps(t31=error).accuracy_m == metres


def test_satellite_time_is_utc_and_comes_first() -> None:
    tags = exif(
        gps=MONAS | {DAY: "2026:03:04", CLOCK: (23.0, 59.0, 60.0)}, t9003="2026:03:05 06:00:00"
    )
    assert read(tags).taken_at == datetime(2026, 3, 5, tzinfo=UTC)
    assert read(tags).taken_local is None


def test_satellite_time_counts_without_a_position() -> None:
    tags = exif(gps={DAY: "2026:03:04", CLOCK: (1.0, 2.0, Fraction(7, 2))})
    assert read(tags) == Evidence(taken_at=datetime(2026, 3, 4, 1, 2, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        ("2026:02:30", (1.0, 2.0, 3.0)),
        ("1970:01:01", (1.0, 2.0, 3.0)),
        ("2026:03:04", (24.0, 0.0, 0.0)),
        ("2026:03:04", (1.0, 60.0, 0.0)),
        ("2026:03:04", (1.0, 2.0)),
        ("yesterday", (1.0, 2.0, 3.0)),
    ],
)
def test_an_impossible_satellite_time_is_no_time(day: str, clock: tuple[float, ...]) -> None:
    assert read(exif(gps={DAY: day, CLOCK: clock})) == NOTHING


@pytest.mark.parametrize(
    ("offset", "hour"), [("+07:00", 1), ("-03:30", 11), ("+00:00", 8), ("+14:00\0", None)]
)
def test_camera_time_with_its_offset_becomes_utc(offset: str, hour: int | None) -> None:
    found = read(exif(t9003="2026:03:04 08:00:00", t9011=offset))
    day, minute = (4, 30) if offset == "-03:30" else (4, 0)
    if hour is None:
        day, hour = 3, 18
    assert found.taken_at == datetime(2026, 3, day, hour, minute, tzinfo=UTC)
    assert found.taken_local is None


@pytest.mark.parametrize("offset", [None, "", "   :  ", "Z", "+25:00", "+7"])
def test_camera_time_without_an_offset_stays_local(offset: str | None) -> None:
    shot: dict[str, Any] = {"t9003": "2026:03:04 08:00:00"}
    if offset is not None:
        shot["t9011"] = offset
    assert read(exif(**shot)) == Evidence(taken_local=datetime(2026, 3, 4, 8))


def test_the_time_of_digitising_stands_in_for_that_of_taking() -> None:
    found = read(exif(t9003="    :  :     :  :  ", t9004="2026:03:04 08:00:00", t9012="+07:00"))
    assert found.taken_at == datetime(2026, 3, 4, 1, tzinfo=UTC)


def test_the_time_of_the_last_edit_is_not_the_time_of_taking() -> None:
    tags = exif()
    tags[0x0132] = "2026:03:04 08:00:00"
    assert read(tags) == NOTHING


@pytest.mark.parametrize(
    "text", ["1980:01:01 00:00:00", "2026:13:01 00:00:00", "9999:01:01 00:00:00", "2026:03:04"]
)
def test_a_clock_that_nobody_set_gives_no_time(text: str) -> None:
    assert read(exif(t9003=text)) == NOTHING


def test_no_exif_is_no_evidence() -> None:
    assert read(Image.Exif()) == NOTHING


class Tables(Image.Exif):
    """EXIF whose tables are given, or which fails like Pillow on foul bytes."""

    def __init__(self, tables: dict[int, dict[int, Any]] | None) -> None:
        super().__init__()
        self.tables = tables

    def get_ifd(self, tag: int) -> dict[int, Any]:
        if self.tables is None:
            raise SyntaxError("not a TIFF file")
        return self.tables.get(tag, {})


def test_tables_that_cannot_be_parsed_are_no_evidence() -> None:
    assert read(Tables(None)) == NOTHING


@pytest.mark.parametrize("value", [None, b"\xff", (), (None,), 10**400, "\0", [1, 2], {}])
def test_values_of_any_type_are_survived(value: object) -> None:
    tags = dict.fromkeys((*range(32), 0x9003, 0x9004, 0x9011, 0x9012), value)
    assert read(Tables({0x8825: tags, 0x8769: tags})) == NOTHING


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_evidence_is_read_from_every_format(kind: str) -> None:
    evidence = derive(pictures.laden(kind)).evidence
    assert (evidence.lat, evidence.lon) == (-6.175403, 106.827111)
