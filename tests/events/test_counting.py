"""Counters stay right however often, in whatever order and batches the stream brings events."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.clock import now
from chalicelib.events import counters, counting
from chalicelib.events.counting import NotCounted, Told
from chalicelib.reports import map_cells
from tests.cloud import Cloud
from tests.reports.histories import History, counted, histories

many = settings(max_examples=300, deadline=None)
few = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EDITIONS = itertools.count(100)


class Interrupted(Exception):
    """The function was ended before it could say that it was done."""


class Rows:
    """A table that keeps the rules of transactions: markers once, no item twice, 100 at most."""

    def __init__(self, accident: Callable[[], str] = lambda: "none") -> None:
        self.rows: dict[tuple[str, str], dict[str, int]] = {}
        self.written: list[int] = []
        self._accident = accident

    def write(self, items: list[dict[str, Any]]) -> list[str]:
        keys = [_key(item) for item in items]
        assert 1 <= len(items) <= 100
        assert len(set(keys)) == len(keys)
        codes = [self._code(item, key) for item, key in zip(items, keys, strict=True)]
        if set(codes) != {"None"}:
            return codes
        accident = self._accident()
        if accident == "conflict":
            return ["None"] * (len(items) - 1) + ["TransactionConflict"]
        for item, key in zip(items, keys, strict=True):
            self._apply(item, key)
        self.written.append(len(items))
        if accident == "interrupted":
            raise Interrupted
        return []

    def counts(self) -> dict[tuple[str, str], int]:
        return _counts((id, row) for (series, id), row in self.rows.items() if "#map" in series)

    def _code(self, item: dict[str, Any], key: tuple[str, str]) -> str:
        guarded = "ConditionExpression" in item.get("Put", {})
        return "ConditionalCheckFailed" if guarded and key in self.rows else "None"

    def _apply(self, item: dict[str, Any], key: tuple[str, str]) -> None:
        row = self.rows.setdefault(key, {})
        if "Update" in item:
            names, values = (
                item["Update"][f"ExpressionAttribute{kind}"] for kind in ("Names", "Values")
            )
            for place, name in names.items():
                amount = int(values[place.replace("#", ":")]["N"])
                row[name] = row.get(name, 0) + amount


@many
@given(st.lists(histories(), max_size=12), st.data())
def test_the_counters_are_what_the_reports_are(lives: list[History], data: st.DataObject) -> None:
    rows = Rows(lambda: data.draw(st.sampled_from(("none", "none", "conflict", "interrupted"))))
    for batch in _stream(lives, data):
        _deliver(batch, 1, rows.write)
    # What was given up on comes again in the end, and everything once more.
    rows = _without_accidents(rows)
    everything = [event for life in lives for event in _told(life)]
    counting.count(everything, 1, now(), rows.write)
    assert rows.counts() == counted(life.left for life in lives)
    assert counting.count(everything, 1, now(), rows.write) == 0


@few
@given(st.lists(histories(), max_size=8), st.data())
def test_the_counters_of_the_database_are_too(
    cloud: Cloud, lives: list[History], data: st.DataObject
) -> None:
    edition = next(EDITIONS)
    for batch in _stream(lives, data):
        counting.count(batch, edition, now())
    found = counters.everything(edition)
    assert _counts((id, row) for (_, id), row in found.items()) == counted(
        life.left for life in lives
    )


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


def _stream(lives: list[History], data: st.DataObject) -> Iterator[list[Told]]:
    """Batches as a stream may bring them: events mixed, batches cut anew, many of them twice."""
    told = [event for life in lives for event in _told(life)]
    told = data.draw(st.permutations(told))
    place = 0
    while place < len(told):
        size = data.draw(st.integers(1, 30))
        yield told[place : place + size]
        place += data.draw(st.integers(0 if size > 1 else 1, size)) or 1
    if told:
        first = data.draw(st.integers(0, len(told) - 1))
        yield told[first:] + told[first:]


def _told(life: History) -> list[Told]:
    return [Told(id, map_cells.moves(envelope)) for id, envelope in life.events]


def _deliver(batch: list[Told], edition: int, write: counting.Write) -> None:
    """A batch, and once more if the function was ended; then the stream goes on without it."""
    for _ in range(2):
        try:
            counting.count(batch, edition, now(), write, lambda _: None)
            return
        except (Interrupted, NotCounted):
            pass


def _without_accidents(rows: Rows) -> Rows:
    calm = Rows()
    calm.rows = rows.rows
    return calm


def _counts(rows: Any) -> dict[tuple[str, str], int]:
    return {
        (id, colour): number for id, row in rows for colour, number in row.items() if number != 0
    }


def _key(item: dict[str, Any]) -> tuple[str, str]:
    put, update = item.get("Put"), item.get("Update")
    key = put["Item"] if put else update["Key"] if update else {}
    return key["series"]["S"], key["id"]["S"]
