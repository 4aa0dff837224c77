"""The figures are what a plain recount of the log gives, whatever way the events came."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.clock import now
from chalicelib.events import counting
from chalicelib.events.counters import Range
from chalicelib.events.counting import Told
from chalicelib.events.models import Envelope
from chalicelib.settings import settings as deployment
from chalicelib.stats import durations, periods, reading, tallies
from chalicelib.stats.durations import FIRST_RESPONSE, FIX
from chalicelib.stats.scopes import Scope
from tests.events.rows import Rows, deliver, stream, without_accidents
from tests.stats.lives import AGENCIES, CATEGORIES, UNTIL, Life
from tests.stats.plain_recount import recount, spread

PERIODS = ("2026-07", "2026-09", "2026-10", "2026-W36", "2026-W40", "2026-09-01", "2026")
SCOPES = st.builds(
    Scope,
    area=st.sampled_from((None, "uji", "melati")),
    agency=st.sampled_from(AGENCIES),
    category=st.sampled_from((None, *CATEGORIES)),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2**32), min_size=1, max_size=15), SCOPES, st.data())
def test_however_events_come_the_figures_are_those_of_a_plain_recount(
    seeds: list[int], scope: Scope, data: st.DataObject
) -> None:
    lives = [Life(random.Random(seed)).finish() for seed in seeds]
    log = [envelope for life in lives for _, envelope in life]
    rows = counted([event for life in lives for event in life], data)
    for label in PERIODS:
        period = periods.parse(label, deployment.time_zone)
        right = recount([bare(one) for one in log], period, scope, UNTIL)
        assert_same(figures(rows, scope, label), right)


def test_a_count_of_everything_is_the_sum_of_its_parts() -> None:
    lives = [Life(random.Random(seed)).finish() for seed in range(40)]
    told = [Told(id, tallies.moves(envelope)) for life in lives for id, envelope in life]
    rows = Rows()
    counting.count(told, 1, now(), rows.write)
    whole = figures(rows, Scope(), "2026")
    assert whole["submitted"] + whole["withdrawn"] + whole["spam"] == 40
    parts = [figures(rows, Scope(category=one), "2026") for one in CATEGORIES]
    for name in ("submitted", "backlog", "followed_up", "disputed", "rejected"):
        assert whole[name] == sum(part[name] for part in parts) > 0, name


@pytest.mark.parametrize("arrivals", [2, 1000])
def test_ages_and_backlog_are_of_one_moment_while_reports_arrive(arrivals: int) -> None:
    lives = [Life(random.Random(seed)).finish() for seed in range(60)]
    told = [Told(id, tallies.moves(envelope)) for life in lives for id, envelope in life]
    rows, half = Rows(), len(told) // 2
    counting.count(told[:half], 1, now(), rows.write)
    waiting = told[half:]
    piece = max(1, len(waiting) // arrivals)

    def read(ranges: Any) -> Any:
        found = [rows_in(rows.counters(), one) for one in ranges]
        counting.count([waiting.pop() for _ in waiting[:piece]], 1, now(), rows.write)
        return found

    of = figures(rows, Scope(), "2026-10", read)
    ages = list(of["backlog_by_age"].values())
    assert min(ages) >= 0
    assert sum(ages) == of["backlog"] > 0
    if not waiting:
        settled = figures(rows, Scope(), "2026-10")
        assert of["backlog_by_age"] == settled["backlog_by_age"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.001, 10**8), min_size=1, max_size=60))
def test_medians_and_p90_of_histograms_are_within_two_percent(seconds: list[float]) -> None:
    lengths = [timedelta(seconds=one) for one in seconds]
    found = msgspec.to_builtins(durations.spread(FIX, numbers(map(durations.bucket, lengths))))
    assert_near(found, spread([one.total_seconds() / 3600 for one in lengths]))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 40) | st.integers(0, len(durations.EDGES) - 1), max_size=200))
def test_buckets_that_share_a_number_are_told_apart(buckets: list[int]) -> None:
    found = durations.spread(FIX, numbers(buckets) | numbers(buckets[:1], FIRST_RESPONSE))
    right = spread(map(durations.hours, buckets))
    assert msgspec.to_builtins(found) == pytest.approx(right, abs=0.0001)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 10), min_size=1), st.lists(st.integers(0, 10)))
def test_what_is_taken_away_before_it_was_added_makes_no_durations(
    added: list[int], taken: list[int]
) -> None:
    sums = Counter(numbers(added))
    sums.subtract(numbers(taken))
    assert durations.spread(FIX, sums).n <= len(added)
    sums.update(numbers(taken))
    assert durations.spread(FIX, sums) == durations.spread(FIX, numbers(added))


def test_millions_of_durations_are_counted_exactly() -> None:
    crowd = Counter(durations.numbers(FIX, 100, 4_999_990))
    crowd.update(durations.numbers(FIX, 103, 9))
    assert durations.spread(FIX, crowd).n == 4_999_999
    assert durations.spread(FIX, crowd).p90 == round(durations.hours(100), 4)


def numbers(buckets: Iterable[int], kind: str = FIX) -> Counter[str]:
    """A row's numbers with one duration in each of the buckets."""
    sums = Counter[str]()
    for one in buckets:
        sums.update(durations.numbers(kind, one))
    return sums


def counted(events: list[tuple[str, Envelope]], data: st.DataObject) -> Rows:
    """Rows to which a stream has brought the events: mixed, twice, cut anew, with accidents."""
    rows = Rows(lambda: data.draw(st.sampled_from(("none", "none", "conflict", "interrupted"))))
    told = [Told(id, tallies.moves(envelope)) for id, envelope in events]
    for batch in stream(told, data):
        deliver(batch, 1, rows.write)
    rows = without_accidents(rows)
    counting.count(told, 1, now(), rows.write)
    return rows


def figures(rows: Rows, scope: Scope, label: str, read: Any = None) -> dict[str, Any]:
    table = rows.counters()
    read = read or (lambda ranges: [rows_in(table, one) for one in ranges])
    period = periods.parse(label, deployment.time_zone)
    earlier = periods.before(period, deployment.time_zone)
    (both,) = reading.compared([scope], period, earlier, read=read)
    found: dict[str, Any] = msgspec.to_builtins(
        reading.with_ages([both.now], scope, [period], read)[0]
    )
    return found


def rows_in(table: dict[tuple[str, str], dict[str, int]], range: Range) -> Any:
    return [
        (id, numbers)
        for (series, id), numbers in sorted(table.items())
        if series == range.series and range.low <= id <= range.high
    ]


def bare(event: Envelope) -> Envelope:
    """Without what the counters go by."""
    data = msgspec.structs.replace(event.data, standing=None, previous=None)
    return Envelope(event.type, event.timestamp, data)


def assert_near(found: dict[str, Any], right: dict[str, Any]) -> None:
    assert found["n"] == right["n"]
    for name in ("median", "p90"):
        if right["n"]:
            assert found[name] == pytest.approx(right[name], rel=0.02, abs=0.0006)
        else:
            assert found[name] is right[name] is None


def assert_same(found: dict[str, Any], right: dict[str, Any]) -> None:
    for name, value in right.items():
        if name == "ratings":
            trust = found["satisfaction"]
            assert (trust["satisfied"], trust["n"]) == value
        elif name.endswith("_hours"):
            assert_near(found[name], value)
        else:
            assert found[name] == value, name
    assert set(found) == set(right) - {"ratings"} | {"satisfaction"}
