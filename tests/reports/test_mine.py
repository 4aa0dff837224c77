"""A person's own reports: all of them and no others, the newest first, page by page."""

import pytest

from tests.city import CITIZEN, City, Person, new_report

ANI, BUDI = Person("citizen", "ani"), Person("citizen", "budi")
MINE = "/v1/me/reports"


def sent(city: City, count: int, by: Person = ANI) -> list[str]:
    """The ids of new reports, the newest first."""
    return [city.report(by=by)["id"] for _ in range(count)][::-1]


def test_everybody_sees_their_own_the_newest_first(city: City) -> None:
    ani, budi = sent(city, 2, ANI), sent(city, 1, BUDI)
    for by, wanted in ((ANI, ani), (BUDI, budi), (CITIZEN, [])):
        page = city.get(MINE, by=by).json
        assert [item["id"] for item in page["items"]] == wanted
        assert page["next"] is None


def test_an_item_is_that_of_any_list(city: City) -> None:
    report = city.report(by=ANI)
    (item,) = city.get(MINE, by=ANI).json["items"]
    same = ("id", "number", "category", "title", "status", "colour", "location", "created_at")
    assert {name: item[name] for name in same} == {name: report[name] for name in same}


def test_private_reports_are_among_them(city: City) -> None:
    report = city.report(by=ANI, private=True)
    assert [item["id"] for item in city.get(MINE, by=ANI).json["items"]] == [report["id"]]


def test_what_was_sent_anonymously_is_in_nobodys_list(city: City) -> None:
    city.report(by=ANI, anonymous=True)
    assert city.get(MINE, by=ANI).json["items"] == []


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_the_pages_hold_each_once_and_end(city: City, limit: int) -> None:
    wanted, seen, cursor = sent(city, 4), [], ""
    while True:
        page = city.get(f"{MINE}?limit={limit}{cursor}", by=ANI).json
        assert 0 < len(page["items"]) <= limit
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == wanted


def test_a_report_sent_between_two_pages_moves_nothing(city: City) -> None:
    wanted = sent(city, 3)
    first = city.get(f"{MINE}?limit=2", by=ANI).json
    city.report(by=ANI)
    second = city.get(f"{MINE}?limit=2&cursor={first['next']}", by=ANI).json
    assert [item["id"] for item in first["items"] + second["items"]] == wanted


def test_a_cursor_is_good_for_its_owner_only(city: City) -> None:
    sent(city, 2)
    cursor = city.get(f"{MINE}?limit=1", by=ANI).json["next"]
    answer = city.get(f"{MINE}?limit=1&cursor={cursor}", by=BUDI)
    assert (answer.status, answer.json["code"]) == (400, "InvalidInput")


def test_nobody_known_has_no_list(city: City) -> None:
    code = city.post("/v1/reports", new_report()).json["tracking_code"]
    for headers in ({}, {"x-tracking-code": code}):
        answer = city.get(MINE, headers=headers)
        assert (answer.status, answer.json["code"]) == (401, "NotIdentified")
