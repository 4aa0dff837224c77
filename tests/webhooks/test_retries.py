from itertools import count, takewhile

import pytest

from chalicelib.webhooks.retries import DELAYS_S, Verdict, next_delay_s, verdict

HOUR = 3600


def delay(attempt: int, retry_after_s: int | None = None, spread: float = 0.0) -> int | None:
    return next_delay_s(attempt, retry_after_s=retry_after_s, spread=spread)


def test_a_dead_endpoint_gets_ten_attempts_over_three_days() -> None:
    steps = list(takewhile(lambda step: step is not None, map(delay, count(1))))
    assert steps == [5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
    assert sum(DELAYS_S) == sum(filter(None, steps)) == pytest.approx(75.6 * HOUR, abs=0.1 * HOUR)


def test_after_the_tenth_attempt_there_is_no_other_even_if_the_receiver_asks() -> None:
    assert delay(9) == 24 * HOUR
    assert delay(10) is None
    assert delay(11) is None
    assert delay(10, retry_after_s=60) is None


@pytest.mark.parametrize(("spread", "expected"), [(-1.0, 240), (0.0, 300), (0.5, 330), (1.0, 360)])
def test_steps_spread_by_a_fifth_either_way(spread: float, expected: int) -> None:
    assert delay(2, spread=spread) == expected


def test_a_receiver_may_ask_for_more_time_but_not_for_less() -> None:
    assert delay(2, retry_after_s=900) == 900
    assert delay(2, retry_after_s=900, spread=-1.0) == 900
    assert delay(2, retry_after_s=10) == 300
    assert delay(2, retry_after_s=0) == 300


def test_a_receiver_cannot_ask_for_more_than_a_day() -> None:
    assert delay(2, retry_after_s=30 * 24 * HOUR) == 24 * HOUR


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_delivers(status: int) -> None:
    assert verdict(status) is Verdict.DELIVERED


def test_gone_ends_the_endpoint() -> None:
    assert verdict(410) is Verdict.GONE


@pytest.mark.parametrize(
    "status", [103, 199, 300, 302, 308, 400, 401, 404, 409, 411, 429, 500, 503]
)
def test_anything_else_is_tried_again_redirects_too(status: int) -> None:
    assert verdict(status) is Verdict.RETRY
