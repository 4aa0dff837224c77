"""An anonymous report can become an account's, and shared contacts reach its agency only."""

import json
from typing import Any

import pytest

from chalicelib.reports.models import Report
from infra.local import identity
from tests.city import (
    ADMIN,
    CITIZEN,
    KENANGA,
    MODERATOR,
    ROADS,
    WARD,
    City,
    Person,
    identity_folder,
    new_report,
    officer,
    told,
)

ANI, BUDI = Person("citizen", "ani"), Person("citizen", "budi")
CONTACT = {"name": "Ani Wijaya", "email": "ani@example.org", "phone": "+628123456789"}


def code_of(report: Any) -> dict[str, str]:
    return {"x-tracking-code": report["tracking_code"]}


def claim(city: City, report: Any, by: Person | None, **facts: Any) -> Any:
    return city.post(f"/v1/reports/{report['id']}/claim", {}, by=by, **facts)


def test_the_holder_of_the_code_makes_the_report_the_account_s(city: City) -> None:
    report = city.report(KENANGA, by=None, private=True)
    path = f"/v1/reports/{report['id']}"
    assert claim(city, report, ANI, headers=code_of(report)).json["mine"]
    assert city.get(path, by=ANI).json["mine"]
    assert [one["id"] for one in city.get("/v1/me/reports", by=ANI).json["items"]] == [report["id"]]
    # The code has been used up: who else has it learns nothing any more.
    assert city.get(path, headers=code_of(report)).status == 404
    assert claim(city, report, BUDI, headers=code_of(report)).status == 404
    assert claim(city, report, ANI).status == 200
    # Nobody else is told.
    assert [one["type"] for one in told(report["id"])] == ["report.created"]
    assert len(city.get(f"{path}/updates", by=ANI).json["items"]) == 1
    assert city.post(f"{path}/withdraw", {}, by=ANI).status == 200


def test_without_the_code_or_an_account_nothing_is_claimed(city: City) -> None:
    report, other = city.report(KENANGA, by=None), city.report(KENANGA, by=None)
    assert claim(city, report, None, headers=code_of(report)).status == 401
    assert claim(city, report, ANI).status == 403
    assert claim(city, report, ANI, headers=code_of(other)).status == 403
    assert claim(city, city.report(KENANGA, by=BUDI), ANI).status == 403


def signed_in(**claims: Any) -> dict[str, str]:
    """A citizen whose token says who they are."""
    token = identity.token(identity_folder(), "citizen", None, "ani", claims)
    return {"authorization": f"Bearer {token}"}


TOLD = {
    "name": CONTACT["name"],
    "email": CONTACT["email"],
    "email_verified": True,
    "phone_number": CONTACT["phone"],
    "phone_number_verified": "true",
}


def reported(city: City, **facts: Any) -> str:
    body = new_report(KENANGA, **facts)
    answer = city.post("/v1/reports", body, headers=signed_in(**TOLD))
    assert "Ani" not in answer.body
    return str(answer.json["id"])


def test_only_the_agency_sees_who_shared_their_identity(city: City) -> None:
    path = f"/v1/reports/{reported(city, share_identity=True)}"
    for by in (officer(ROADS), MODERATOR, ADMIN):
        assert city.get(path, by=by).json["reporter"] == CONTACT
    for other in (officer(WARD), CITIZEN, None):
        assert "reporter" not in city.get(path, by=other).json
    key = {"name": "SIM", "scopes": ["reports:read"]}
    ours = city.post("/v1/agency/keys", key, by=officer(ROADS)).json["key"]
    theirs = city.post("/v1/agency/keys", key, by=officer(WARD)).json["key"]
    assert city.get(path, headers={"x-api-key": ours}).json["reporter"] == CONTACT
    assert "reporter" not in city.get(path, headers={"x-api-key": theirs}).json
    public = [city.get(f"{path}/updates", by=officer(ROADS)).body, json.dumps(told(path[12:]))]
    public.append(city.get("/v1/reports?near=-6.225,106.875&radius=50", by=officer(ROADS)).body)
    assert "Ani" not in str(public) + str(city.get("/v1/events", by=officer(ROADS)).body)


@pytest.mark.parametrize("facts", [{}, {"share_identity": True, "anonymous": True}])
def test_what_was_not_shared_is_not_even_stored(city: City, facts: dict[str, Any]) -> None:
    id = reported(city, **facts)
    assert "reporter" not in city.get(f"/v1/reports/{id}", by=officer(ROADS)).json
    assert Report.get(id, "report").contact is None


def test_sharing_can_be_taken_back_and_what_is_not_verified_is_not_shared(city: City) -> None:
    id = reported(city, share_identity=True)
    path = f"/v1/reports/{id}"
    unproved = {**TOLD, "email_verified": False, "phone_number_verified": None}
    for shared, wanted in ((False, None), (True, {"name": CONTACT["name"]})):
        change = {"share_identity": shared}
        assert city.call("PATCH", path, change, headers=signed_in(**unproved)).status == 200
        shown = city.get(path, by=officer(ROADS)).json
        assert shown.get("reporter") == wanted
