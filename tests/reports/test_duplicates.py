"""Before sending, a citizen can ask whether somebody has told of the same problem."""

import pytest

from chalicelib.places.point import Point
from tests.city import ADMIN, DIRECTORY, KENANGA, ROAD, ROADS, RUBBISH, City, officer

PAVEMENT = "trotoar"


def beside(metres: float) -> Point:
    """A point so far north of KENANGA; a degree of latitude is 111,195 m on the sphere."""
    return Point(KENANGA.lat + metres / 111_195, KENANGA.lon)


def asked(city: City, category: str = ROAD, near: Point = KENANGA) -> list[str]:
    answer = city.get(f"/v1/reports/duplicates?near={near.lat},{near.lon}&category={category}")
    assert answer.status == 200, answer.body
    assert answer.json["next"] is None
    return [one["id"] for one in answer.json["items"]]


def define(city: City, id: str, **facts: object) -> None:
    category = {**DIRECTORY["category"][ROAD], **facts}
    assert city.call("PUT", f"/v1/admin/categories/{id}", category, by=ADMIN).status in (200, 201)


def test_the_nearest_come_first_with_their_distance(city: City) -> None:
    sent = {metres: city.report(beside(metres))["id"] for metres in (60, 5, 99, 101)}
    place = f"near={KENANGA.lat},{KENANGA.lon}"
    items = city.get(f"/v1/reports/duplicates?{place}&category={ROAD}").json["items"]
    assert [one["id"] for one in items] == [sent[metres] for metres in (5, 60, 99)]
    for one, metres in zip(items, (5, 60, 99), strict=True):
        assert one["distance_m"] == pytest.approx(metres, abs=0.2)


def test_a_category_looks_as_far_as_its_own_radius(city: City) -> None:
    define(city, PAVEMENT, duplicate_radius_m=30)
    near, far = city.report(beside(29))["id"], city.report(beside(31))["id"]
    assert asked(city, PAVEMENT) == [near]
    assert asked(city, ROAD) == [near, far]


def test_other_categories_of_the_group_count_and_other_groups_do_not(city: City) -> None:
    define(city, PAVEMENT)
    pavement = city.report(category=PAVEMENT)["id"]
    city.report(category=RUBBISH, answers={"sejak": 2})
    assert asked(city, ROAD) == [pavement]


def test_a_closed_report_is_no_duplicate(city: City) -> None:
    id = city.report()["id"]
    rejected = {"status": "rejected", "reason": "private_property"}
    assert city.post(f"/v1/reports/{id}/status", rejected, by=officer(ROADS)).status == 200
    assert asked(city) == []


def test_a_private_report_is_not_told_of(city: City) -> None:
    city.report(private=True)
    assert asked(city) == []


def test_an_unknown_category_is_refused_by_name(city: City) -> None:
    answer = city.get(f"/v1/reports/duplicates?near={KENANGA.lat},{KENANGA.lon}&category=ufo")
    assert answer.status == 422
    assert [fault["field"] for fault in answer.json["errors"]] == ["category"]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", ["category", "near"]),
        ("near=91,0&category=jalan-rusak", ["near"]),
        ("near=nan,0&category=jalan-rusak", ["near"]),
        ("near=-6.2&category=jalan-rusak", ["near"]),
        ("near=-6.2,106.8&category=", ["category"]),
        ("near=-6.2,106.8&category=jalan-rusak&radius=5", ["radius"]),
    ],
)
def test_a_question_without_a_place_is_refused_by_name(
    city: City, query: str, fields: list[str]
) -> None:
    answer = city.get(f"/v1/reports/duplicates?{query}")
    assert answer.status == 400
    assert sorted(fault["field"] for fault in answer.json["errors"]) == fields
