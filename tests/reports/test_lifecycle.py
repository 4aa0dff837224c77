"""The life cycle is one table: what it allows, what the public sees, and what the docs print."""

from pathlib import Path
from typing import get_args

import pytest

from chalicelib.reports import lifecycle
from chalicelib.reports.lifecycle import Actor

WORK = {"acknowledged", "in_progress", "referred", "rejected", "duplicate", "resolved"}

# What an agency may do with a report in each status; moderators act in the name of any agency.
OF_AGENCY = {
    "submitted": WORK,
    "acknowledged": WORK - {"acknowledged"},
    "in_progress": WORK - {"in_progress"},
    "referred": WORK,
    "resolved": set(),
    "confirmed": set(),
    "reopened": WORK,
    "rejected": set(),
    "duplicate": set(),
    "withdrawn": set(),
}
OF_REPORTER = {
    "submitted": {"withdrawn"},
    "resolved": {"confirmed", "reopened"},
    "confirmed": {"reopened"},
}
OF_MODERATOR = {
    **OF_AGENCY,
    "resolved": {"reopened"},
    "confirmed": {"reopened"},
    "rejected": {"reopened"},
}
OF_NOBODY = {"resolved": {"confirmed"}}
COLOURS = {
    "submitted": "red",
    "acknowledged": "yellow",
    "in_progress": "yellow",
    "referred": "yellow",
    "resolved": "green",
    "confirmed": "green",
    "reopened": "red",
    "rejected": "grey",
    "duplicate": "grey",
    "withdrawn": "grey",
}
OPEN = {"submitted", "acknowledged", "in_progress", "referred", "reopened"}


def test_there_are_these_statuses_and_no_others() -> None:
    assert set(lifecycle.STATUSES) == set(COLOURS)


@pytest.mark.parametrize(
    ("actor", "steps"),
    [
        ("agency", OF_AGENCY),
        ("reporter", OF_REPORTER),
        ("moderator", OF_MODERATOR),
        ("nobody", OF_NOBODY),
    ],
)
def test_each_actor_may_take_exactly_these_steps(actor: Actor, steps: dict[str, set[str]]) -> None:
    legal = {status: set(lifecycle.legal_next(status, actor)) for status in COLOURS}
    assert legal == {status: steps.get(status, set()) for status in COLOURS}


def test_every_status_can_be_reached_from_a_new_report() -> None:
    reached, news = {"submitted"}, {"submitted"}
    while news:
        news = {
            name
            for status in news
            for actor in get_args(Actor)
            for name in lifecycle.legal_next(status, actor)
        } - reached
        reached |= news
    assert reached == set(COLOURS)


def test_no_step_leads_back_to_submitted() -> None:
    assert all("submitted" not in status.next for status in lifecycle.STATUSES.values())


def test_every_step_of_the_table_can_be_taken_by_somebody() -> None:
    for name, status in lifecycle.STATUSES.items():
        legal = {one for actor in get_args(Actor) for one in lifecycle.legal_next(name, actor)}
        assert legal == set(status.next)


def test_the_public_sees_each_status_in_its_colour() -> None:
    assert {name: lifecycle.colour(name) for name in COLOURS} == COLOURS


def test_work_is_expected_in_the_open_statuses_only() -> None:
    assert {name for name in COLOURS if lifecycle.is_open(name)} == OPEN


def test_a_red_report_is_one_that_nobody_has_acted_on_or_that_was_disputed() -> None:
    red = {name for name, status in lifecycle.STATUSES.items() if status.colour == "red"}
    assert red == {"submitted", "reopened"}


def test_whatever_an_agency_can_do_counts_as_followed_up() -> None:
    assert set(lifecycle.AGENCY_ACTIONS) == set().union(*OF_AGENCY.values())


def test_only_closing_by_an_agency_takes_a_reason_and_only_resolving_can_claim_a_fix() -> None:
    assert set(lifecycle.REASONS) == {"resolved", "rejected"}
    assert "fixed" in lifecycle.REASONS["resolved"]
    assert "fixed" not in lifecycle.REASONS["rejected"]


def test_the_docs_hold_the_very_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "lifecycle.md"
    assert lifecycle.as_markdown() in page.read_text()
