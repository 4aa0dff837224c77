"""Who follows a report is told of it: one a person, counted exactly, hidden where the report is."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.reports.follows import Follow
from chalicelib.reports.supports import Support
from tests.city import CITIZEN, ROADS, Answer, City, Person, officer

# One after another they change the heat: a hundred at once are for `make soak`.
SUPPORTERS = int(os.environ.get("RACING_SUPPORTERS", "12"))
NEIGHBOUR = Person("citizen", "tetangga")
KINDS: dict[str, Any] = {
    "follow": ("follower_count", Follow),
    "support": ("support_count", Support),
}


def send(city: City, method: str, report: Any, by: Person | None, kind: str = "follow") -> Answer:
    return city.call(method, f"/v1/reports/{report['id']}/{kind}", by=by)


def shown(city: City, report: Any, by: Person | None = None) -> Any:
    return city.get(f"/v1/reports/{report['id']}", by=by).json


def test_a_follower_counts_once_until_the_last_word(city: City) -> None:
    report = city.report()
    for _ in range(2):
        answer = send(city, "PUT", report, NEIGHBOUR)
        assert (answer.status, answer.json) == (200, {"following": True, "follower_count": 1})
    seen = shown(city, report, NEIGHBOUR)
    assert (seen["following"], seen["follower_count"], seen["support_count"]) == (True, 1, 0)
    for _ in range(2):
        answer = send(city, "DELETE", report, NEIGHBOUR)
        assert (answer.status, answer.json) == (200, {"following": False, "follower_count": 0})
    assert shown(city, report, NEIGHBOUR)["following"] is False


def test_the_reporter_follows_without_being_counted(city: City) -> None:
    report = city.report()
    assert send(city, "PUT", report, CITIZEN).json == {"following": True, "follower_count": 0}
    assert shown(city, report, CITIZEN)["following"] is True
    assert send(city, "DELETE", report, CITIZEN).status == 422


def test_nobody_follows_what_is_not_theirs_to_see(city: City) -> None:
    private, open_to_all = city.report(private=True), city.report()
    for method in ("PUT", "DELETE"):
        hidden, missing = (
            send(city, method, {"id": id}, NEIGHBOUR)
            for id in (private["id"], "01ARZ3NDEKTSV4RRFFQ69G5FAV")
        )
        assert hidden.status == missing.status == 404
        assert hidden.json["detail"] == missing.json["detail"]
        assert send(city, method, open_to_all, None).status == 401
    assert send(city, "PUT", private, officer(ROADS)).status == 200


def test_a_withdrawn_report_gains_no_followers(city: City) -> None:
    report = city.report()
    send(city, "PUT", report, NEIGHBOUR)
    assert city.post(f"/v1/reports/{report['id']}/withdraw", {}, by=CITIZEN).status == 200
    assert send(city, "PUT", report, Person("citizen", "lain")).status == 422
    assert send(city, "DELETE", report, NEIGHBOUR).json["follower_count"] == 0


@pytest.mark.parametrize(("kind", "many"), [("follow", 100), ("support", SUPPORTERS)])
def test_many_at_once_are_as_many(city: City, kind: str, many: int) -> None:
    report, (counter, row) = city.report(), KINDS[kind]
    crowd = [Person("citizen", f"warga-{number}") for number in range(many)]
    for one in crowd:
        shown(city, {"id": "x"}, one)  # makes the tokens, which takes longer than the race

    def insist(one: Person) -> int:
        # In a storm an app is asked to come back, and does.
        while (answer := send(city, "PUT", report, one, kind)).status == 429:
            assert answer.headers["retry-after"] == "1"
        return answer.status

    with ThreadPoolExecutor(many) as pool:
        assert set(pool.map(insist, crowd)) == {200}
    rows = row.count(report["id"], row.item.startswith(f"{kind}#"), consistent_read=True)
    assert rows == shown(city, report)[counter] == many
