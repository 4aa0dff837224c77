"""A support says "me too": one a person, counted exactly, whatever comes at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clock import first_id, moment
from chalicelib.reports import heat
from chalicelib.reports.models import find
from chalicelib.reports.supports import Support
from tests.city import CITIZEN, KENANGA, ROADS, Answer, City, Person, officer
from tests.reports.storage import meanwhile, refusing_transactions

NEIGHBOUR = Person("citizen", "tetangga")


def put(city: City, report: Any, by: Person | None = NEIGHBOUR, **facts: Any) -> Answer:
    return city.call("PUT", f"/v1/reports/{report['id']}/support", by=by, **facts)


def delete(city: City, report: Any, by: Person | None = NEIGHBOUR) -> Answer:
    return city.call("DELETE", f"/v1/reports/{report['id']}/support", by=by)


def shown(city: City, report: Any, by: Person | None = None) -> Any:
    return city.get(f"/v1/reports/{report['id']}", by=by).json


def rows(report: Any) -> int:
    return Support.count(report["id"], Support.item.startswith("support#"), consistent_read=True)


def test_a_support_is_counted_and_shown(city: City) -> None:
    report = city.report()
    answer = put(city, report)
    assert (answer.status, answer.json) == (200, {"supported": True, "support_count": 1})
    assert shown(city, report)["support_count"] == 1
    assert shown(city, report, NEIGHBOUR)["supported"] is True
    assert shown(city, report, Person("citizen", "lain"))["supported"] is False
    assert "supported" not in shown(city, report)


def test_a_person_counts_once_however_often_it_is_sent(city: City) -> None:
    report = city.report()
    for _ in range(3):
        assert put(city, report).json == {"supported": True, "support_count": 1}
    assert put(city, report, Person("citizen", "lain")).json["support_count"] == 2


def test_a_support_can_be_taken_back_once(city: City) -> None:
    report = city.report()
    put(city, report)
    for _ in range(2):
        answer = delete(city, report)
        assert (answer.status, answer.json) == (200, {"supported": False, "support_count": 0})
    assert put(city, report).json == {"supported": True, "support_count": 1}


def test_an_unknown_caller_cannot_support(city: City) -> None:
    report = city.report(by=None)
    for answer in (put(city, report, None), delete(city, report, None)):
        assert (answer.status, answer.json["code"]) == (401, "NotIdentified")
    code = {"x-tracking-code": report["tracking_code"]}
    assert put(city, report, None, headers=code).status == 401


def test_the_reporter_cannot_support_the_own_report(city: City) -> None:
    report = city.report(by=CITIZEN)
    answer = put(city, report, CITIZEN)
    assert (answer.status, answer.json["code"]) == (422, "Unprocessable")
    assert shown(city, report)["support_count"] == 0


@pytest.mark.parametrize("id", ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "x", "%00"])
def test_there_is_nothing_to_support_where_there_is_no_report(city: City, id: str) -> None:
    assert put(city, {"id": id}).json["code"] == "ReportNotFound"
    assert delete(city, {"id": id}).json["code"] == "ReportNotFound"


def test_a_private_report_is_not_there_for_others(city: City) -> None:
    report = city.report(private=True)
    assert put(city, report).json["code"] == "ReportNotFound"
    assert put(city, report, officer(ROADS)).status == 200


def test_a_withdrawn_report_takes_no_support_but_gives_it_back(city: City) -> None:
    report = city.report()
    put(city, report)
    withdrawn = city.post(f"/v1/reports/{report['id']}/withdraw", {}, by=CITIZEN)
    assert withdrawn.status == 200
    answer = put(city, report, Person("citizen", "lain"))
    assert (answer.status, answer.json["code"]) == (422, "Unprocessable")
    assert delete(city, report).json == {"supported": False, "support_count": 0}


def test_a_support_changes_neither_version_nor_timeline(city: City) -> None:
    report = city.report()
    before = find(report["id"])
    put(city, report)
    after = find(report["id"])
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert len(city.get(f"/v1/reports/{report['id']}/updates").json["items"]) == 1


def test_racing_supporters_are_all_counted_once(city: City) -> None:
    report = city.report()
    people = [Person("citizen", f"warga-{n}") for n in range(12)]
    for one in people:
        shown(city, report, one)  # makes the tokens, which takes longer than the race
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda one: put(city, report, one), people * 2))
    assert {answer.status for answer in answers} == {200}
    assert rows(report) == shown(city, report)["support_count"] == 12
    assert find(report["id"]).heat == heat.key(report["id"], 12)


def test_racing_changes_of_mind_leave_the_count_of_the_rows(city: City) -> None:
    report = city.report()
    people = [Person("citizen", f"warga-{n}") for n in range(4)]
    for one in people:
        shown(city, report, one)
    moves = [(move, one) for one in people for move in (put, delete, put, delete, put)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda move: move[0](city, report, move[1]), moves))
    assert {answer.status for answer in answers} == {200}
    count = rows(report)
    assert shown(city, report)["support_count"] == count
    assert find(report["id"]).heat == heat.key(report["id"], count)


def test_a_support_survives_a_change_of_the_report_at_the_same_time(city: City) -> None:
    report = city.report(KENANGA)
    path = f"/v1/reports/{report['id']}/status"
    with meanwhile(lambda: put(city, report)):
        answer = city.post(path, {"status": "acknowledged"}, by=officer(ROADS))
    assert answer.status == 200
    assert shown(city, report)["support_count"] == 1
    assert find(report["id"]).heat == heat.key(report["id"], 1)


def test_a_report_withdrawn_in_the_same_moment_takes_no_support(city: City) -> None:
    report = city.report()
    path = f"/v1/reports/{report['id']}/withdraw"
    with meanwhile(lambda: city.post(path, {}, by=CITIZEN)):
        answer = put(city, report)
    assert answer.status == 422
    assert rows(report) == shown(city, report)["support_count"] == 0


def test_in_a_storm_the_caller_is_asked_to_come_back(city: City) -> None:
    report = city.report()
    with refusing_transactions():
        answer = put(city, report)
    assert (answer.status, answer.json["code"]) == (429, "TooManyRequests")
    assert answer.headers["retry-after"] == "1"
    assert rows(report) == 0


def test_ten_times_the_supports_stand_where_three_days_newer_would() -> None:
    sent = moment("2026-11-24T01:12:09.123Z")
    old, new = first_id(sent), first_id(sent + timedelta(days=3))
    assert heat.key(old, 0) < heat.key(old, 1) < heat.key(old, 2) < heat.key(old, 10**7)
    assert heat.moved(old, 9) == heat.moved(new, 0) == new[:10]
    assert heat.moved(old, 99) == heat.moved(new, 9)
