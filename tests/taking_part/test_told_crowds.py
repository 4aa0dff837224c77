"""However many follow a report, each is told once; not who did it, nor who may not know of it."""

from typing import Any

from chalicelib.clock import now, text
from chalicelib.notifications import telling, waking
from chalicelib.notifications.waking import Pointer
from chalicelib.reports.follows import Follow
from chalicelib.reports.models import find
from tests.city import CITIZEN, KENANGA, ROADS, City, Person, officer
from tests.events.stream import records
from tests.reports.steps import confirm, fixed, moved
from tests.taking_part.crowd import NEIGHBOUR
from tests.taking_part.test_notifications import Post, follow, inbox


def told(city: City, person: Person) -> list[tuple[str, str]]:
    return [(one["type"].partition(".")[2], one["status"]) for one in inbox(city, person)]


def tell_all(at_once: int, page: int) -> int:
    """Tell people of all events of the log in steps so small that a few are a crowd; how many."""
    steps = [
        Pointer(event=image["id"]["S"], hour=image["hour"]["S"])
        for image in (one["dynamodb"]["NewImage"] for one in records())
        if image["type"]["S"] in waking.TOLD
    ]
    post, count = Post(), 0
    while post._received():
        pass  # what earlier tests of this process have left
    waking.send(steps)
    while messages := post._received():
        for message in messages:
            telling.tell(waking.pointer(message["body"]), now(), at_once, page)
            count += 1
    return count - len(steps)


def test_a_crowd_is_told_in_several_runs_and_each_of_it_once(city: City) -> None:
    report = city.report()
    crowd = [Person("citizen", f"warga-{number}") for number in range(7)]
    for one in crowd:
        Follow(id=report["id"], item=f"follow#{one.sub}", at=text(now()), person=one.sub).save()
    moved(city, report, "acknowledged")
    for _ in range(2):
        assert tell_all(at_once=2, page=2) >= 3
    for one in (CITIZEN, *crowd):
        assert told(city, one) == [("status_changed", "acknowledged")]


def test_all_whose_alerts_meet_a_report_are_told_page_by_page(city: City) -> None:
    watchers = [Person("citizen", f"penjaga-{number}") for number in range(5)]
    near = {"lat": KENANGA.lat, "lon": KENANGA.lon}
    for number, one in enumerate(watchers):
        body: dict[str, Any] = {"near": near, "radius_m": 500} if number % 2 else {"area": "uji"}
        assert city.post("/v1/me/alerts", body, by=one).status == 201
    city.report(by=watchers[0])
    assert tell_all(at_once=1, page=1) >= 3
    assert [len(told(city, one)) for one in watchers] == [0, 1, 1, 1, 1]


def test_nobody_is_told_of_the_own_deed(city: City) -> None:
    report, clerk = city.report(), officer(ROADS, "yang-mengikuti")
    for person in (clerk, NEIGHBOUR):
        follow(city, report, person)
    moved(city, report, "acknowledged", by=clerk)
    fixed(city, report)
    assert confirm(city, report, True).status == 200
    tell_all(at_once=200, page=100)
    statuses = {person.sub: [one for _, one in told(city, person)] for person in (clerk, CITIZEN)}
    assert statuses == {
        clerk.sub: ["confirmed", "resolved"],
        CITIZEN.sub: ["resolved", "acknowledged"],
    }
    assert len(told(city, NEIGHBOUR)) == 3


def test_of_a_private_report_only_its_reporter_is_told(city: City) -> None:
    report = city.report()
    follow(city, report, NEIGHBOUR)
    row = find(report["id"])
    row.update([type(row).private.set(True)])
    moved(city, report, "acknowledged")
    tell_all(at_once=200, page=100)
    assert (len(told(city, CITIZEN)), told(city, NEIGHBOUR)) == (1, [])


def test_a_question_is_for_the_reporter_and_no_follower(city: City) -> None:
    report = city.report()
    follow(city, report, NEIGHBOUR)
    moved(city, report, "acknowledged")
    path = f"/v1/reports/{report['id']}/questions"
    assert city.post(path, {"text": "Di mana?"}, by=officer(ROADS)).status < 300
    tell_all(at_once=200, page=100)
    kinds = {one.sub: [kind for kind, _ in told(city, one)] for one in (CITIZEN, NEIGHBOUR)}
    assert kinds == {
        CITIZEN.sub: ["question_asked", "status_changed"],
        NEIGHBOUR.sub: ["status_changed"],
    }
