"""Demo reports lie where they say, answer what is asked, and live by the life-cycle table."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from infra.demo.pictures import SCENES
from infra.demo.seed import load
from infra.demo.story import outcome

WARDS = [f for f in load("city")["features"] if f["properties"]["level"] == 3]
CATEGORIES, AGENCIES, REPORTS = load("categories"), load("agencies"), load("reports")

# status -> what it may become by the life-cycle table; steps of moderators are left out.
OPEN = {"acknowledged", "in_progress", "referred", "rejected", "duplicate", "resolved"}
MAY_BECOME = {
    "submitted": OPEN,
    "acknowledged": OPEN - {"acknowledged"},
    "in_progress": OPEN - {"in_progress"},
    "referred": OPEN,
    "resolved": {"confirmed", "reopened"},
    "confirmed": {"reopened"},
    "reopened": OPEN,
    "rejected": set(),
    "duplicate": set(),
}
COLOURS = {
    "red": {"submitted", "reopened"},
    "yellow": {"acknowledged", "in_progress", "referred"},
    "green": {"resolved", "confirmed"},
    "grey": {"rejected", "duplicate"},
}
REASONS = {
    "fixed",
    "not_reproducible",
    "not_a_public_matter",
    "no_permission",
    "planned",
    "private_property",
    "insufficient_information",
    "spam",
}


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report["address"])
def test_each_report_lies_in_its_ward_and_answers_its_category(
    report: dict[str, Any],
) -> None:
    assert [ward["id"] for ward in WARDS if lies_in(ward, report)] == [report["ward"]]
    assert 1 <= len(report["description"]) <= 4000
    assert report["photo"] is None or report["category"] in SCENES
    questions = {q["id"]: q for q in CATEGORIES[report["category"]]["questions"]}
    answers = report.get("answers", {})
    assert set(answers) <= set(questions)
    assert all(q["id"] in answers for q in questions.values() if q["required"])
    assert all(fits(questions[name], answer) for name, answer in answers.items())


@pytest.mark.parametrize("n", range(len(REPORTS)), ids=lambda n: REPORTS[n]["address"])
def test_each_story_is_legal(n: int) -> None:
    status = "submitted"
    for step in REPORTS[n]["story"]:
        assert outcome(step) in MAY_BECOME[status]
        assert_complete(step, n)
        status = outcome(step)


def test_nobody_reports_an_emergency_here() -> None:
    assert all(CATEGORIES[report["category"]]["emergency"] is None for report in REPORTS)


def test_the_first_look_shows_every_colour_several_times() -> None:
    shown = Counter(final_status(report) for report in REPORTS)
    assert set(shown) >= {"submitted", "referred", "resolved", "confirmed", "reopened", "rejected"}
    for statuses in COLOURS.values():
        assert sum(shown[status] for status in statuses) >= 5


def test_reports_are_listed_oldest_first_so_that_originals_come_before_duplicates() -> None:
    hours = [report["hours_ago"] for report in REPORTS]
    assert hours == sorted(hours, reverse=True)


def assert_complete(step: dict[str, Any], n: int) -> None:
    """A step brings what the contract asks of it."""
    status, category = outcome(step), CATEGORIES[REPORTS[n]["category"]]
    if status in {"resolved", "rejected"}:
        assert step["reason"] in REASONS
    if status == "resolved" and step["reason"] == "fixed" and category["proof_required"]:
        assert "proof" in step
    if status == "referred":
        assert step["refer_to"] in AGENCIES
    if status == "duplicate":
        assert step["duplicate_of"] < n
        assert_likely_duplicates(REPORTS[n], REPORTS[step["duplicate_of"]])
    if status == "confirmed":
        assert 1 <= step["rating"] <= 5


def assert_likely_duplicates(report: dict[str, Any], original: dict[str, Any]) -> None:
    assert CATEGORIES[report["category"]]["group"] == CATEGORIES[original["category"]]["group"]
    radius = CATEGORIES[original["category"]]["duplicate_radius_m"]
    degrees = radius / 111_000
    assert abs(report["location"]["lat"] - original["location"]["lat"]) < degrees
    assert abs(report["location"]["lon"] - original["location"]["lon"]) < degrees
    assert final_status(original) in COLOURS["red"] | COLOURS["yellow"]


def final_status(report: dict[str, Any]) -> str:
    return outcome(report["story"][-1]) if report["story"] else "submitted"


def fits(question: dict[str, Any], answer: Any) -> bool:
    if question["type"] == "choice":
        return answer in {choice["id"] for choice in question["choices"]}
    return isinstance(answer, int if question["type"] == "number" else str)


def lies_in(ward: dict[str, Any], report: dict[str, Any]) -> bool:
    """Even-odd rule over all rings: holes and islands come out right by themselves."""
    lon, lat = report["location"]["lon"], report["location"]["lat"]
    geometry = ward["geometry"]
    whole = geometry["coordinates"]
    rings = [r for p in (whole if geometry["type"] == "MultiPolygon" else [whole]) for r in p]
    lines = (pair for ring in rings for pair in pairwise(ring))
    spanning = [(a, b) for a, b in lines if (a[1] > lat) != (b[1] > lat)]
    east = [1 for a, b in spanning if lon < a[0] + (lat - a[1]) * (b[0] - a[0]) / (b[1] - a[1])]
    return len(east) % 2 == 1
