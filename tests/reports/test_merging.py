"""Duplicates: one report becomes another's, with its people, and can be taken apart again."""

from typing import Any

import pytest

from chalicelib.clock import new_id, now
from chalicelib.reports.models import find
from tests.city import (
    CITIZEN,
    MELATI,
    MODERATOR,
    ROADS,
    RUBBISH,
    WARD,
    Answer,
    City,
    Person,
    officer,
    told,
)
from tests.reports.steps import ROADMAN, confirm, faults, fixed, move, moved
from tests.reports.storage import meanwhile, race, refusing_transactions, stored


def merge(
    city: City, report: Any, original: Any, by: Person | None = ROADMAN, **facts: Any
) -> Answer:
    body = {"duplicate_of": original["id"], **facts}
    return city.post(f"/v1/reports/{report['id']}/merge", body, by=by)


def unmerge(city: City, report: Any, by: Person | None = ROADMAN, **facts: Any) -> Answer:
    return city.post(f"/v1/reports/{report['id']}/unmerge", facts, by=by)


def merged(city: City, report: Any, original: Any) -> Any:
    answer = merge(city, report, original)
    assert answer.status == 200, answer.body
    return answer.json


def last_update(city: City, report: Any) -> Any:
    return city.get(f"/v1/reports/{report['id']}/updates").json["items"][-1]


@pytest.mark.parametrize("by", [ROADMAN, MODERATOR], ids=["agency", "moderator"])
def test_a_report_becomes_a_duplicate_of_another(city: City, by: Person) -> None:
    original, copy = city.report(), city.report()
    report = merge(city, copy, original, by, note="Sama.").json
    assert (report["status"], report["colour"]) == ("duplicate", "grey")
    assert (report["duplicate_of"], report["version"]) == (original["id"], 2)
    assert report["first_response_at"] is not None
    last = last_update(city, copy)
    assert (last["status"], last["about"], last["note"]) == ("duplicate", original["id"], "Sama.")


def test_the_original_tells_which_reports_were_merged_into_it(city: City) -> None:
    original, first, second = city.report(), city.report(), city.report()
    merged(city, first, original)
    merged(city, second, original)
    assert find(original["id"]).version == 3
    assert last_update(city, original)["about"] == second["id"]
    data = told(original["id"])[-1]
    assert data["type"] == "report.merged"
    assert data["data"]["duplicate_ids"] == [first["id"], second["id"]]
    assert (data["data"]["duplicate_id"], data["data"]["status"]) == (second["id"], "submitted")
    assert "previous_status" not in data["data"]


def test_the_duplicate_tells_of_its_original(city: City) -> None:
    original, copy = city.report(), moved(city, city.report(), "in_progress")
    merged(city, copy, original)
    event = told(copy["id"])[-1]
    assert event["type"] == "report.merged"
    assert event["data"]["duplicate_of"] == original["id"]
    assert (event["data"]["previous_status"], event["data"]["status"]) == (
        "in_progress",
        "duplicate",
    )


def test_one_closing_of_the_original_names_all_its_duplicates(city: City) -> None:
    original, first, second = city.report(), city.report(), city.report()
    merged(city, first, original)
    merged(city, second, original)
    fixed(city, original)
    confirm(city, original, True)
    closing, confirming = told(original["id"])[-2:]
    for event in (closing, confirming):
        assert event["data"]["duplicate_ids"] == [first["id"], second["id"]]


@pytest.mark.parametrize("status", ["submitted", "acknowledged", "in_progress", "referred"])
def test_un_merging_gives_the_status_back(city: City, status: str) -> None:
    original, copy = city.report(), city.report()
    by = ROADMAN
    if status != "submitted":
        moved(city, copy, status)
        by = officer(WARD) if status == "referred" else ROADMAN
    assert merge(city, copy, original, by).status == 200
    report = unmerge(city, copy, by, note="Ternyata lain.").json
    assert (report["status"], report["duplicate_of"]) == (status, None)
    assert find(original["id"]).duplicate_ids is None
    for one, about in ((copy, original), (original, copy)):
        assert told(one["id"])[-1]["type"] == "report.unmerged"
        assert last_update(city, one)["about"] == about["id"]
    assert told(copy["id"])[-1]["data"]["previous_status"] == "duplicate"
    near = f"/v1/reports?near={MELATI.lat},{MELATI.lon}&radius=50000&status={status}"
    assert copy["id"] in [item["id"] for item in city.get(near).json["items"]]


def test_only_a_duplicate_is_un_merged(city: City) -> None:
    answer = unmerge(city, city.report())
    assert (answer.status, answer.json["code"]) == (409, "IllegalTransition")


def test_a_foreign_officer_or_a_citizen_may_neither_merge_nor_un_merge(city: City) -> None:
    original, copy = city.report(), city.report()
    for by in (officer(WARD), CITIZEN):
        assert merge(city, copy, original, by).json["code"] == "NotAllowed"
    merged(city, copy, original)
    for by in (officer(WARD), CITIZEN):
        assert unmerge(city, copy, by).json["code"] == "NotAllowed"


def test_there_are_no_chains_of_duplicates(city: City) -> None:
    original, copy, third = city.report(), city.report(), city.report()
    merged(city, copy, original)
    assert faults(merge(city, third, copy)) == {"duplicate_of"}
    assert faults(merge(city, original, third)) == {"duplicate_of"}
    assert unmerge(city, copy).status == 200
    assert merge(city, original, third).status == 200


def test_a_report_is_no_duplicate_of_itself_or_of_nothing(city: City) -> None:
    report = city.report()
    for wrong in (report["id"], new_id(now()), "kucing"):
        assert faults(merge(city, report, {"id": wrong})) == {"duplicate_of"}


def test_a_duplicate_goes_nowhere_until_it_is_un_merged(city: City) -> None:
    original, copy = city.report(), city.report()
    merged(city, copy, original)
    for status in ("acknowledged", "resolved", "rejected"):
        assert move(city, copy, status).json["code"] == "IllegalTransition"
    assert merge(city, copy, original).json["code"] == "IllegalTransition"


def test_a_public_report_is_no_duplicate_of_a_private_one(city: City) -> None:
    private, public = city.report(private=True), city.report()
    assert faults(merge(city, public, private)) == {"duplicate_of"}
    assert merged(city, private, public)["status"] == "duplicate"
    assert last_update(city, public)["about"] is None


def test_a_private_report_of_another_agency_is_not_even_known(city: City) -> None:
    foreign = city.report(MELATI, private=True)
    own = city.report(private=True)
    (fault,) = merge(city, own, foreign).json["errors"]
    (unknown,) = merge(city, own, {"id": new_id(now())}).json["errors"]
    assert fault == unknown


def test_whoever_closed_a_report_in_vain_does_not_close_it_as_a_duplicate(city: City) -> None:
    original, report = city.report(), fixed(city, city.report())
    confirm(city, report, False)
    assert faults(merge(city, report, original)) == {"status"}
    assert merge(city, report, original, officer(ROADS, "petugas-lain")).status == 200


def test_a_merge_by_status_takes_the_original_and_nothing_else(city: City) -> None:
    original, report = city.report(), city.report()
    facts: dict[str, Any] = {"reason": "spam", "refer_to": WARD, "proof_photo_ids": ["x"]}
    answer = move(city, report, "duplicate", duplicate_of=original["id"], **facts)
    assert faults(answer) == {"reason", "refer_to", "proof_photo_ids"}


def test_both_reports_change_or_none(city: City) -> None:
    original, copy = city.report(), city.report()
    before = stored()
    with refusing_transactions():
        assert merge(city, copy, original).json["code"] == "ReportChanged"
    assert stored() == before


def test_of_two_reports_merged_into_each_other_at_once_one_is_the_original(city: City) -> None:
    first, second = city.report(), city.report()
    answers = race(lambda: merge(city, first, second), lambda: merge(city, second, first))
    assert sorted(answer.status for answer in answers) == [200, 422]
    statuses = sorted(find(one["id"]).status for one in (first, second))
    assert statuses == ["duplicate", "submitted"]


def test_two_reports_are_merged_into_one_at_the_same_time(city: City) -> None:
    original, first, second = city.report(), city.report(), city.report()
    answers = race(*[lambda one=one: merge(city, one, original) for one in (first, second)])
    assert [answer.status for answer in answers] == [200, 200]
    assert sorted(find(original["id"]).duplicate_ids) == sorted([first["id"], second["id"]])
    assert [event["data"]["version"] for event in told(original["id"])] == [1, 2, 3]


def test_an_original_that_is_closed_meanwhile_still_takes_its_duplicate(city: City) -> None:
    original = city.report(category=RUBBISH, answers={"sejak": 1})
    copy = city.report()
    with meanwhile(lambda: moved(city, original, "rejected", MODERATOR)):
        assert merge(city, copy, original).status == 200
    assert find(original["id"]).status == "rejected"
