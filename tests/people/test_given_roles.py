"""Administrators give roles: what they say goes before what the token says."""

from typing import Any

import pytest

from chalicelib.people import standing
from chalicelib.people.identity import Caller
from tests.city import (
    ADMIN,
    CITIZEN,
    KENANGA,
    MODERATOR,
    ROADS,
    WARD,
    City,
    Person,
    officer,
)

ANI = Person("citizen", "ani")


def given(city: City, sub: str, role: str, agency: str | None = None) -> Any:
    body = {"role": role, "agency": agency} if agency else {"role": role}
    answer = city.call("PUT", f"/v1/admin/users/{sub}/role", body, by=ADMIN)
    assert answer.status == 200, answer.body
    return answer.json


def test_a_citizen_becomes_an_officer_and_a_citizen_again(city: City) -> None:
    report = city.report(KENANGA, private=True)["id"]
    path, start = f"/v1/reports/{report}", {"status": "in_progress"}
    assert city.get(path, by=ANI).status == 404
    shown = given(city, "ani", "officer", ROADS)
    assert (shown["user"], shown["role"], shown["agency"]) == ("ani", "officer", ROADS)
    assert city.get(path, by=ANI).status == 200
    assert city.post(f"{path}/status", start, by=ANI).status == 200
    assert city.get("/v1/agency/keys", by=ANI).status == 200
    assert city.call("DELETE", "/v1/admin/users/ani/role", by=ADMIN).status == 204
    assert city.get(path, by=ANI).status == 404
    assert city.get("/v1/agency/keys", by=ANI).status == 403
    assert city.get("/v1/admin/users/ani/role", by=ADMIN).status == 404


def test_a_given_role_takes_away_what_a_token_says(city: City) -> None:
    given(city, "moderator", "citizen")
    assert city.get("/v1/admin/agencies", by=MODERATOR).status == 403
    given(city, "petugas", "officer", WARD)
    report = city.report(KENANGA, private=True)["id"]
    assert city.get(f"/v1/reports/{report}", by=officer(ROADS)).status == 404


def test_the_accounts_with_roles_are_listed_by_page(city: City) -> None:
    for sub in ("c", "a", "b"):
        given(city, sub, "moderator")
    first = city.get("/v1/admin/users?limit=2", by=ADMIN).json
    assert [one["user"] for one in first["items"]] == ["a", "b"]
    last = city.get(f"/v1/admin/users?limit=2&cursor={first['next']}", by=ADMIN).json
    assert [one["user"] for one in last["items"]] == ["c"]
    assert last["next"] is None


@pytest.mark.parametrize(
    ("sub", "body", "field"),
    [
        ("ani", {"role": "officer"}, "agency"),
        ("ani", {"role": "officer", "agency": "tiada"}, "agency"),
        ("ani", {"role": "moderator", "agency": ROADS}, "agency"),
        ("admin", {"role": "citizen"}, "id"),
        ("x" * 129, {"role": "citizen"}, "id"),
    ],
)
def test_roles_that_make_no_sense_are_refused(
    city: City, sub: str, body: dict[str, str], field: str
) -> None:
    answer = city.call("PUT", f"/v1/admin/users/{sub}/role", body, by=ADMIN)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)


def test_only_administrators_give_roles(city: City) -> None:
    for by in (CITIZEN, officer(ROADS), MODERATOR):
        answer = city.call("PUT", "/v1/admin/users/ani/role", {"role": "admin"}, by=by)
        assert answer.status == 403
    assert city.call("PUT", "/v1/admin/users/ani/role", {"role": "admin"}).status == 401


def test_where_a_role_decides_nothing_no_role_is_read() -> None:
    citizen, staff = Caller(sub="ani", role="citizen"), Caller(sub="budi", role="moderator")
    for path, roles in (
        ("/v1/reports", ()),
        ("/v1/map", ()),
        ("/v1/me/reports", ("citizen", "officer", "moderator", "admin")),
    ):
        assert not standing.decides(citizen, path, roles)
        assert not standing.decides(Caller(), path, roles)
    assert standing.decides(citizen, "/v1/reports/{report_id}", ())
    assert standing.decides(citizen, "/v1/admin/keys", ("admin",))
    assert standing.decides(staff, "/v1/reports", ())
