"""An agency's queue: all of its open reports and nobody else's, what is due next first."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.clock import now, text
from chalicelib.people.identity import Caller
from chalicelib.reports import queue, settling
from chalicelib.reports.queue import QueueQuery
from tests.city import (
    ADMIN,
    COORDINATOR,
    KENANGA,
    MELATI,
    MODERATOR,
    NORTH,
    ROADS,
    RUBBISH,
    WARD,
    City,
    officer,
)
from tests.reports.steps import moved

CLERK = officer(ROADS)
QUEUE = "/v1/agency/reports"


def ids(city: City, words: str = "", by: Any = CLERK) -> list[str]:
    answer = city.get(f"{QUEUE}?{words}", by=by)
    assert answer.status == 200, answer.body
    return [item["id"] for item in answer.json["items"]]


def test_officers_see_their_own_agencys_and_private_ones_too(city: City) -> None:
    public, private = city.report(KENANGA)["id"], city.report(KENANGA, private=True)["id"]
    wards = city.report(MELATI)["id"]
    unrouted = city.report(NORTH, category=RUBBISH, answers={"sejak": 1})["id"]
    assert ids(city) == [public, private]
    # Whatever an officer names: there is only the own queue.
    assert ids(city, f"agency={WARD}") == [public, private]
    assert ids(city, f"agency={WARD}", MODERATOR) == [wards]
    assert ids(city, "agency=balai-kota", ADMIN) == [unrouted]
    assert ids(city, "", ADMIN) == []


def test_what_is_due_next_comes_first_and_what_has_no_clock_last(city: City) -> None:
    answered, waiting = city.report(KENANGA), city.report(KENANGA)
    timeless = city.report(KENANGA, category=RUBBISH, answers={"sejak": 1})
    moved(city, timeless, "referred", officer("balai-kota"), refer_to=ROADS)
    moved(city, answered, "in_progress", CLERK)
    items = city.get(QUEUE, by=CLERK).json["items"]
    assert [item["id"] for item in items] == [waiting["id"], answered["id"], timeless["id"]]
    dues = [waiting["due"]["first_response"], answered["due"]["resolve"], None]
    assert [item["due"] for item in items] == dues
    assert [item["hand_over_count"] for item in items] == [0, 0, 1]


def test_while_the_reporter_is_asked_nothing_is_due(city: City) -> None:
    asked, other = city.report(KENANGA), city.report(KENANGA)
    path = f"/v1/reports/{asked['id']}/questions"
    assert city.post(path, {"text": "Di sebelah mana?"}, by=CLERK).status == 200
    items = city.get(QUEUE, by=CLERK).json["items"]
    assert [item["id"] for item in items] == [other["id"], asked["id"]]
    assert items[1]["due"] is None


def test_filters_of_an_agencys_work(city: City) -> None:
    mine, red = city.report(KENANGA), city.report(NORTH)
    assignee = {"assignee": "ani"}
    city.post(f"{QUEUE.replace('agency/', '')}/{mine['id']}/assignee", assignee, by=CLERK)
    moved(city, mine, "acknowledged", CLERK)
    tomorrow = quote(text(now() + timedelta(days=1)))
    for words, wanted in {
        "assignee=ani": [mine],
        "assignee=none": [red],
        "assignee=budi": [],
        "area=kenanga": [mine],
        "area=uji": [red, mine],
        "status=acknowledged": [mine],
        "colour=red": [red],
        "category=sampah": [],
        f"since={tomorrow}": [],
        f"until={tomorrow}": [red, mine],
        "overdue=true": [],
        "overdue=false": [red, mine],
        "status=resolved": [],
    }.items():
        assert ids(city, words) == [one["id"] for one in wanted], words
    for words, status in (
        ("area=x", 422),
        ("status=x", 400),
        ("radius=5", 400),
        ("overdue=5", 400),
    ):
        assert city.get(f"{QUEUE}?{words}", by=CLERK).status == status


def test_overdue_is_what_was_due_before_now(city: City) -> None:
    report = city.report(KENANGA)
    clerk = Caller("petugas", "officer", ROADS)
    for late, hours, wanted in ((True, 23, []), (True, 25, [report["id"]]), (False, 25, [])):
        page = queue.page(QueueQuery(overdue=late), clerk, now() + timedelta(hours=hours))
        assert [item.id for item in page.items] == wanted
        assert all(item.overdue is late for item in page.items)


def test_what_is_escalated_is_in_the_coordinators_queue_and_says_why(city: City) -> None:
    late, early = city.report(KENANGA), city.report(KENANGA, private=True)
    passed_on = city.report(MELATI)
    for holder, to in ((WARD, ROADS), (ROADS, WARD), (WARD, ROADS)):
        moved(city, passed_on, "referred", officer(holder), refer_to=to)
    moved(city, early, "acknowledged", CLERK)
    chief = officer(COORDINATOR)
    assert ids(city, by=chief) == [passed_on["id"]]
    settling.sweep(now() + timedelta(hours=29))
    items = city.get(QUEUE, by=chief).json["items"]
    told = {item["id"]: (item["agency"], item["escalated"]) for item in items}
    assert [*told.items()] == [
        (late["id"], (ROADS, "overdue")),
        (passed_on["id"], (COORDINATOR, "hand_overs")),
    ]
    # It is still the work of who has it, who sees it too; and a page may end between the two.
    assert ids(city) == [late["id"], early["id"]]
    assert (ids(city, "escalated=true"), ids(city, "escalated=false")) == (
        [late["id"]],
        [early["id"]],
    )
    page = city.get(f"{QUEUE}?limit=1", by=chief).json
    assert ids(city, f"limit=1&cursor={page['next']}", chief) == [passed_on["id"]]
    settling.sweep(now() + timedelta(hours=87))
    assert ids(city, f"agency={COORDINATOR}", ADMIN) == [late["id"], early["id"], passed_on["id"]]
    # Back at work with another it stays escalated; closed, it is nobody's work any more.
    moved(city, passed_on, "referred", chief, refer_to=WARD)
    moved(city, early, "rejected", CLERK, reason="spam")
    assert ids(city, by=chief) == [late["id"], passed_on["id"]]


def test_closed_reports_are_shown_when_asked_for_the_last_closed_first(city: City) -> None:
    first, second, left = (city.report(KENANGA) for _ in range(3))
    for report in (second, first):
        moved(city, report, "rejected", CLERK, reason="spam")
    assert ids(city) == [left["id"]]
    assert ids(city, "colour=grey") == [first["id"], second["id"]]
    assert ids(city, "status=rejected,submitted") == [left["id"], first["id"], second["id"]]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_pages_hold_each_once_while_new_ones_arrive(city: City, limit: int) -> None:
    for number in range(3):
        report = city.report(KENANGA)
        if number == 2:
            moved(city, report, "rejected", CLERK, reason="spam")
    words = "colour=red,grey"
    wanted, seen, cursor = ids(city, words), [], ""
    while True:
        page = city.get(f"{QUEUE}?{words}&limit={limit}{cursor}", by=CLERK).json
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        city.report(MELATI)
        cursor = f"&cursor={page['next']}"
        # Good for this queue only.
        assert city.get(f"{QUEUE}?{words}{cursor}", by=officer(WARD)).status == 400
    assert seen == wanted
    assert len(seen) == 3


def test_a_report_that_was_handed_over_changes_queues_and_leaves_its_desk(city: City) -> None:
    report = city.report(KENANGA)
    path = f"/v1/reports/{report['id']}"
    city.post(f"{path}/assignee", {"assignee": "ani"}, by=CLERK)
    moved(city, report, "referred", CLERK, refer_to=WARD)
    assert ids(city) == []
    assert ids(city, "assignee=none", officer(WARD)) == [report["id"]]
