"""What people do to a report by the front door, for the tests of taking part."""

from typing import Any

from tests.city import CITIZEN, MODERATOR, Answer, City, Person

NEIGHBOUR = Person("citizen", "tetangga")
NOWHERE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def say(city: City, report: Any, text: Any, by: Person | None = NEIGHBOUR, **facts: Any) -> Answer:
    return city.post(f"/v1/reports/{report['id']}/comments", {"text": text}, by=by, **facts)


def said(city: City, report: Any, text: str, by: Person | None = NEIGHBOUR, **facts: Any) -> Any:
    answer = say(city, report, text, by, **facts)
    assert answer.status == 201, answer.body
    return answer.json


def talk(city: City, report: Any, by: Person | None = None, **facts: Any) -> list[Any]:
    """The comments that this caller reads, the oldest first."""
    answer = city.get(f"/v1/reports/{report['id']}/updates", by=by, **facts)
    assert answer.status == 200, answer.body
    return [one for one in answer.json["items"] if one["kind"] == "comment"]


def shown(city: City, report: Any, by: Person | None = CITIZEN) -> Any:
    return city.get(f"/v1/reports/{report['id']}", by=by).json


def name(city: City, display_name: Any, by: Person = NEIGHBOUR) -> Answer:
    return city.call("PATCH", "/v1/me", {"display_name": display_name}, by=by)


def flag(
    city: City, report: Any, by: Person | None = NEIGHBOUR, comment: str = "", **facts: Any
) -> Answer:
    path = f"/v1/reports/{report['id']}" + (f"/comments/{comment}" if comment else "")
    return city.post(f"{path}/flags", {"reason": "spam", **facts}, by=by)


def cases(city: City, sort: str = "newest") -> list[Any]:
    answer = city.get(f"/v1/admin/moderation/cases?sort={sort}", by=MODERATOR)
    assert answer.status == 200, answer.body
    items: list[Any] = answer.json["items"]
    return items


def decide(city: City, report: Any, comment: str = "", **decision: Any) -> Answer:
    kind, rest = ("comments", f"/{comment}") if comment else ("reports", "")
    path = f"/v1/admin/moderation/{kind}/{report['id']}{rest}"
    return city.post(path, decision, by=MODERATOR)


def forbid(city: City, *words: str) -> None:
    path = "/v1/admin/word-lists/id"
    assert city.call("PUT", path, {"words": [*words]}, by=MODERATOR).status == 200
