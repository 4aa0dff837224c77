"""Counters stay right however often, in whatever order and batches the stream brings events."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.clock import now
from chalicelib.events import counters, counting
from chalicelib.events.counting import NotCounted, Told
from chalicelib.reports import map_cells
from tests.cloud import Cloud
from tests.events.rows import Rows, deliver, stream, without_accidents
from tests.reports.histories import History, counted, histories

many = settings(max_examples=300, deadline=None)
few = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EDITIONS = itertools.count(100)


@many
@given(st.lists(histories(), max_size=12), st.data())
def test_the_counters_are_what_the_reports_are(lives: list[History], data: st.DataObject) -> None:
    rows = Rows(lambda: data.draw(st.sampled_from(("none", "none", "conflict", "interrupted"))))
    told = [event for life in lives for event in _told(life)]
    for batch in stream(told, data):
        deliver(batch, 1, rows.write)
    # What was given up on comes again in the end, and everything once more.
    rows = without_accidents(rows)
    counting.count(told, 1, now(), rows.write)
    assert _counts(rows.counters()) == counted(life.left for life in lives)
    assert counting.count(told, 1, now(), rows.write) == 0


@few
@given(st.lists(histories(), max_size=8), st.data())
def test_the_counters_of_the_database_are_too(
    cloud: Cloud, lives: list[History], data: st.DataObject
) -> None:
    edition = next(EDITIONS)
    told = [event for life in lives for event in _told(life)]
    for batch in stream(told, data):
        counting.count(batch, edition, now())
    assert _counts(counters.everything(edition)) == counted(life.left for life in lives)


def test_events_that_move_nothing_write_nothing() -> None:
    rows = Rows()
    assert counting.count([Told("1", {}), Told("2", {})], 1, now(), rows.write) == 0
    assert not rows.written


def test_events_of_one_batch_share_the_rows_that_they_move() -> None:
    rows = Rows()
    cell = {("map3#", "qqg"): {"red": 1}}
    assert counting.count([Told(str(n), cell) for n in range(40)], 1, now(), rows.write) == 40
    assert rows.written == [41]


def test_a_batch_that_is_too_large_is_split() -> None:
    rows = Rows()
    batch = [Told(str(n), {("map3#", str(n)): {"red": 1}}) for n in range(120)]
    assert counting.count(batch, 1, now(), rows.write) == 120
    assert max(rows.written) == 100
    assert len(rows.rows) == 240


def test_an_event_that_moves_more_than_a_transaction_takes_is_counted_in_pieces() -> None:
    rows = Rows()
    event = Told("1", {(f"series{n}", "id"): {"n": 1} for n in range(250)})
    other = Told("2", {("series0", "id"): {"n": 1}})
    assert counting.count([event, other], 1, now(), rows.write) == 2
    assert counting.count([other, event], 1, now(), rows.write) == 0
    counted = rows.counters()
    assert len(counted) == 250
    assert sum(row["n"] for row in counted.values()) == 251


def test_a_conflict_is_tried_again_and_given_up_in_the_end() -> None:
    pauses: list[float] = []
    rows = Rows(lambda: "conflict")
    with pytest.raises(NotCounted):
        counting.count([Told("1", {("s", "i"): {"n": 1}})], 1, now(), rows.write, pauses.append)
    assert len(pauses) == counting.CONFLICTS_LIMIT - 1
    assert max(pauses) < 5


def test_a_refusal_for_any_other_reason_is_not_taken_for_a_repetition() -> None:
    with pytest.raises(NotCounted, match="ThrottlingError"):
        counting.count(
            [Told("1", {("s", "i"): {"n": 1}})], 1, now(), lambda _: ["None", "ThrottlingError"]
        )


def _told(life: History) -> list[Told]:
    return [Told(id, map_cells.moves(envelope)) for id, envelope in life.events]


def _counts(rows: dict[tuple[str, str], dict[str, int]]) -> dict[tuple[str, str], int]:
    """By cell and colour."""
    return {(id, colour): count for (_, id), row in rows.items() for colour, count in row.items()}
