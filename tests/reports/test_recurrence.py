"""A problem that comes back soon after its fix was confirmed is linked to that report."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clock import now, text
from chalicelib.places.point import Point
from chalicelib.reports import settling
from chalicelib.reports.models import find
from tests.city import CITIZEN, KENANGA, RUBBISH, City, told
from tests.reports.steps import confirm, fixed, moved

# A degree of latitude is 111.2 km.
NEAR = Point(KENANGA.lat + 0.00085, KENANGA.lon)
FAR = Point(KENANGA.lat + 0.00095, KENANGA.lon)


def confirmed(city: City, days_ago: float = 0, **facts: Any) -> Any:
    report = confirm(city, fixed(city, city.report(**facts)), True).json
    row = find(report["id"])
    row.confirmed_at = text(now() - timedelta(days=days_ago))
    row.save()
    return report


def test_a_new_report_beside_a_confirmed_one_is_its_recurrence(city: City) -> None:
    earlier = confirmed(city)
    report = city.report(NEAR)
    assert report["recurrence_of"] == earlier["id"]
    assert city.get(f"/v1/reports/{report['id']}").json["recurrence_of"] == earlier["id"]
    assert told(report["id"])[0]["data"]["recurrence_of"] == earlier["id"]


@pytest.mark.parametrize(("days", "recurs"), [(89, True), (91, False)])
def test_it_recurs_within_ninety_days(city: City, days: int, recurs: bool) -> None:
    earlier = confirmed(city, days)
    assert city.report()["recurrence_of"] == (earlier["id"] if recurs else None)


def test_what_is_farther_than_the_radius_of_the_category_is_new(city: City) -> None:
    confirmed(city)
    assert city.report(FAR)["recurrence_of"] is None


def test_another_kind_of_problem_is_new(city: City) -> None:
    confirmed(city)
    report = city.report(category=RUBBISH, answers={"sejak": 1})
    assert report["recurrence_of"] is None


def test_what_is_not_confirmed_does_not_recur(city: City) -> None:
    city.report()
    fixed(city, city.report())
    moved(city, city.report(), "rejected")
    confirm(city, confirmed(city), False)
    assert city.report()["recurrence_of"] is None


def test_what_nobody_answered_recurs_too(city: City) -> None:
    earlier = fixed(city, city.report())
    settling.sweep(now() + timedelta(days=8))
    assert find(earlier["id"]).confirmed_by == "nobody"
    assert city.report()["recurrence_of"] == earlier["id"]


def test_of_several_it_is_the_one_confirmed_last(city: City) -> None:
    confirmed(city, 3)
    latest = confirmed(city, 1)
    confirmed(city, 2)
    assert city.report()["recurrence_of"] == latest["id"]


def test_a_corrected_place_is_looked_at_again(city: City) -> None:
    earlier = confirmed(city)
    report = city.report(FAR)
    body = {"location": {"lat": NEAR.lat, "lon": NEAR.lon}}
    answer = city.call("PATCH", f"/v1/reports/{report['id']}", body, by=CITIZEN)
    assert answer.json["recurrence_of"] == earlier["id"]


def test_a_report_that_nobody_may_see_is_not_pointed_at(city: City) -> None:
    confirmed(city, private=True)
    assert city.report()["recurrence_of"] is None
