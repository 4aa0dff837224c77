"""History comes in by a file: each record once, with its own times, and nobody is told."""

import json
from datetime import timedelta
from typing import Any

import boto3
import msgspec

from chalicelib import workers
from chalicelib.clock import moment, now, text
from chalicelib.events.models import Envelope, Event
from chalicelib.imports import running
from chalicelib.imports.models import Import
from chalicelib.reports import settling
from chalicelib.reports.models import Report, timeline
from chalicelib.settings import settings
from chalicelib.stats import periods
from chalicelib.stats.scopes import Scope
from chalicelib.webhooks import fanout
from chalicelib.webhooks.models import Endpoint
from tests.city import ADMIN, KENANGA, MELATI, OUTSIDE, ROAD, ROADS, RUBBISH, City, officer
from tests.events.stream import bring_all
from tests.stats.plain_recount import recount
from tests.stats.test_figures import assert_same, bare

LINE: dict[str, Any] = {
    "external_id": "101001240734",
    "category": ROAD,
    "description": "Lubang di depan sekolah.",
    "location": {"lat": KENANGA.lat, "lon": KENANGA.lon},
    "created_at": "2015-03-31T20:00:00+07:00",
    "due": "2015-04-03T20:00:00+07:00",
    "history": [
        {"status": "acknowledged", "at": "2015-04-01T08:00:00+07:00"},
        {"status": "resolved", "at": "2015-04-02T08:00:00+07:00", "reason": "fixed", "note": "Ya."},
    ],
}


def line(number: int, **facts: Any) -> dict[str, Any]:
    return {**LINE, "external_id": f"lama-{number}", **facts}


def ordered(city: City) -> str:
    answer = city.post("/v1/admin/imports", {"name": "Sistem lama"}, by=ADMIN)
    assert (answer.status, answer.json["state"]) == (202, "waiting"), answer.body
    assert answer.json["upload"]["fields"]["key"] == f"imports/{answer.json['id']}"
    return str(answer.json["id"])


def arrived(id: str, content: bytes) -> dict[str, Any]:
    """S3's message that the file has been uploaded."""
    key = f"imports/{id}"
    sent = boto3.client("s3").put_object(Bucket=settings.uploads_bucket, Key=key, Body=content)
    etag = sent["ETag"].strip('"')
    body = json.dumps({"Records": [{"s3": {"object": {"key": key, "eTag": etag}}}]})
    return message(body)


def message(body: str, received: int = 1) -> dict[str, Any]:
    facts = {"ApproximateReceiveCount": str(received)}
    return {"Records": [{"messageId": "1", "body": body, "attributes": facts}]}


def shown(city: City, id: str, words: str = "") -> Any:
    answer = city.get(f"/v1/admin/imports/{id}{words}", by=ADMIN)
    assert answer.status == 200, answer.body
    return answer.json


def imported(city: City, *content: Any) -> Any:
    id = ordered(city)
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in content]
    assert workers.run_import(arrived(id, b"\n".join(lines)))["batchItemFailures"] == []
    return counted(city, id)


def counted(city: City, id: str) -> Any:
    """The import when the stream has brought its events to the counters, and it has looked."""
    bring_all()
    go_on = {"import_id": id, "etag": Import.get("imports", id).etag}
    running.run(json.dumps({"go_on": go_on}), now(), lambda: True)
    return shown(city, id)


def counts(found: Any) -> list[int]:
    return [found["counts"][name] for name in ("lines", "added", "known", "refused")]


def test_a_record_becomes_a_report_with_its_past(city: City) -> None:
    found = imported(city, LINE)
    assert (found["state"], counts(found)) == ("done", [1, 1, 0, 0])
    (item,) = city.get(f"/v1/reports?near={KENANGA.lat},{KENANGA.lon}").json["items"]
    assert (item["created_at"], item["status"]) == ("2015-03-31T13:00:00.000Z", "resolved")
    report = city.get(f"/v1/reports/{item['id']}").json
    assert report["agency"]["id"] == ROADS
    assert report["first_response_at"] == "2015-04-01T01:00:00.000Z"
    assert report["due"]["resolve"] == "2015-04-03T13:00:00.000Z"
    told = [(one.kind, one.by, one.status, one.at[:10]) for one in timeline(item["id"])]
    assert told == [
        ("submitted", "reporter", "submitted", "2015-03-31"),
        ("status", "agency", "acknowledged", "2015-04-01"),
        ("status", "agency", "resolved", "2015-04-02"),
    ]
    assert [one["colour"] for one in city.get("/v1/reports?area=kenanga").json["items"]] == [
        "green"
    ]


def test_an_import_is_done_when_its_events_are_counted(city: City) -> None:
    id = ordered(city)
    file = arrived(id, json.dumps(LINE).encode())
    workers.run_import(file)
    for at in (now(), now() + timedelta(minutes=14)):
        running.run(file["Records"][0]["body"], at, lambda: True)
        assert (shown(city, id)["state"], counts(shown(city, id))) == ("running", [1, 1, 0, 0])
    assert counted(city, id)["state"] == "done"


def test_figures_of_past_years_come_out(city: City) -> None:
    late = line(2, history=[{"status": "resolved", "at": "2015-04-20T08:00:00Z"}])
    open_still = line(3, history=[{"status": "referred", "at": "2015-04-01T08:00:00Z"}])
    never = line(4, created_at="2015-04-01T00:30:00+07:00", history=[], due=None)
    disputed = [
        {"status": "submitted", "at": "2015-03-31T20:00:00+07:00"},
        {"status": "resolved", "at": "2015-04-01T08:00:00Z", "reason": "fixed"},
        {"status": "reopened", "at": "2015-04-02T08:00:00Z", "rating": 2},
        {"status": "rejected", "at": "2015-04-09T08:00:00Z", "reason": "spam"},
    ]
    # Closed a minute before it was opened: two clocks have told the times.
    skewed = line(6, history=[{"status": "resolved", "at": "2015-03-31T12:59:00Z"}])
    imported(city, LINE, late, open_still, never, line(5, history=disputed), skewed)
    bring_all()
    log = [bare(msgspec.json.decode(row.body, type=Envelope)) for row in Event.scan()]
    for label in ("2015-03", "2015-03-31", "2015-W14", "2015-04", "2015", "2016"):
        figures = city.get(f"/v1/stats?period={label}&category={ROAD}&area=uji").json["figures"]
        period = periods.parse(label, settings.time_zone)
        assert_same(figures, recount(log, period, Scope("uji", None, ROAD), now()))
    march = city.get("/v1/stats?period=2015-03").json["figures"]
    assert [march[name] for name in ("submitted", "claimed_resolved", "rejected")] == [5, 4, 1]
    assert march["service_level"] == {"kept": 2, "of": 5}
    assert march["resolve_hours"]["n"] == 3
    assert (march["satisfaction"]["share"], march["satisfaction"]["n"]) == (0, 1)


def test_a_file_that_is_sent_twice_adds_nothing(city: City) -> None:
    rows = [line(number) for number in range(5)]
    assert counts(imported(city, *rows)) == [5, 5, 0, 0]
    events = len(list(Event.scan()))
    # In another order, with other white space, and with one record more.
    again = [json.dumps(one, indent=None, separators=(", ", " : ")).encode() for one in rows[::-1]]
    assert counts(imported(city, *again, line(9), line(9))) == [7, 1, 6, 0]
    assert len(list(Event.scan())) == events + 3
    id = ordered(city)
    file = arrived(id, json.dumps(line(1)).encode())
    for _ in range(2):
        workers.run_import(file)
    assert counts(shown(city, id)) == [1, 0, 1, 0]


def test_every_line_that_is_refused_is_named_with_its_reason(city: City) -> None:
    step = {"status": "resolved", "at": "2015-04-01T08:00:00Z"}
    wrong: list[tuple[Any, str]] = [
        (b"{", "JSON"),
        (b"[1]", "object"),
        (b'"\xff"', "JSON"),
        (b"x" * 70_000, "64 KB"),
        (line(1, external_id=""), "external_id"),
        (line(2, category="tiada"), "category"),
        (line(3, location={"lat": 91, "lon": 0}), "location.lat"),
        (line(4, location={"lat": OUTSIDE.lat, "lon": OUTSIDE.lon}), "location"),
        (line(5, created_at="2015-03-31"), "created_at"),
        (line(6, created_at="2999-01-01T00:00:00Z", history=[]), "created_at"),
        (line(7, created_at="1960-01-01T00:00:00Z", history=[]), "created_at"),
        (line(8, history=[{**step, "at": "2015-03-31T12:54:59Z"}]), "history[0].at"),
        (line(9, history=[step, {**step, "status": "acknowledged"}]), "history[1].status"),
        (line(10, history=[{**step, "status": "duplicate"}]), "history[0].status"),
        (line(11, history=[{**step, "reason": "spam"}]), "history[0].reason"),
        (line(12, history=[step] * 41), "history"),
        (line(16, history=[{**step, "rating": 5}]), "history[0].rating"),
        (line(13, due="kemarin"), "due"),
        (line(14, secret=1), "secret"),
        (line(15, description=" "), "description"),
        ({"external_id": "lama-16"}, "created_at"),
    ]
    found = imported(city, line(0), b"", *(one for one, _ in wrong), b"  \r", line(17))
    assert counts(found) == [2 + len(wrong), 2, 0, len(wrong)]
    assert [one["line"] for one in found["refused"]] == list(range(3, 3 + len(wrong)))
    for refused, (content, word) in zip(found["refused"], wrong, strict=True):
        assert word in refused["reason"], (content, refused)
        if isinstance(content, dict):
            assert refused["external_id"] == (content["external_id"] or None)
    pages = [shown(city, found["id"], "?limit=12")]
    pages.append(shown(city, found["id"], f"?limit=12&cursor={pages[0]['next']}"))
    assert [one for page in pages for one in page["refused"]] == found["refused"]
    assert pages[1]["next"] is None


def test_a_record_with_another_content_is_refused_and_not_doubled(city: City) -> None:
    imported(city, line(1))
    found = imported(city, line(1, description="Lain."))
    assert counts(found) == [1, 0, 0, 1]
    assert (
        "lain"
        in city.get(
            f"/v1/admin/imports/{found['id']}", by=ADMIN, headers={"accept-language": "id"}
        ).json["refused"][0]["reason"]
    )


def test_an_import_goes_on_where_its_time_was_up(city: City) -> None:
    rows = [line(number) for number in range(12)]
    rows[3] = line(3, category="tiada")
    id = ordered(city)
    event = arrived(id, "\n".join(map(json.dumps, rows)).encode())
    body = event["Records"][0]["body"]
    queue = boto3.client("sqs")
    queue.purge_queue(QueueUrl=settings.import_queue_url)
    running.run(body, now(), lambda: False, piece=5)
    half = shown(city, id)
    assert (half["state"], counts(half)) == ("running", [5, 4, 0, 1])
    (sent,) = queue.receive_message(QueueUrl=settings.import_queue_url)["Messages"]
    # The worker ends before it can say how far it has come; the same slice comes again.
    row = Import.get("imports", id)
    assert row.offset > 0
    _back(row)
    running.run(sent["Body"], now(), lambda: True, piece=5)
    done = counted(city, id)
    assert (done["state"], counts(done)) == ("done", [12, 11, 0, 1])
    assert len(list(Report.scan(Report.item == "report"))) == 11


def _back(row: Import) -> None:
    nought = [getattr(Import, name).set(0) for name in ("offset", "added", "refused")]
    row.update([*nought, Import.line.set(1)])


def test_two_workers_on_one_file_count_every_line_once(city: City) -> None:
    id = ordered(city)
    event = arrived(id, "\n".join(json.dumps(line(number)) for number in range(12)).encode())
    body = event["Records"][0]["body"]

    def meanwhile() -> bool:
        running.run(body, now(), lambda: True, piece=5)
        return True

    running.run(body, now(), meanwhile, piece=5)
    assert counts(shown(city, id)) == [12, 12, 0, 0]


def test_an_import_that_keeps_failing_says_so_and_begins_again_when_asked(city: City) -> None:
    id = ordered(city)
    event = arrived(id, json.dumps(line(1)).encode())
    row = Import.get("imports", id)
    etag = json.loads(event["Records"][0]["body"])["Records"][0]["s3"]["object"]["eTag"]
    row.update([Import.etag.set(etag), Import.state.set("running")])
    running.give_up(event["Records"][0]["body"], now())
    assert shown(city, id)["state"] == "failed"
    assert workers.run_import(event)["batchItemFailures"] == []
    done = counted(city, id)
    assert (done["state"], counts(done)) == ("done", [1, 1, 0, 0])


def test_nobody_is_told_of_the_past_and_nobody_is_asked(city: City) -> None:
    waiting = line(2, history=[], due="2015-04-03T20:00:00+07:00")
    tomorrow = text(now() + timedelta(days=1))
    live = line(3, history=[], created_at=text(now() - timedelta(days=1)), due=tomorrow)
    imported(city, LINE, waiting, live)
    answer = city.post("/v1/webhooks", {"url": "http://127.0.0.1:9/x"}, by=officer(ROADS))
    endpoint = next(iter(Endpoint.scan(Endpoint.id == answer.json["id"])))
    events = list(Event.scan())
    assert len(events) == 3 + 2 + 1
    assert not any(fanout.admits(endpoint, event) for event in events)
    # A claim of long ago is not confirmed by silence, and a due time not told for a second time.
    before = len(events)
    settling.sweep(now())
    assert len(list(Event.scan())) == before
    # What is still open goes on as any report: its clock is told from now on.
    settling.sweep(moment(tomorrow) + timedelta(minutes=1))
    later = [event for event in Event.scan() if event.id not in {one.id for one in events}]
    assert later
    assert all(event.id > max(one.id for one in events) for event in later)
    assert {json.loads(event.body)["data"].get("imported") for event in later} == {None}


def test_categories_are_asked_nothing_of_and_melati_has_its_own_agency(city: City) -> None:
    place = {"lat": MELATI.lat, "lon": MELATI.lon}
    found = imported(city, line(1, category=RUBBISH, location=place))
    assert counts(found) == [1, 1, 0, 0]
    (item,) = city.get("/v1/reports?area=melati").json["items"]
    agency = city.get(f"/v1/reports/{item['id']}").json["agency"]["id"]
    assert agency == "kelurahan-melati"
