"""At most four requests at a time for an endpoint, and a breaker before one that fails."""

from datetime import timedelta

from chalicelib.webhooks import health
from tests.webhooks.postal import START, Post

SECOND = timedelta(seconds=1)


def enter(at: timedelta = timedelta(0), *, probe: bool = False) -> health.Slot | health.Wait:
    return health.enter("e", "01", START + at, probe=probe)


def slot(at: timedelta = timedelta(0), *, probe: bool = False) -> health.Slot:
    found = enter(at, probe=probe)
    assert isinstance(found, health.Slot)
    return found


def fail(times: int, at: timedelta = timedelta(0)) -> None:
    for _ in range(times):
        health.failed(slot(at, probe=True), "01", START + at)


def test_a_fifth_request_waits_until_a_slot_is_given_back(post: Post) -> None:
    slots = [slot() for _ in range(4)]
    assert len({one.name for one in slots}) == 4
    assert isinstance(enter(), health.Wait)
    health.succeeded(slots[2])
    assert slot().name == slots[2].name


def test_a_slot_of_a_dead_worker_is_free_again_after_a_minute(post: Post) -> None:
    for _ in range(4):
        slot()
    assert isinstance(enter(59 * SECOND), health.Wait)
    late = slot(60 * SECOND)
    assert isinstance(late, health.Slot)


def test_a_late_worker_does_not_give_back_what_is_anothers_now(post: Post) -> None:
    first = [slot() for _ in range(4)]
    second = [slot(61 * SECOND) for _ in range(4)]
    for one in first:
        health.succeeded(one)
    assert isinstance(enter(62 * SECOND), health.Wait)
    health.succeeded(second[0])
    slot(62 * SECOND)


def test_whether_it_is_worth_waiting_is_told_by_how_long_others_have(post: Post) -> None:
    for _ in range(4):
        slot()
    assert enter() == health.Wait(slow=False)
    assert enter(4 * SECOND) == health.Wait(slow=True)


def test_five_failures_in_a_row_open_the_breaker_for_half_a_minute(post: Post) -> None:
    fail(4)
    health.succeeded(slot())
    fail(4)
    slot()
    fail(1)
    assert enter(29 * SECOND) == health.Wait(until=START + 30 * SECOND)


def test_then_one_probe_passes_at_a_time_and_its_success_closes_it(post: Post) -> None:
    fail(5)
    probe = slot(30 * SECOND)
    assert isinstance(enter(31 * SECOND), health.Wait)
    assert health.succeeded(probe) == "01"
    slot(31 * SECOND)
    slot(31 * SECOND)


def test_each_failed_probe_doubles_the_pause_up_to_a_quarter_of_an_hour(post: Post) -> None:
    fail(5)
    at, pauses = timedelta(0), []
    for _ in range(8):
        waits = enter(at + SECOND)
        assert isinstance(waits, health.Wait)
        assert waits.until
        pauses.append((waits.until - START - at).total_seconds())
        at = waits.until - START
        health.failed(slot(at), "01", START + at)
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]


def test_a_probe_that_dies_is_followed_by_another(post: Post) -> None:
    fail(5)
    slot(30 * SECOND)
    assert isinstance(enter(80 * SECOND), health.Wait)
    slot(91 * SECOND)


def test_a_wish_for_time_holds_for_the_whole_endpoint_for_an_hour_at_most(post: Post) -> None:
    health.failed(slot(), "01", START, retry_after_s=120)
    assert enter(SECOND) == health.Wait(until=START + 120 * SECOND)
    health.failed(slot(120 * SECOND), "01", START, retry_after_s=86_400)
    assert enter(SECOND) == health.Wait(until=START + 3600 * SECOND)


def test_a_ping_passes_an_open_breaker(post: Post) -> None:
    fail(5)
    slot(SECOND, probe=True)


def test_another_endpoint_is_not_concerned(post: Post) -> None:
    fail(9)
    assert isinstance(health.enter("other", "01", START), health.Slot)
