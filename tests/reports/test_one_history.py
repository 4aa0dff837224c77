"""However many race on one report, it has one history: a step, an entry and an event a version."""

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from chalicelib.reports import lifecycle
from chalicelib.reports.models import find, timeline
from tests.city import CITIZEN, COORDINATOR, MODERATOR, ROADS, WARD, Answer, City, officer, told
from tests.reports.steps import move

# The bench races with 200.
THREADS = int(os.environ.get("RACING_THREADS", "40"))


def at_once(actions: list[Callable[[], Answer]]) -> list[Answer]:
    """What the actions answer, all begun at the same moment."""
    ready = Barrier(len(actions), timeout=60)

    def begin(action: Callable[[], Answer]) -> Answer:
        ready.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(begin, actions))


def action(city: City, report: Any, number: int) -> Callable[[], Answer]:
    """One of all that citizens, officers and moderators may want with a new report."""
    path, by = f"/v1/reports/{report['id']}", f"orang-{number}"
    return [
        lambda: move(city, report, "acknowledged", officer(ROADS, by)),
        lambda: move(city, report, "in_progress", officer(ROADS, by)),
        lambda: move(city, report, "referred", officer(ROADS, by), refer_to=WARD),
        lambda: move(city, report, "acknowledged", officer(WARD, by)),
        lambda: move(city, report, "referred", MODERATOR, refer_to=COORDINATOR),
        lambda: move(city, report, "in_progress", MODERATOR),
        lambda: city.call("PATCH", path, {"description": f"Lubang {number}."}, by=CITIZEN),
        lambda: city.post(f"{path}/withdraw", {}, by=CITIZEN) if number > 20 else city.get(path),
    ][number % 8]


def test_however_many_race_on_a_report_it_has_one_history(city: City) -> None:
    report = city.report()
    answers = at_once([action(city, report, number) for number in range(THREADS)])
    refusals = Counter((one.status, one.json["code"]) for one in answers if one.status >= 400)
    assert {status for status, _ in refusals} <= {403, 409, 422}
    last = find(report["id"])
    versions = list(range(1, int(last.version) + 1))
    events, updates = told(report["id"]), timeline(report["id"])
    assert [event["data"]["version"] for event in events] == versions
    assert [update.item for update in updates] == [f"update#{one:06d}" for one in versions]
    for answer in answers:
        if answer.status == 409:
            assert 1 <= answer.json["version"] <= last.version
    statuses = [event["data"]["status"] for event in events]
    assert statuses[-1] == last.status
    for event, before in zip(events[1:], statuses, strict=False):
        data = event["data"]
        if "previous_status" in data:
            assert data["previous_status"] == before
            assert data["status"] in lifecycle.legal_next(before, data["actor"])
        else:
            assert (data["status"], data["actor"]) == (before, "reporter")


def test_of_many_who_take_the_same_step_one_takes_it(city: City) -> None:
    report = city.report()
    reject: list[Callable[[], Answer]] = [
        partial(move, city, report, "rejected", officer(ROADS, f"petugas-{number}"))
        for number in range(THREADS)
    ]
    answers = at_once(reject)
    assert sorted(Counter(one.status for one in answers).items()) == [(200, 1), (409, THREADS - 1)]
    assert {one.json["version"] for one in answers} == {2}
    assert find(report["id"]).version == 2
    assert len(told(report["id"])) == 2
