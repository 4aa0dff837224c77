"""Nobody sends without end: each budget is exact, also when all is sent at once."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import aws, clock
from chalicelib.errors import TooManyRequests
from chalicelib.people import budgets
from chalicelib.people.budgets import Counter, Limits, Sender
from chalicelib.people.identity import Caller
from chalicelib.places.point import Point
from chalicelib.reports.models import Report
from tests.city import CITIZEN, FIRE, KENANGA, ROADS, City, new_report, officer

AT = datetime(2026, 11, 24, 1, 10, tzinfo=UTC)
FEW = Limits(account=3, device=3, address=3, area=3)
ANI, NOBODY = Caller(sub="ani", role="citizen"), Caller()
FAR = Point(-6.9, 107.6)


def sent(
    times: int,
    caller: Caller = NOBODY,
    *,
    device: str = "",
    address: str = "203.0.113.7",
    at: datetime = AT,
    place: Point | None = None,
    limits: Limits = FEW,
    kind: budgets.Kind = "report",
) -> int:
    """How many of so many are taken."""
    headers = {"x-device-id": device} if device else {}
    taken = 0
    for _ in range(times):
        try:
            budgets.spend(kind, Sender(caller, headers, address), at, place, limits)
            taken += 1
        except TooManyRequests:
            pass
    return taken


def test_each_account_device_and_address_has_its_own_budget(city: City) -> None:
    assert sent(4, ANI) == 3
    assert sent(4, Caller(sub="budi", role="citizen")) == 3
    assert sent(4) == 3
    assert sent(4, address="203.0.113.8") == 3
    loose = Limits(account=9, device=2, address=9, area=9)
    for device in ("a", "b"):
        assert sent(3, address="203.0.113.9", device=device, limits=loose) == 2
    # With a new device each time it is still one address.
    devices = [f"baru-{number}" for number in range(9)]
    assert sum(sent(1, address="203.0.113.10", device=device) for device in devices) == 3


def test_who_shares_an_address_with_thousands_signs_in(city: City) -> None:
    assert sent(4) == 3
    assert sent(3, ANI) == 3


def test_a_household_of_ipv6_is_one_address(city: City) -> None:
    assert sent(2, address="2001:db8:1:2::1") == 2
    assert sent(2, address="2001:db8:1:2:ffff::9") == 1
    assert sent(2, address="2001:db8:1:3::1") == 2


def test_a_burst_in_one_place_is_stopped_and_shuts_out_nobody_with_an_account(city: City) -> None:
    flood = [f"198.51.100.{number}" for number in range(5)]
    assert sum(sent(1, address=address, place=KENANGA) for address in flood) == 3
    many = [Caller(sub=f"akun-{number}", role="citizen") for number in range(5)]
    assert sum(sent(1, one, place=KENANGA) for one in many) == 3
    assert sent(1, ANI, place=FAR) == 1
    assert sent(1, ANI, place=KENANGA, at=AT + timedelta(minutes=10)) == 1


def test_the_refusal_says_when_to_come_back_and_then_it_is_so(city: City) -> None:
    sent(3)
    for _ in ("counted", "remembered"):
        with pytest.raises(TooManyRequests) as refused:
            budgets.spend("report", Sender(NOBODY, {}, "203.0.113.7"), AT, None, FEW)
        assert refused.value.facts == {"budget": "address", "retry_after": 50 * 60}
    assert sent(1, at=AT + timedelta(minutes=50, seconds=-1)) == 0
    assert sent(1, at=AT + timedelta(minutes=50)) == 1


def test_comments_do_not_use_up_reports(city: City) -> None:
    assert sent(4, kind="word") == 3
    assert sent(4) == 3


def test_staff_and_keys_are_stopped_otherwise(city: City) -> None:
    key = Caller(sub="key:1", role="client", scopes=("reports:create",))
    clerk = Caller(sub="petugas", role="officer", agency_id=ROADS)
    assert sent(5, key) == sent(5, clerk) == 5


def test_what_is_stored_tells_nothing_of_whose_it_is_and_goes(city: City) -> None:
    sent(1, device="gawai-1", place=KENANGA)
    sent(1, ANI)
    rows = [row.attribute_values for row in Counter.scan()]
    assert len(rows) == 4
    assert not [word for word in ("203.0", "gawai", "ani", "qqg") if word in str(rows)]
    ends = AT.timestamp() + 3600
    assert all(AT.timestamp() < int(row["expires"]) <= ends + 3600 for row in rows)


def test_all_at_once_get_no_more_than_one_by_one(city: City) -> None:
    together, taken = threading.Barrier(12), []

    def hurl() -> None:
        together.wait()
        taken.append(sent(1, ANI, place=KENANGA, limits=Limits(5, 5, 5, 9)))

    threads = [threading.Thread(target=hurl) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 5


def test_the_front_door_answers_429_and_stores_nothing(city: City) -> None:
    now = clock.now()
    sent(4, Caller(sub=CITIZEN.sub, role="citizen"), at=now)
    answer = city.post("/v1/reports", new_report(), by=CITIZEN)
    assert (answer.status, answer.json["budget"]) == (429, "account")
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert list(Report.scan()) == []
    # Without a report to store there is nothing to refuse, least of all in an emergency.
    fire = city.post("/v1/reports", new_report(category=FIRE), by=CITIZEN)
    assert (fire.status, fire.json["code"]) == (422, "CallEmergency")
    assert city.post("/v1/reports", new_report(), by=officer(ROADS)).status == 201


def test_no_header_says_where_somebody_calls_from(city: City) -> None:
    # The gateway of these tests says 127.0.0.1 of everybody.
    sent(4, address="127.0.0.1", at=clock.now())
    made_up = dict.fromkeys(
        ("x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "client-ip"), "198.51.100.1"
    )
    answer = city.post("/v1/reports", new_report(), headers=made_up)
    assert (answer.status, answer.json["budget"]) == (429, "address")


def test_a_report_of_an_account_pays_two_small_writes_and_a_comment_one(city: City) -> None:
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    report = city.report()
    events: Any = aws.dynamodb().meta.events
    events.register("before-call.dynamodb", note)
    try:
        city.report()
        assert (calls.count("UpdateItem"), calls.count("TransactWriteItems")) == (2, 1)
        calls.clear()
        said = city.post(f"/v1/reports/{report['id']}/comments", {"text": "Betul."}, by=CITIZEN)
        assert (said.status, calls.count("UpdateItem")) == (201, 1)
    finally:
        events.unregister("before-call.dynamodb", note)
