"""Holidays and working hours: set by administrators, followed by clocks in working time."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.agencies import directory
from chalicelib.clock import moment, text
from chalicelib.working_time import between
from tests.city import ADMIN, CITIZEN, RUBBISH, City

HOLIDAYS, HOURS = "/v1/admin/holidays", "/v1/admin/working-hours"
NOON = {"monday": ["08:00-12:00", "13:00-16:30"], "saturday": ["08:00-24:00"]}


def put(city: City, path: str, body: Any) -> Any:
    answer = city.call("PUT", path, body, by=ADMIN)
    assert answer.status == 200, answer.body
    return answer.json


def test_holidays_are_put_shown_and_taken_away(city: City) -> None:
    days = ["2026-12-25", "2026-08-17", "2026-12-25"]
    assert put(city, HOLIDAYS, {"dates": days}) == {"dates": ["2026-08-17", "2026-12-25"]}
    assert city.get(HOLIDAYS, by=ADMIN).json == {"dates": ["2026-08-17", "2026-12-25"]}
    assert city.call("DELETE", HOLIDAYS, by=ADMIN).status == 204
    assert city.get(HOLIDAYS, by=ADMIN).json == {"dates": []}


def test_working_hours_are_put_shown_and_taken_away(city: City) -> None:
    usual = city.get(HOURS, by=ADMIN).json
    assert (usual["friday"], usual["saturday"]) == (["08:00-16:00"], [])
    assert put(city, HOURS, NOON)["tuesday"] == []
    assert city.get(HOURS, by=ADMIN).json["saturday"] == ["08:00-24:00"]
    # The two rows are of one kind, and neither takes the other away.
    put(city, HOLIDAYS, {"dates": ["2026-08-17"]})
    assert city.get(HOURS, by=ADMIN).json["saturday"] == ["08:00-24:00"]
    assert city.call("DELETE", HOURS, by=ADMIN).status == 204
    assert city.get(HOURS, by=ADMIN).json == usual


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (HOLIDAYS, {"dates": ["2026-02-30"]}, "dates[0]"),
        (HOLIDAYS, {"dates": ["25.12.2026"]}, "dates[0]"),
        (HOLIDAYS, {}, "dates"),
        (HOURS, {}, ""),
        (HOURS, {"monday": ["08:00-25:00"]}, "monday[0]"),
        (HOURS, {"monday": ["16:00-08:00"]}, ""),
        (HOURS, {"monday": ["08:00-12:00", "11:00-13:00"]}, ""),
        (HOURS, {"someday": []}, "someday"),
    ],
)
def test_impossible_days_and_hours_are_refused(
    city: City, path: str, body: Any, field: str
) -> None:
    answer = city.call("PUT", path, body, by=ADMIN)
    assert answer.status == 400, answer.body
    assert field in {fault["field"] for fault in answer.json["errors"]}
    assert directory.current().time == {}


def test_only_administrators_set_the_time(city: City) -> None:
    for path in (HOLIDAYS, HOURS):
        assert city.call("PUT", path, {"dates": []}, by=CITIZEN).status == 403


def test_a_clock_in_working_time_skips_nights_weekends_and_holidays(city: City) -> None:
    book = directory.current()
    category = {"name": {"id": "Sampah", "en": "Rubbish"}, "group": "kebersihan"}
    level = {"first_response_hours": 4, "resolve_hours": 80, "working_time": True}
    city.call("PUT", f"/v1/admin/categories/{RUBBISH}", {**category, **level}, by=ADMIN)
    usual = city.report(category=RUBBISH)
    created, due = moment(usual["created_at"]), moment(usual["due"]["resolve"])
    assert between(created, due, book.calendar(True)) == timedelta(hours=80)
    # Ten working days are two weeks at least.
    assert due - created > timedelta(days=11)
    days = [text(created + timedelta(days=day))[:10] for day in range(40)]
    put(city, HOLIDAYS, {"dates": days})
    later = city.report(category=RUBBISH)
    assert moment(later["due"]["first_response"]) - created > timedelta(days=39)
    # What was promised stays promised.
    assert city.get(f"/v1/reports/{usual['id']}").json["due"] == usual["due"]
