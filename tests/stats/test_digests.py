"""Scheduled reports: from the counters, reproducible, in revisions, in any time zone."""

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import msgspec
import pytest

from chalicelib import workers
from chalicelib.clock import moment, new_id, now, text
from chalicelib.events.models import Envelope, Event, hour_of
from chalicelib.reports.models import Report
from chalicelib.settings import settings
from chalicelib.stats import content, counters, durations, periods, planning
from chalicelib.stats.content import RANKED_FROM, Part
from chalicelib.stats.figures import Backlog, figures, rates
from chalicelib.stats.models import Digest, find, find_run
from chalicelib.stats.planning import Order
from chalicelib.stats.scopes import Scope
from tests import permitted
from tests.city import ADMIN, KENANGA, MELATI, NORTH, ROADS, WARD, City
from tests.events.stream import bring_all
from tests.reports.steps import fixed, moved
from tests.stats.plain_recount import recount
from tests.stats.test_figures import bare

TODAY = periods.current("day", now(), settings.time_zone).label
MONTH = TODAY[:7]


def digest(city: City, **facts: Any) -> str:
    body = {
        "name": "Laporan =1+1",
        "period": "month",
        "formats": ["html", "pdf", "csv", "json"],
        **facts,
    }
    answer = city.post("/v1/admin/digests", body, by=ADMIN)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def ran(city: City, id: str, period: str = MONTH) -> Any:
    """A run as the API shows it, after the worker has had its order."""
    bring_all()
    answer = city.post(f"/v1/admin/digests/{id}/runs", {"period": period}, by=ADMIN)
    assert answer.status == 202, answer.body
    run = answer.json["id"]
    assert work(id, run) == []
    return city.get(f"/v1/admin/digests/{id}/runs/{run}", by=ADMIN).json


def work(id: str, run: str, received: int = 1) -> list[Any]:
    """What the worker could not do of an order."""
    message = {
        "body": msgspec.json.encode(Order(id, run)).decode(),
        "messageId": "1",
        "attributes": {"ApproximateReceiveCount": str(received)},
    }
    with permitted.as_function("run_digest"):
        failures: list[Any] = workers.run_digest({"Records": [message]})["batchItemFailures"]
    return failures


def files(run: Any) -> dict[str, bytes]:
    row = find_run(run["digest_id"], run["id"])
    return {
        name: boto3.client("s3").get_object(Bucket=settings.exports_bucket, Key=key)["Body"].read()
        for name, key in row.files.items()
    }


def test_a_digest_has_the_figures_of_the_whole_and_of_every_part(city: City) -> None:
    for place in (KENANGA, KENANGA, MELATI, NORTH):
        city.report(place)
    fixed(city, city.report(KENANGA))
    published = json.loads(files(ran(city, digest(city)))["json"])
    assert published["figures"]["submitted"] == 5
    assert published["revision"] == 1
    assert published["differences"] == []
    parts = {kind: _submitted(published[f"by_{kind}"]) for kind in ("area", "agency", "category")}
    assert parts["area"] == {"uji": 5, "kenanga": 3, "melati": 1}
    assert parts["agency"] == {ROADS: 4, WARD: 1}
    assert parts["category"] == {"jalan-rusak": 5}
    of_kenanga = ran(city, digest(city, filters={"area": "kenanga", "agency": ROADS}))
    inside = json.loads(files(of_kenanga)["json"])
    assert _submitted(inside["by_area"]) == {"kenanga": 3}
    assert _submitted(inside["by_agency"]) == {ROADS: 3}
    assert sum(day["submitted"] for day in inside["by_time"]) == 3
    assert of_kenanga["figures"]["claimed_resolved"] == 1


def _submitted(parts: list[Any]) -> dict[str, int]:
    return {part["id"]: part["figures"]["submitted"] for part in parts}


def test_the_same_data_give_the_same_bytes_and_late_events_the_next_revision(city: City) -> None:
    report, id = city.report(KENANGA), digest(city)
    first, again = ran(city, id), ran(city, id)
    assert (first["revision"], again["revision"]) == (1, 1)
    assert files(first) == files(again)
    moved(city, report, "acknowledged")
    late = ran(city, id)
    assert late["revision"] == 2
    told = {
        (one["scope"], one["id"], one["figure"]): (one["before"], one["after"])
        for one in json.loads(files(late)["json"])["differences"]
    }
    assert told["all", "", "followed_up"] == (0, 1)
    assert told["area", "kenanga", "followed_up"] == (0, 1)
    assert {figure.split(".")[0] for _, _, figure in told} == {
        "followed_up",
        "first_response_hours",
    }
    assert "Yang diubah oleh revisi 2" in files(late)["html"].decode()
    assert files(first)["json"] != files(late)["json"]


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "UTC"])
def test_a_digest_of_another_zone_is_exact_too(city: City, zone: str) -> None:
    # Reports hours from both midnights: each zone has another day for some of them.
    day = periods.parse("2026-10-05", settings.time_zone)
    for hours in (-30, -13, -2, 3, 12, 23, 26, 31, 40):
        _travel(city.report(KENANGA), day.start + timedelta(hours=hours), hours)
    bring_all()
    log = [bare(msgspec.json.decode(row.body, type=Envelope)) for row in Event.scan()]
    asked = periods.parse("2026-10-05", ZoneInfo(zone))
    made = content.content("d", Scope(area="uji"), asked.label, ZoneInfo(zone), "en")
    right = recount(log, asked, Scope(area="uji"), now())
    assert made.figures.submitted == right["submitted"] > 0
    assert made.previous.figures.submitted > 0
    found = msgspec.to_builtins(made.figures)
    still_open = [one for one in log if moment(one.data.reported_at) < asked.end]
    assert found["backlog"] == len(still_open)
    del right["backlog"], right["backlog_by_age"]
    assert {name: found[name] for name in right if isinstance(right[name], int)} == {
        name: one for name, one in right.items() if isinstance(one, int)
    }
    assert _submitted_of(made.by_area) == {"uji": right["submitted"], "kenanga": right["submitted"]}


def _submitted_of(parts: list[Part]) -> dict[str, int]:
    return {part.id: part.figures.submitted for part in parts}


def _travel(report: Any, at: Any, number: int) -> None:
    """Let a report have been sent at another time: its row and its event."""
    Report(report["id"], "report").update(actions=[Report.created_at.set(text(at))])
    (row,) = Event.scan(Event.report_id == report["id"])
    envelope = msgspec.json.decode(row.body, type=Envelope)
    data = msgspec.structs.replace(envelope.data, reported_at=text(at))
    id = new_id(at)
    row.delete()
    body = msgspec.json.encode(Envelope(envelope.type, text(at), data)).decode()
    Event(
        hour=hour_of(id),
        id=id,
        type=row.type,
        report_id=row.report_id,
        category=row.category,
        agency_ids=row.agency_ids,
        body=body,
    ).save()


def test_ranks_are_given_to_enough_reports_only() -> None:
    def part(id: str, submitted: int, confirmed: int, fix: int) -> Part:
        took = durations.numbers(durations.FIX, fix, submitted)
        sums = {"submitted": submitted, "confirmed_resolved": confirmed, **took}
        made = figures(sums, Backlog(0))
        return Part(id, id, 1, made, rates(made), {})

    parts = [
        part("best", 20, 20, 200),
        part("same", 40, 40, 300),
        part("slow", 100, 10, 400),
        part("few", RANKED_FROM - 1, 19, 100),
    ]
    ranks = {one.id: list(one.ranks.values()) for one in content.ranked(parts)}
    assert ranks == {"best": [1, 1], "same": [1, 2], "slow": [3, 3], "few": [None, None]}


def test_a_run_that_keeps_failing_is_marked_and_can_be_ordered_anew(city: City) -> None:
    id = digest(city)
    run = planning.plan(find(id), MONTH, "run-1", now())
    row = find(id)
    row.update(actions=[Digest.time_zone.set("Mars/Olympus")])
    assert [work(id, run.id, received) != [] for received in (1, 5)] == [True, True]
    shown = city.get(f"/v1/admin/digests/{id}/runs/{run.id}", by=ADMIN).json
    assert shown["state"] == "failed"
    row.update(actions=[Digest.time_zone.set("Asia/Jakarta")])
    assert ran(city, id)["state"] == "done"


def test_what_cannot_be_reported_is_refused_by_name(city: City) -> None:
    wrong = {"time_zone": "Mars/Olympus", "filters": {"area": "atlantis"}}
    answer = city.post("/v1/admin/digests", {"name": "x", "period": "year", **wrong}, by=ADMIN)
    assert [fault["field"] for fault in answer.json["errors"]] == ["time_zone", "filters.area"]
    id = digest(city)
    ahead = city.post(f"/v1/admin/digests/{id}/runs", {"period": "2999"}, by=ADMIN)
    assert (ahead.status, ahead.json["errors"][0]["field"]) == (422, "period")


def test_a_digest_waits_for_the_stream(city: City) -> None:
    city.report()
    later = now() + timedelta(seconds=1)
    assert not counters.caught_up(later)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        bring_all()

    assert counters.wait(later, pause)
    assert len(pauses) == 1


def test_an_empty_period_is_a_page_and_a_mail_that_say_so(city: City) -> None:
    people = ["walikota@example.org", "sekda@example.org"]
    run = ran(city, digest(city, language="en", recipients=people), "2019-02")
    assert run["figures"]["submitted"] == 0
    assert "No report was submitted" in files(run)["html"].decode()
    assert files(run)["pdf"].startswith(b"%PDF-")
    mails = [mail for mail in mails_sent() if mail.subject == "Laporan =1+1: 2019-02 (revision 1)"]
    assert sorted(mail.destinations["ToAddresses"][0] for mail in mails) == sorted(people)
    assert all("No report was submitted" in mail.body for mail in mails)


def mails_sent() -> Any:
    from moto.ses.models import ses_backends

    return ses_backends["123456789012"]["us-east-1"].sent_messages
