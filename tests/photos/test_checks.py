"""What officers, moderators and the reporter learn from a photo's private facts; nobody else."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from chalicelib.clock import now
from chalicelib.photos.models import EVIDENCE_KEPT, evidence_of
from chalicelib.places.distance import distance_m
from chalicelib.places.point import Point
from tests.city import (
    CITIZEN,
    COORDINATOR,
    KENANGA,
    MELATI,
    MODERATOR,
    ROADS,
    WARD,
    City,
    Person,
    officer,
)
from tests.photos import pictures
from tests.photos.pictures import encoded, scene
from tests.photos.worker import send

NEAR, FAR = Point(KENANGA.lat + 0.0005, KENANGA.lon), Point(KENANGA.lat + 0.01, KENANGA.lon)
OFFICER, STRANGER = officer(ROADS), Person("citizen", "orang-lain")
TOMORROW, YESTERDAY = now() + timedelta(days=1), now() - timedelta(days=1)


def taken(at: Point | None = None, when: datetime | None = None, seed: int = 1) -> bytes:
    """A photo that says where and when (by the clock of a phone in UTC) it was taken."""
    gps = None if at is None else {1: "S", 2: _parts(-at.lat), 3: "E", 4: _parts(at.lon)}
    shot: dict[str, Any] = (
        {} if when is None else {"t9003": f"{when:%Y:%m:%d %H:%M:%S}", "t9011": "+00:00"}
    )
    return encoded(scene(seed=seed), "JPEG", exif=pictures.exif(gps=gps, **shot))


def _parts(degrees: float) -> tuple[float, float, float]:
    minutes, seconds = divmod(degrees * 3600, 60)
    return (minutes // 60, minutes % 60, seconds)


def sent(city: City, report: Any, body: bytes, by: Person = OFFICER, purpose: str = "proof") -> str:
    path = f"/v1/reports/{report['id']}/photos"
    (upload,) = city.post(path, {"purpose": purpose}, by=by).json["uploads"]
    send(upload, body)
    return str(upload["photo_id"])


def seen(city: City, report: Any, photo_id: str, by: Person | None = OFFICER) -> Any:
    found = city.get(f"/v1/reports/{report['id']}", by=by).json["photos"]
    (photo,) = [one for one in found if one["photo_id"] == photo_id]
    return photo


def checked(city: City, body: bytes) -> Any:
    report = city.report()
    return seen(city, report, sent(city, report, body))["checks"]


def test_a_good_proof_passes_all_checks(city: City) -> None:
    assert checked(city, taken(NEAR, TOMORROW)) == {
        "taken_after_report": True,
        "near_report": True,
        "new_picture": True,
        "used_in": [],
    }


def test_a_proof_from_before_the_report_is_flagged(city: City) -> None:
    assert checked(city, taken(when=YESTERDAY))["taken_after_report"] is False


def test_a_proof_from_elsewhere_is_flagged(city: City) -> None:
    assert checked(city, taken(FAR))["near_report"] is False


def test_a_proof_that_says_nothing_is_neither_good_nor_bad(city: City) -> None:
    checks = checked(city, taken())
    assert (checks["taken_after_report"], checks["near_report"]) == (None, None)


def test_flags_do_not_hinder_the_closing(city: City) -> None:
    report = city.report()
    proof = sent(city, report, taken(FAR, YESTERDAY))
    closing = {"status": "resolved", "reason": "fixed", "proof_photo_ids": [proof]}
    assert city.post(f"/v1/reports/{report['id']}/status", closing, by=OFFICER).status == 200


def recoded(body: bytes) -> bytes:
    """As a messenger hands a picture on: smaller, brighter, coarser, without metadata."""
    image = pictures.opened(body)
    image = image.resize((image.width // 2, image.height // 2))
    out = io.BytesIO()
    ImageEnhance.Brightness(image).enhance(1.1).save(out, "JPEG", quality=50)
    return out.getvalue()


def test_the_reporters_own_photo_is_no_proof(city: City) -> None:
    report = city.report()
    evidence = sent(city, report, taken(seed=3), by=CITIZEN, purpose="evidence")
    checks = seen(city, report, sent(city, report, recoded(taken(seed=3))))["checks"]
    assert checks["new_picture"] is False
    assert checks["used_in"] == [{"report_id": report["id"], "photo_id": evidence}]


def test_a_proof_of_another_report_of_the_agency_is_recognised(city: City) -> None:
    first, second, other = city.report(), city.report(), city.report()
    proof = sent(city, first, taken(seed=4))
    checks = seen(city, second, sent(city, second, recoded(taken(seed=4))))["checks"]
    assert checks["used_in"] == [{"report_id": first["id"], "photo_id": proof}]
    assert seen(city, other, sent(city, other, taken(seed=5)))["checks"]["new_picture"]


def test_a_proof_of_another_agency_is_not_compared(city: City) -> None:
    ours, theirs = city.report(KENANGA), city.report(MELATI)
    sent(city, ours, taken(seed=6))
    ward = officer(WARD)
    proof = sent(city, theirs, taken(seed=6), by=ward)
    assert seen(city, theirs, proof, by=ward)["checks"]["new_picture"]


def test_a_picture_without_contrast_resembles_nothing(city: City) -> None:
    first, second = city.report(), city.report()
    grey = encoded(Image.new("RGB", (64, 64), "grey"), "JPEG")
    sent(city, first, grey)
    assert seen(city, second, sent(city, second, grey))["checks"]["new_picture"]


@pytest.mark.parametrize("by", [OFFICER, MODERATOR])
def test_who_works_on_a_report_sees_time_and_distance_but_no_coordinates(
    city: City, by: Person
) -> None:
    report = city.report()
    photo = seen(city, report, sent(city, report, taken(NEAR, YESTERDAY), CITIZEN, "evidence"), by)
    assert photo["evidence"]["taken_at"] == f"{YESTERDAY:%Y-%m-%dT%H:%M:%S}.000Z"
    expected = distance_m(NEAR, KENANGA)
    assert photo["evidence"]["distance_m"] == pytest.approx(expected, abs=0.2)
    assert "suggested_location" not in photo
    assert "checks" not in photo


def test_a_time_without_a_zone_is_read_by_the_citys_clock(city: City) -> None:
    body = encoded(scene(), "JPEG", exif=pictures.exif(t9003="2026:03:04 08:00:00"))
    report = city.report()
    photo = seen(city, report, sent(city, report, body))
    assert photo["evidence"]["taken_at"] == "2026-03-04T01:00:00.000Z"


def test_the_reporter_is_offered_the_point_of_the_photo(city: City) -> None:
    report = city.report()
    photo_id = sent(city, report, taken(FAR), CITIZEN, "evidence")
    photo = seen(city, report, photo_id, CITIZEN)
    place = photo["suggested_location"]
    assert distance_m(Point(place["lat"], place["lon"]), FAR) < 1
    assert "evidence" not in photo


def test_the_reporter_does_not_learn_where_an_officer_was(city: City) -> None:
    report = city.report()
    for purpose in ("proof", "evidence"):
        photo_id = sent(city, report, taken(FAR), OFFICER, purpose)
        assert "suggested_location" not in seen(city, report, photo_id, CITIZEN)


@pytest.mark.parametrize("by", [None, STRANGER, officer(WARD), officer(COORDINATOR)])
def test_nobody_else_learns_anything(city: City, by: Person | None) -> None:
    report = city.report()
    for purpose, sender in (("evidence", CITIZEN), ("proof", OFFICER)):
        photo_id = sent(city, report, taken(FAR, YESTERDAY), sender, purpose)
        photo = seen(city, report, photo_id, by)
        assert not {"evidence", "checks", "suggested_location"} & set(photo)
        assert not {"lat", "lon", "taken_at", "dhash"} & set(_names(photo))


def _names(value: Any) -> Iterator[str]:
    for name, one in value.items() if isinstance(value, dict) else ():
        yield name
        yield from _names(one)


def test_private_facts_are_kept_for_ninety_days(city: City) -> None:
    report = city.report()
    sent(city, report, taken(NEAR, YESTERDAY), CITIZEN, "evidence")
    (row,) = evidence_of(report["id"], now())
    assert abs(row.expires - (now() + EVIDENCE_KEPT).timestamp()) < 60
    assert evidence_of(report["id"], now() + EVIDENCE_KEPT + timedelta(minutes=1)) == []
    assert timedelta(days=90) == EVIDENCE_KEPT
