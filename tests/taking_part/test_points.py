"""Points are for confirmed fixes only, once a report, and shown of those who show a name."""

from typing import Any

from chalicelib.clock import now
from chalicelib.photos.models import PhotoEvidence
from chalicelib.reputation import points
from chalicelib.reputation.guards import BURST, RING
from chalicelib.reputation.models import Tally
from tests.city import ADMIN, NORTH, RUBBISH, City, Person, officer
from tests.reports.steps import photo
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


def test_the_last_of_a_burst_brings_points_only_when_a_moderator_finds_it_right(city: City) -> None:
    name(city, "Bu Tini")
    reports = [fixed(city, NEIGHBOUR) for _ in range(BURST + 2)]
    settle(*reports)
    *_, spam, honest = reports
    assert board(city) == [(1, "Bu Tini", 10 * BURST)]
    assert waiting(city) == {spam["id"]: {"suspicious": 1}, honest["id"]: {"suspicious": 1}}
    assert decide(city, honest, action="show").status == 200
    assert decide(city, spam, action="hide", reason="spam").status == 200
    settle(*reports)
    assert (board(city), waiting(city)) == ([(1, "Bu Tini", 10 * (BURST + 1))], {})
    # Points that were withheld are not taken away a second time.
    for report in (spam, honest):
        path = f"/v1/reports/{report['id']}/confirmation"
        city.post(path, {"fixed": False}, by=NEIGHBOUR)
    settle(*reports)
    assert board(city) == [(1, "Bu Tini", 10 * BURST)]


def test_a_picture_that_has_earned_points_is_looked_at_when_it_comes_again(city: City) -> None:
    name(city, "Bu Tini")
    shots = (0x0F0F00FF3C3C5A5A, 0x0F0F00FF3C3C5A5B, 0xF0F0FF00C3C3A5A5, 0, 0)
    first, again, other, *grey = [fixed(city, NEIGHBOUR) for _ in shots]
    for report, shot in zip((first, again, other, *grey), shots, strict=True):
        seen(report, shot)
        settle(report)
    assert (board(city), list(waiting(city))) == ([(1, "Bu Tini", 40)], [again["id"]])


def test_who_support_each_other_in_a_ring_are_looked_at(city: City) -> None:
    name(city, "Bu Tini")
    ring = [Person("citizen", f"kawan-{number}") for number in range(RING)]
    honest, gamed = fixed(city, NEIGHBOUR), fixed(city, NEIGHBOUR)
    for friend in ring:
        theirs = city.report(NORTH, by=friend, category=RUBBISH, answers={"sejak": 1})
        support(city, gamed, friend)
        if friend is not ring[-1]:
            support(city, theirs, NEIGHBOUR)
    settle(honest)
    assert (board(city), waiting(city)) == ([(1, "Bu Tini", 10)], {})
    support(city, theirs, NEIGHBOUR)
    settle(gamed)
    assert (board(city), list(waiting(city))) == ([(1, "Bu Tini", 10)], [gamed["id"]])


def waiting(city: City) -> dict[str, Any]:
    return {one["report_id"]: one["causes"] for one in cases(city)}


def support(city: City, report: Any, by: Person) -> None:
    assert city.call("PUT", f"/v1/reports/{report['id']}/support", by=by).status == 200


def seen(report: Any, dhash: int) -> None:
    """The reporter's picture, as its processing leaves it."""
    id = photo(report, "evidence")
    facts: dict[str, Any] = {"facts": {}, "dhash": f"{dhash:016x}", "expires": 2**31}
    PhotoEvidence(report["id"], f"evidence#{id}", photo_id=id, **facts).save()
