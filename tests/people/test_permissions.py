"""Every route x every role x own and foreign: what the one table says is what the app does.

A call that passes is told from a refused one by its status only: it may still find fault with the
body or the state of the report, which comes after the question who may.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest

from chalicelib.clock import new_id, now
from chalicelib.people.permissions import PERMISSIONS, Actor, Scope, as_markdown, refusal
from chalicelib.photos.models import photos_of
from chalicelib.web import OPERATIONS, Operation
from tests.city import (
    ADMIN,
    CITIZEN,
    KENANGA,
    MODERATOR,
    ROAD,
    ROADS,
    WARD,
    City,
    Person,
    new_report,
    officer,
)
from tests.people.bodies import BODIES

REPORTER = Person("citizen", "pelapor")
CLERK = officer(ROADS)
PEOPLE: dict[str, Person] = {
    "citizen": CITIZEN,
    "reporter": REPORTER,
    "officer": CLERK,
    "foreign": officer(WARD, "orang-lain"),
    "moderator": MODERATOR,
    "admin": ADMIN,
}
CALLS = {f"{one.method} {one.path}": one for one in OPERATIONS}

# What else stands in paths: made when it is wanted, or there from the beginning.
MADE: dict[str, tuple[Person, dict[str, Any]]] = {
    "/v1/webhooks": (CLERK, {"url": "http://127.0.0.1:9/terima"}),
    "/v1/agency/keys": (CLERK, {"name": "SIM", "scopes": ["events:read"]}),
    "/v1/admin/keys": (ADMIN, {"name": "SIM", "scopes": ["reports:create"]}),
    "/v1/admin/digests": (ADMIN, {"name": "Harian", "period": "day"}),
    "/v1/admin/areas/imports": (ADMIN, {}),
    "/v1/admin/imports": (ADMIN, {"name": "Arsip"}),
}
THERE = {
    "/v1/admin/areas": "melati",
    "/v1/admin/users": "ani",
    "/v1/admin/categories": ROAD,
    "/v1/admin/agencies": ROADS,
    "/v1/admin/routes": "jalan",
    "/v1/admin/word-lists": "id",
    "/v1/admin/templates": "terima-kasih",
    "/v1/me/alerts": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "/open311/v2/services": ROAD,
    "/v1/me/devices": "0123456789abcdef",
}


class Subject(NamedTuple):
    """A report and its tracking code: None when an account sent it."""

    id: str
    photo: str
    comment: str
    code: str | None


class World:
    """A report of each kind, an agency's things, and a key of each scope."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.reports = {
            (private, by): self._report(private, by)
            for private in (False, True)
            for by in (REPORTER, None)
        }
        self.keys = {scope: self._key(ROADS, scope) for scope in get_args(Scope)}
        self.foreign_key = self._key(WARD, *get_args(Scope))
        asked = {"name": "Open311", "scopes": ["reports:create"]}
        self.client_key = str(city.post("/v1/admin/keys", asked, by=ADMIN).json["key"])
        self._things: dict[str, dict[str, str]] = {}

    def ids(self, path: str, subject: Subject) -> dict[str, str]:
        """What stands in the path: things that exist, so that 404 is always a refusal."""
        if "{report_id}" in path:
            return {
                "report_id": subject.id,
                "photo_id": subject.photo,
                "comment_id": subject.comment,
            }
        kind = path.partition("/{")[0]
        if "{" in path and kind not in self._things:
            self._things[kind] = self._thing(kind)
        return self._things.get(kind, {})

    def gone(self, path: str) -> None:
        """Somebody who may has deleted the thing: the next one gets another."""
        self._things.pop(path.partition("/{")[0], None)

    def _report(self, private: bool, by: Person | None) -> Subject:
        body = new_report(KENANGA, private=private, photos=1)
        sent = self.city.post("/v1/reports", body, by=by).json
        (photo,) = photos_of(sent["id"])
        folder = "private/abc" if private else "photos/abc"
        photo.update([type(photo).state.set("ready"), type(photo).folder.set(folder)])
        code = {"x-tracking-code": sent["tracking_code"]} if by is None else {}
        said = self.city.post(
            f"/v1/reports/{sent['id']}/comments", {"text": "Masih."}, by=by, headers=code
        )
        return Subject(sent["id"], photo.photo_id, said.json["comment_id"], sent["tracking_code"])

    def _key(self, agency: str, *scopes: str) -> str:
        asked = {"name": "SIM", "scopes": scopes, "agency": agency}
        return str(self.city.post("/v1/admin/keys", asked, by=ADMIN).json["key"])

    def _thing(self, kind: str) -> dict[str, str]:
        if kind == "/v1/admin/word-lists":
            self.city.call("PUT", f"{kind}/id", {"words": ["anu"]}, by=ADMIN)
        if kind == "/v1/admin/users":
            self.city.call("PUT", f"{kind}/ani/role", {"role": "moderator"}, by=ADMIN)
        if kind == "/v1/admin/moderation/cases":
            flagged = self.reports[False, REPORTER].id
            self.city.post(f"/v1/reports/{flagged}/flags", {"reason": "spam"}, by=CITIZEN)
            return {"case_id": self.city.get(kind, by=ADMIN).json["items"][0]["id"]}
        if kind == "/v1/admin/moderation/bans":
            report = self.city.report(by=Person("citizen", "usil"))["id"]
            return {"id": self.city.post(kind, {"report_id": report}, by=ADMIN).json["person"]}
        if kind == "/v1/admin/areas/versions":
            return {"version": str(self.city.get(kind, by=ADMIN).json["items"][-1]["version"])}
        if kind == "/v1/admin/reasons":
            return {"status": "rejected", "code": "planned"}
        if kind in ("/open311/v2/requests", "/open311/v2/tokens"):
            return {"document": self.reports[False, REPORTER].id}
        if kind not in MADE:
            return {"id": THERE[kind], "document": THERE[kind]}
        by, asked = MADE[kind]
        id: str = self.city.post(kind, asked, by=by).json["id"]
        if kind != "/v1/admin/digests":
            return {"id": id, "number": "1"}
        run = self.city.post(f"{kind}/{id}/runs", {"period": "2026-01-01"}, by=by)
        return {"id": id, "run": run.json["id"]}


class Try(NamedTuple):
    """Somebody's call, and what refuses it (None: nothing)."""

    who: str
    by: Person | None
    headers: dict[str, str]
    subject: Subject
    wanted: int | None


def tries(world: World, call: str) -> Iterator[Try]:
    for private in (False, True) if "{report_id}" in call else (False,):
        sent, anonymous = world.reports[private, REPORTER], world.reports[private, None]
        for actor in get_args(Actor):
            subject = anonymous if actor == "holder" else sent
            headers = {"x-tracking-code": str(subject.code)} if actor == "holder" else {}
            refused = refusal(call, actor, private)
            yield Try(actor, PEOPLE.get(actor), headers, subject, refused)
        for name, key, wanted in keys(world, call, private):
            yield Try(name, None, {"x-api-key": key}, sent, wanted)


def keys(world: World, call: str, private: bool) -> Iterator[tuple[str, str, int | None]]:
    """A key with the call's scope is an officer; without, nobody that reads, or refused."""
    scope = PERMISSIONS[call].scope
    nobody = refusal(call, "nobody", private)
    without = nobody if call.startswith("GET") and not PERMISSIONS[call].roles else 403
    keys_only = PERMISSIONS[call].keys_only
    officer, foreign = (
        None if keys_only else refusal(call, one, private) for one in ("officer", "foreign")
    )
    for name, key in world.keys.items():
        yield f"key {name}", key, officer if name == scope else without
    yield "foreign key", world.foreign_key, foreign if scope else without
    client = None if scope == "reports:create" else without
    yield "client key", world.client_key, client
    # Open311 tells clients that read nothing of their keys, and those that write always 403.
    none = 401 if "/v1/" in call else None if call.startswith("GET") else 403
    yield "no key", f"tgp_{new_id(now())}_{'0' * 52}", none


def sent(world: World, call: str, one: Try) -> int | None:
    """The status that refused the call; None when it passed."""
    operation: Operation = CALLS[call]
    path = operation.path.format(**world.ids(operation.path, one.subject))
    if "{" in operation.path:
        body = None if operation.body is None else BODIES.get(call, {})
    elif operation.body is None:
        # A call that names nothing is asked for what it does not know: who may comes before.
        body, path = None, f"{path}?x=1"
    else:
        body = {"x": 1}
    answer = world.city.call(operation.method, path, body, by=one.by, headers=one.headers)
    assert answer.status < 500, answer.body
    if answer.status == 204:
        world.gone(operation.path)
    return answer.status if answer.status in (401, 403, 404) else None


def test_every_route_has_an_entry_and_every_entry_a_route() -> None:
    assert set(PERMISSIONS) == set(CALLS)


@pytest.mark.parametrize("tag", sorted({one.tag for one in OPERATIONS}))
def test_every_role_gets_what_the_table_says(city: City, tag: str) -> None:
    world = World(city)
    wrong = []
    for call in (call for call, one in CALLS.items() if one.tag == tag):
        # Those that pass go last: they may leave nothing behind for others to be refused.
        for one in sorted(tries(world, call), key=lambda one: one.wanted is None):
            got = sent(world, call, one)
            if got != one.wanted:
                wrong.append((call, one.who, one.subject.code, one.wanted, got))
    assert wrong == []


def test_the_docs_hold_the_very_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "permissions.md"
    assert as_markdown() in page.read_text()
