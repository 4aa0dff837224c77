"""What a stranger may not see answers as what never was: on each route and in each list."""

from typing import Any, NamedTuple

from chalicelib.clock import new_id, now
from chalicelib.photos.models import photos_of
from chalicelib.web import OPERATIONS, Operation
from tests.city import (
    CITIZEN,
    MODERATOR,
    WARD,
    Answer,
    City,
    Person,
    officer,
)
from tests.events import stream
from tests.people.bodies import BODIES
from tests.privacy.lists import ASKED, lists

STRANGER = Person("citizen", "orang-asing")
FOREIGN = officer(WARD, "orang-lain")
CALLERS: list[tuple[str, Person | None, dict[str, str]]] = [
    ("nobody", None, {}),
    ("with a wrong code", None, {"x-tracking-code": "AAAAA-BBBBB-CCCCC"}),
    ("citizen", STRANGER, {}),
    ("another agency", FOREIGN, {}),
]
(SHOWN,) = [
    one for one in OPERATIONS if (one.method, one.path) == ("GET", "/v1/reports/{report_id}")
]
OF_REPORTS = [one for one in OPERATIONS if "{report_id}" in one.path]
KEY = "kunci-yang-sama-0123456789"
# Of an answer, what differs by the moment it was made.
OF_THE_MOMENT = ("x-amzn-requestid", "x-amz-apigw-id", "date")


class Subject(NamedTuple):
    """What stands in a path, and the tag of what its owner sees there."""

    report_id: str
    photo_id: str
    comment_id: str
    tag: str = '"1"'


def never() -> Subject:
    return Subject(*(new_id(now()) for _ in range(3)))


def sent(city: City, by: Person | None, **facts: Any) -> Subject:
    """A report with a photo and a comment, whose owner used the very key that strangers use."""
    report = city.report(by=by, photos=1, private=facts.get("private", False))
    code = {"x-tracking-code": report["tracking_code"]} if by is None else {}
    path = f"/v1/reports/{report['id']}"
    said = city.post(
        f"{path}/comments", {"text": "Betul."}, by=by, headers={**code, "idempotency-key": KEY}
    )
    (photo,) = photos_of(report["id"])
    seen = city.get(path, by=by, headers=code)
    tag = seen.headers["etag"]
    return Subject(report["id"], photo.photo_id, said.json["comment_id"], tag)


def subjects(city: City) -> dict[str, Subject]:
    hidden, erased = sent(city, CITIZEN), sent(city, CITIZEN)
    hide = {"action": "hide", "reason": "spam"}
    path = f"/v1/admin/moderation/reports/{hidden.report_id}"
    assert city.post(path, hide, by=MODERATOR).status == 200
    assert city.call("DELETE", f"/v1/reports/{erased.report_id}", by=CITIZEN).status == 202
    return {
        "private": sent(city, CITIZEN, private=True),
        "private and anonymous": sent(city, None, private=True),
        "hidden": hidden,
        "erased": erased,
    }


def asked(city: City, one: Operation, to: Subject, by: Person | None, code: Any) -> Any:
    """The answer, without what differs by the moment."""
    path = one.path.format(**to._asdict())
    headers = {**code, "if-none-match": to.tag, "if-match": to.tag}
    if one.path.endswith("/comments"):
        headers["idempotency-key"] = KEY
    body = None if one.body is None else BODIES[f"{one.method} {one.path}"]
    return told(city.call(one.method, path, body, by=by, headers=headers))


def told(answer: Answer) -> Any:
    headers = {name: value for name, value in answer.headers.items() if name not in OF_THE_MOMENT}
    content = answer.json if answer.body.startswith("{") else answer.body
    if isinstance(content, dict):
        content.pop("request_id", None)
        if "more" in content:
            # The feed of events leads on from the present.
            del content["next"], headers["etag"]
    return answer.status, content, headers


def test_no_route_tells_what_is_withheld_from_what_never_was(city: City) -> None:
    withheld, wrong = subjects(city), []
    for one in OF_REPORTS:
        for who, by, code in CALLERS:
            nothing = asked(city, one, never(), by, code)
            assert nothing[0] in (401, 403, 404), (one.method, one.path, who, nothing)
            for kind, subject in withheld.items():
                got = asked(city, one, subject, by, code)
                if got != nothing:
                    wrong.append((one.method, one.path, who, kind, got, nothing))
    assert wrong == []
    # The very same calls do tell those who may know.
    seen = asked(city, SHOWN, withheld["private"], CITIZEN, {})
    assert seen[0] == 304, seen


def everything(city: City) -> dict[str, Any]:
    """All that strangers can list. What open data leave out has a test of its own."""
    stream.bring_all()
    return {
        f"{who} {path}": told(city.get(path, by=by, headers=code))
        for path in lists()
        for who, by, code in CALLERS
    }


def test_no_list_changes_with_what_is_withheld(city: City) -> None:
    city.report(photos=1)
    before = everything(city)
    known = [one for one in lists() if one.partition("?")[0] in ASKED]
    assert {before[f"{who} {one}"][0] for one in known for who, _, _ in CALLERS} == {200}
    subjects(city)
    after = everything(city)
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == set()
    assert set(after) == set(before)
