"""What was closed is opened again: by whom, how long after, and who may close it then."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clock import now, text
from chalicelib.reports import settling
from chalicelib.reports.models import find
from tests.city import CITIZEN, MODERATOR, ROADS, City, officer
from tests.reports.steps import ROADMAN, confirm, faults, fixed, move, moved

ANOTHER = officer(ROADS, "petugas-lain")


def confirmed(city: City, days_ago: float) -> Any:
    report = confirm(city, fixed(city, city.report()), True).json
    return aged(report, days_ago)


def aged(report: Any, days: float) -> Any:
    row = find(report["id"])
    row.confirmed_at = text(now() - timedelta(days=days))
    row.save()
    return report


def test_a_confirmed_report_is_disputed_within_thirty_days(city: City) -> None:
    assert confirm(city, confirmed(city, 29.9), False).json["status"] == "reopened"


def test_after_thirty_days_a_dispute_comes_too_late_and_is_told_so(city: City) -> None:
    report = confirmed(city, 30.1)
    answer = confirm(city, report, False)
    assert (answer.status, answer.json["code"]) == (409, "IllegalTransition")
    assert (answer.json["current"], answer.json["legal"]) == ("confirmed", [])
    (fault,) = answer.json["errors"]
    assert "30" in fault["message"]
    assert find(report["id"]).version == report["version"]


def test_the_limit_holds_for_moderators_too(city: City) -> None:
    assert moved(city, confirmed(city, 29), "reopened", MODERATOR)["status"] == "reopened"
    assert move(city, confirmed(city, 31), "reopened", MODERATOR).status == 409


def test_what_nobody_answered_can_be_disputed_for_thirty_days(city: City) -> None:
    report = fixed(city, city.report())
    settling.sweep(now() + timedelta(days=7))
    assert confirm(city, aged(report, 29), False).json["status"] == "reopened"
    row = find(report["id"])
    assert row.confirmed_at is None
    assert row.confirmed_by is None


def test_a_claim_can_be_disputed_as_long_as_it_stands(city: City) -> None:
    report = fixed(city, city.report())
    row = find(report["id"])
    row.updated_at = text(now() - timedelta(days=60))
    row.save()
    assert confirm(city, report, False).json["status"] == "reopened"


def test_a_moderator_reopens_a_rejected_report_however_old(city: City) -> None:
    report = moved(city, city.report(), "rejected")
    row = find(report["id"])
    row.updated_at = text(now() - timedelta(days=400))
    row.save()
    assert moved(city, report, "reopened", MODERATOR)["status"] == "reopened"


@pytest.mark.parametrize("closing", ["resolved", "rejected"])
def test_whose_rejection_was_undone_does_not_close_again(city: City, closing: str) -> None:
    report = moved(city, city.report(), "rejected")
    moved(city, report, "reopened", MODERATOR)
    facts = {"reason": "planned"}
    assert faults(move(city, report, closing, ROADMAN, **facts)) == {"status"}
    assert moved(city, report, closing, ANOTHER, **facts)["status"] == closing


def test_each_of_two_officers_whose_closing_was_undone_may_close_after_the_other(
    city: City,
) -> None:
    report = fixed(city, city.report())
    confirm(city, report, False)
    fixed(city, report, ANOTHER)
    confirm(city, report, False)
    assert faults(move(city, report, "resolved", ANOTHER, reason="planned")) == {"status"}
    assert moved(city, report, "resolved", ROADMAN, reason="planned")["status"] == "resolved"


def test_a_citizen_reopens_no_rejected_report(city: City) -> None:
    report = moved(city, city.report(), "rejected")
    assert confirm(city, report, False).json["code"] == "IllegalTransition"
    assert move(city, report, "reopened", CITIZEN).json["code"] == "NotAllowed"
