"""What staff does is in the audit with the change itself; what citizens do is not."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from pynamodb.exceptions import TransactWriteError

from chalicelib.audit import acting, recording, sealing
from chalicelib.audit.acting import Acting
from chalicelib.audit.models import chain_of, entries_of
from chalicelib.people.models import Standing
from chalicelib.people.permissions import PERMISSIONS
from tests.city import ADMIN, CITIZEN, KENANGA, ROADS, City, officer

CLERK = officer(ROADS)
AT = datetime(2026, 11, 24, 1, tzinfo=UTC)


def audit(city: City, query: str = "") -> list[Any]:
    answer = city.get(f"/v1/admin/audit{query}", by=ADMIN)
    assert answer.status == 200, answer.body
    items: list[Any] = answer.json["items"]
    return items


def test_a_step_of_an_officer_is_told_with_what_it_changed(city: City) -> None:
    id = city.report(KENANGA)["id"]
    body = {"status": "in_progress", "note": "Tim berangkat ke rumah Bu Ani."}
    assert city.post(f"/v1/reports/{id}/status", body, by=CLERK).status == 200
    (entry,) = audit(city, f"?object=reports/{id}")
    assert (entry["actor"], entry["role"], entry["agency"]) == ("petugas", "officer", ROADS)
    assert entry["action"] == "change_status"
    assert entry["changed"] == {"status": ["submitted", "in_progress"]}
    assert "Bu Ani" not in str(entry)


def test_what_citizens_do_and_what_was_refused_is_not_told(city: City) -> None:
    id = city.report(KENANGA)["id"]
    city.call("PUT", f"/v1/reports/{id}/support", by=CLERK)
    city.call("PATCH", f"/v1/reports/{id}", {"address": "Jalan Melati"}, by=CITIZEN)
    city.post(f"/v1/reports/{id}/status", {"status": "confirmed"}, by=CLERK)
    city.post("/v1/admin/keys", {"name": "x", "scopes": ["reports:create"]}, by=CLERK)
    assert audit(city) == []


def test_changes_of_the_directory_tell_what_was_before(city: City) -> None:
    agency = {"name": "Dinas Jalan Raya", "tier": "city", "email": "jalan@example.org"}
    assert city.call("PUT", f"/v1/admin/agencies/{ROADS}", agency, by=ADMIN).status == 200
    assert city.call("DELETE", "/v1/admin/routes/jalan", by=ADMIN).status == 204
    deleted, put = audit(city)
    assert put["object"] == f"agency/{ROADS}"
    assert put["changed"] == {"name": ["Dinas Jalan", "Dinas Jalan Raya"]}
    assert (deleted["action"], deleted["changed"]["agency"]) == ("delete_route", [ROADS, None])
    assert "jalan@example.org" not in str(audit(city))


def test_keys_and_roles_and_what_is_no_transaction_are_told_too(city: City) -> None:
    made = city.post("/v1/agency/keys", {"name": "SIM", "scopes": ["events:read"]}, by=CLERK).json
    city.call("PUT", "/v1/admin/users/ani/role", {"role": "moderator"}, by=ADMIN)
    digest = city.post("/v1/admin/digests", {"name": "Harian", "period": "day"}, by=ADMIN).json
    told = {entry["action"]: entry for entry in audit(city)}
    assert told["create_agency_key"]["object"] == f"keys/{made['id']}"
    assert made["key"] not in str(told)
    assert told["put_role"]["changed"] == {"role": [None, "moderator"]}
    assert told["create_digest"]["object"] == f"admin/digests/{digest['id']}"
    assert sealing.verify(AT).broken == []


def test_a_key_is_an_actor_of_its_own(city: City) -> None:
    asked = {"name": "SIM", "scopes": ["reports:write"]}
    key = city.post("/v1/agency/keys", asked, by=CLERK).json
    id = city.report(KENANGA)["id"]
    body = {"status": "in_progress"}
    city.post(f"/v1/reports/{id}/status", body, headers={"x-api-key": key["key"]})
    (entry,) = audit(city, f"?actor=key:{key['id']}")
    assert entry["object"] == f"reports/{id}"


def test_pages_follow_each_other_by_time_and_filters_hold(city: City) -> None:
    ids = [city.report(KENANGA)["id"] for _ in range(4)]
    for id in ids:
        city.post(f"/v1/reports/{id}/status", {"status": "in_progress"}, by=CLERK)
    city.call("DELETE", "/v1/admin/routes/jalan", by=ADMIN)
    seen, query = [], "?limit=2&action=change_status"
    page = city.get(f"/v1/admin/audit{query}", by=ADMIN).json
    while True:
        seen += [entry["object"] for entry in page["items"]]
        if not page["next"]:
            break
        page = city.get(f"/v1/admin/audit{query}&cursor={page['next']}", by=ADMIN).json
    assert seen == [f"reports/{id}" for id in reversed(ids)]
    assert audit(city, "?until=2020-01-01T00:00:00Z") == []
    assert city.get("/v1/admin/audit?since=gestern", by=ADMIN).status == 400


def test_a_change_that_the_database_refuses_leaves_no_entry(city: City) -> None:
    with (
        acting.during(Acting("petugas", "officer", ROADS, "change", "reports/1")),
        pytest.raises(TransactWriteError),
        recording.transaction() as writes,
    ):
        writes.save(Standing("ani"), condition=Standing.person.exists())
    assert audit(city) == []


def test_racing_writers_make_one_chain_and_lose_nothing(city: City) -> None:
    together = threading.Barrier(4)

    def act(number: int) -> None:
        deed = Acting(f"petugas-{number}", "officer", ROADS, "change", "reports/1")
        together.wait()
        for turn in range(4):
            with (
                acting.during(deed),
                recording.transaction(now=lambda: AT, pause=lambda _: None) as writes,
            ):
                writes.save(Standing(f"{number}-{turn}"))

    threads = [threading.Thread(target=act, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = list(entries_of(chain_of("reports/1", AT)))
    assert [int(entry.item) for entry in entries] == list(range(1, 17))
    assert len(list(Standing.scan())) == 16
    assert sealing.verify(AT).broken == []


def test_entries_never_go_back_in_time(city: City) -> None:
    for hour in (3, 1, 2):
        at = AT.replace(hour=hour)
        with (
            acting.during(Acting("petugas", "officer", ROADS, "change", "reports/1")),
            recording.transaction(now=lambda at=at: at),  # type: ignore[misc]
        ):
            pass
    times = [entry.at for entry in entries_of(chain_of("reports/1", AT))]
    assert times == ["2026-11-24T03:00:00.000Z"] * 3


def test_every_call_by_which_only_staff_changes_something_is_audited() -> None:
    spared = {call for call, rule in PERMISSIONS.items() if not rule.of_staff}
    writing = {call for call in spared if not call.startswith("GET")}
    # What citizens do too is theirs, also when an officer does it.
    assert not [call for call in writing if "/admin/" in call or "/agency/" in call]
    assert "POST /v1/reports/{report_id}/status" not in spared
