"""Reading the log to its end again and again gives every event once, also while it is written."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.clock import first_id, new_id, now, text
from chalicelib.events import log
from chalicelib.events.models import Event, EventArea, EventData, new_event
from tests.city import ADMIN, CITIZEN, MODERATOR, ROADS, WARD, City, officer

AT = datetime(2026, 11, 24, 1, 59, 58, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ROOT = Path(__file__).parents[2]


def event(at: datetime, agency: str | None = ROADS, type: str = "report.created") -> Event:
    data = EventData(
        report_id=new_id(at),
        number="UJI-7F3K2M",
        version=1,
        status="submitted",
        category="jalan-rusak",
        agency_id=agency,
        areas=[EventArea("uji", 1)],
        location={"lat": -6.2, "lon": 106.8},
        reported_at=text(at),
        url="https://api.test/v1/reports/x",
    )
    return new_event(type, data, at)


def written(at: datetime, *facts: Any) -> str:
    row = event(at, *facts)
    row.save()
    return row.id


def read_on(first: str, at: datetime, limit: int = 3) -> tuple[list[str], str]:
    """Everything that can be read at that moment, page by page."""
    found, more = [], True
    while more:
        piece = log.read(first, log.settled(at), limit, None, set())
        assert len(piece.events) <= limit
        found += [event.id for event in piece.events]
        first, more = piece.next, piece.more
    return found, first


def test_a_tail_reader_misses_nothing_while_events_are_written(city: City) -> None:
    """Writers' clocks differ by up to 10 s, and a change takes up to 28 s from id to commit."""
    dice = random.Random(6)
    coming: list[tuple[datetime, Event]] = []
    for step in range(150):
        begun = AT + step * SECOND
        row = event(begun + dice.uniform(-5, 5) * SECOND)
        coming.append((begun + dice.choice([0.05, 0.1, 5, 28]) * SECOND, row))
    coming.sort(key=lambda one: one[0])
    wanted = sorted(row.id for _, row in coming)
    seen: list[str] = []
    first, at = first_id(AT - 60 * SECOND), AT
    while at < AT + 300 * SECOND:
        at += dice.uniform(0.5, 15) * SECOND
        while coming and coming[0][0] <= at:
            coming.pop(0)[1].save()
        found, first = read_on(first, at)
        seen += found
    assert seen == wanted


def test_the_settling_time_covers_the_longest_change_and_two_clocks() -> None:
    """An id is made when a request begins, whose function is ended at its time limit, or just
    before the write, which ends within all tries of a call and the waits between them."""
    functions = json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"]
    config = aws.dynamodb().meta.config
    tries = config.retries["total_max_attempts"]
    call = tries * (config.connect_timeout + config.read_timeout) + 2 ** (tries - 1) - 1
    longest = max(functions["api_handler"]["lambda_timeout"], call)
    assert timedelta(seconds=longest + 10) <= log.SETTLE_TIME


def test_a_page_ends_after_hours_of_silence_and_goes_on_from_there(city: City) -> None:
    end = AT + timedelta(hours=300)
    late = written(end)
    piece = log.read(first_id(AT), first_id(end + SECOND), 5, None, set())
    assert (piece.events, piece.more) == ([], True)
    piece = log.read(piece.next, first_id(end + SECOND), 5, None, set())
    assert ([one.id for one in piece.events], piece.more) == ([late], False)


def test_between_has_its_first_and_not_its_last(city: City) -> None:
    ids = [written(AT + number * SECOND) for number in range(5)]
    assert [one.id for one in log.between(ids[1], ids[4])] == ids[1:4]
    assert [one.id for one in log.between(log.just_after(ids[1]), ids[4])] == ids[2:4]
    assert list(log.between(ids[2], ids[2])) == []


@pytest.fixture
def ago() -> datetime:
    return now() - timedelta(minutes=5)


def fetched(city: City, path: str = "", by: Any = ADMIN) -> Any:
    answer = city.get(f"/v1/events{path}", by=by)
    assert answer.status == 200, answer.body
    return answer.json


def test_an_officer_gets_the_agencys_events_and_an_administrator_the_citys(
    city: City, ago: datetime
) -> None:
    roads, ward = written(ago), written(ago + SECOND, WARD)
    nobody = written(ago + 2 * SECOND, None)
    assert [one["id"] for one in fetched(city)["items"]] == [roads, ward, nobody]
    assert [one["id"] for one in fetched(city, by=officer(WARD))["items"]] == [ward]
    for who, status in ((CITIZEN, 403), (MODERATOR, 403), (None, 401)):
        assert city.get("/v1/events", by=who).status == status


def test_an_event_is_told_as_its_webhook_tells_it(city: City, ago: datetime) -> None:
    id = written(ago)
    (shown,) = fetched(city)["items"]
    body = json.loads(Event.get(id_hour(id), id).body)
    assert shown == {"id": id, **body}


def id_hour(id: str) -> str:
    from chalicelib.events.models import hour_of

    return hour_of(id)


def test_types_can_be_chosen(city: City, ago: datetime) -> None:
    written(ago)
    merged = written(ago, ROADS, "report.merged")
    found = fetched(city, "?types=report.merged,report.erased")["items"]
    assert [one["id"] for one in found] == [merged]


def test_next_is_never_null_and_the_tail_goes_on_from_it(city: City, ago: datetime) -> None:
    first = written(ago)
    page = fetched(city)
    assert ([one["id"] for one in page["items"]], page["more"]) == ([first], False)
    empty = fetched(city, f"?after={page['next']}")
    assert (empty["items"], empty["more"]) == ([], False)
    assert empty["next"]


def test_pages_join_without_gap_or_repetition(city: City, ago: datetime) -> None:
    ids = [written(ago + number * timedelta(milliseconds=1)) for number in range(7)]
    seen, page = [], fetched(city, "?limit=3")
    while True:
        seen += [one["id"] for one in page["items"]]
        if not page["more"]:
            break
        page = fetched(city, f"?limit=3&after={page['next']}")
    assert seen == ids


def test_what_may_still_be_joined_by_others_is_not_shown_yet(city: City) -> None:
    written(now())
    page = fetched(city)
    assert page["items"] == []
    assert fetched(city, f"?after={page['next']}")["items"] == []


def test_a_first_read_begins_where_it_is_told(city: City, ago: datetime) -> None:
    written(ago - timedelta(days=2))
    late = written(ago)
    since = text(ago - timedelta(hours=1))
    assert [one["id"] for one in fetched(city, f"?since={since}")["items"]] == [late]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?after=x", "after"),
        ("?since=yesterday", "since"),
        ("?types=report.created,report.eaten", "types"),
        ("?limit=0", "limit"),
        ("?limit=201", "limit"),
        ("?afer=x", "afer"),
    ],
)
def test_what_makes_no_sense_is_refused(city: City, query: str, field: str) -> None:
    answer = city.get(f"/v1/events{query}", by=ADMIN)
    assert answer.status == 400
    assert [fault["field"] for fault in answer.json["errors"]] == [field]


def test_a_cursor_of_another_agency_is_refused(city: City) -> None:
    cursor = fetched(city)["next"]
    answer = city.get(f"/v1/events?after={cursor}", by=officer(ROADS))
    assert answer.status == 400


def test_after_and_since_do_not_go_together(city: City) -> None:
    cursor = fetched(city)["next"]
    answer = city.get(f"/v1/events?after={cursor}&since={text(AT)}", by=ADMIN)
    assert answer.status == 400


def test_the_versions_of_a_reports_events_number_them(city: City) -> None:
    report = city.report()
    city.post(f"/v1/reports/{report['id']}/status", {"status": "acknowledged"}, by=officer(ROADS))
    rows = aws.dynamodb().scan(TableName=Event.Meta.table_name)["Items"]
    bodies = [json.loads(row["body"]["S"])["data"] for row in rows]
    versions = sorted(one["version"] for one in bodies if one["report_id"] == report["id"])
    assert versions == list(range(1, len(versions) + 1))
    assert len(versions) >= 2
