"""Points are for confirmed fixes only, once a report, and shown of those who show a name."""

from typing import Any

from chalicelib.clock import now
from chalicelib.reputation import points
from chalicelib.reputation.models import Tally
from chalicelib.reputation.points import BURST
from tests.city import ADMIN, NORTH, RUBBISH, City, Person, officer
from tests.taking_part.crowd import NEIGHBOUR, cases, decide, name

CLERK = officer("balai-kota", "juru-tulis")
STAFFER = officer("dinas-jalan", "petugas")


def fixed(city: City, by: Person, confirm: bool = True, reason: str = "fixed") -> Any:
    """A report after its fix, and after its reporter's word on it."""
    report = city.report(NORTH, by=by, category=RUBBISH, answers={"sejak": 1})
    path = f"/v1/reports/{report['id']}"
    body = {"status": "resolved", "reason": reason}
    assert city.post(f"{path}/status", body, by=CLERK).status == 200
    if confirm:
        assert city.post(f"{path}/confirmation", {"fixed": True}, by=by).status == 200
    return report


def settle(*reports: Any) -> None:
    for report in reports:
        for _ in range(2):
            points.settle(report["id"], now())


def board(city: City, area: str = "uji") -> list[tuple[int, str, int]]:
    answer = city.get(f"/v1/leaderboard?area={area}")
    assert answer.status == 200, answer.body
    return [(one["rank"], one["display_name"], one["points"]) for one in answer.json["items"]]


def test_only_a_confirmed_fix_counts_once_and_only_while_it_stands(city: City) -> None:
    name(city, "Bu Tini")
    first, second = fixed(city, NEIGHBOUR), fixed(city, NEIGHBOUR)
    settle(first, second, fixed(city, NEIGHBOUR, confirm=False), city.report(by=NEIGHBOUR))
    assert board(city) == [(1, "Bu Tini", 20)]
    assert board(city, "melati") == board(city, "atlantis") == []
    path = f"/v1/reports/{first['id']}/confirmation"
    assert city.post(path, {"fixed": False}, by=NEIGHBOUR).status == 200
    decide(city, second, action="hide", reason="spam")
    settle(first, second)
    assert board(city) == []
    decide(city, second, action="show")
    settle(second)
    assert board(city) == [(1, "Bu Tini", 10)]


def test_who_is_forgotten_is_in_no_tally(city: City) -> None:
    name(city, "Bu Tini")
    settle(*[fixed(city, NEIGHBOUR) for _ in range(2)])
    assert (points.forget("tetangga"), points.forget("tetangga")) == (2, 0)
    assert board(city) == []
    assert list(Tally.scan(Tally.item == "tetangga")) == []


def test_staff_and_people_without_a_name_are_not_ranked(city: City) -> None:
    nameless, promoted = Person("citizen", "diam"), Person("citizen", "naik")
    for person in (STAFFER, promoted, NEIGHBOUR):
        name(city, f"Nama {person.sub}", person)
    reports = [fixed(city, person) for person in (STAFFER, promoted, NEIGHBOUR, nameless)]
    path = "/v1/admin/users/naik/role"
    assert city.call("PUT", path, {"role": "moderator"}, by=ADMIN).status == 200
    settle(*reports)
    assert board(city) == [(1, "Nama tetangga", 10)]
    assert "diam" not in city.get("/v1/leaderboard?area=uji").body
    for wrong in ("", "?area=uji&month=2026-13", "?area=uji&x=1"):
        assert city.get(f"/v1/leaderboard{wrong}").status == 400


def test_a_burst_keeps_its_points_and_is_looked_at(city: City) -> None:
    name(city, "Bu Tini")
    reports = [fixed(city, NEIGHBOUR) for _ in range(BURST + 1)]
    settle(*reports)
    assert board(city) == [(1, "Bu Tini", 10 * (BURST + 1))]
    assert [(one["report_id"], one["causes"]) for one in cases(city)] == [
        (reports[-1]["id"], {"suspicious": 1})
    ]
