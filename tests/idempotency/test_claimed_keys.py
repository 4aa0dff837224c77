"""Who may work on a request: the first, then nobody else, unless the first has broken down."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from chalicelib.clock import now
from chalicelib.errors import IdempotencyMismatch, IllegalTransition, RequestInProgress
from chalicelib.idempotency import KEPT, LEASE, PAUSES, RETRY_AFTER, Answer, Call, Replay, once
from chalicelib.people.identity import NOBODY, Caller
from tests.city import City

KEY = "kunci-yang-panjang-sekali"
ANI = Caller(sub="ani", role="citizen")
CONFIG = json.loads((Path(__file__).parents[2] / ".chalice" / "config.json").read_text())


class PoweredOff(BaseException):
    """The function's process ends in the middle of its work."""


def call(who: Caller = ANI, key: str = KEY, body: bytes = b"{}") -> Call:
    return Call(who, ["POST", "/v1/sesuatu", {}], key, body)


def answering(body: str, **headers: str) -> Callable[[], Answer]:
    return lambda: Answer(201, {**headers}, body)


def not_again() -> Answer:
    raise AssertionError("done twice")


def at_once(_: float) -> None:
    pass


def test_who_comes_while_the_first_is_at_work_waits_for_its_answer(city: City) -> None:
    begun, may_end = Event(), Event()

    def work() -> Answer:
        begun.set()
        assert may_end.wait(20)
        return Answer(201, {}, "pertama")

    with ThreadPoolExecutor() as pool:
        first = pool.submit(once, call(), work)
        assert begun.wait(20)

        def until_done(_: float) -> None:
            may_end.set()
            first.result()

        second = once(call(), not_again, pause=until_done)
    assert (second.status, second.body) == (201, "pertama")
    assert second.headers == {"idempotent-replayed": "true"}
    assert first.result().headers == {}


def test_who_has_waited_long_enough_is_told_to_come_again(city: City) -> None:
    waited: list[float] = []

    def work() -> Answer:
        with pytest.raises(RequestInProgress) as refused:
            once(call(), not_again, pause=waited.append)
        assert refused.value.facts == {"retry_after": RETRY_AFTER}
        return Answer(200, {}, "selesai")

    assert once(call(), work).body == "selesai"
    assert sum(waited) == sum(PAUSES)


def test_what_a_broken_process_had_claimed_is_taken_over_when_it_can_no_longer_run(
    city: City,
) -> None:
    def work() -> Answer:
        raise PoweredOff

    with pytest.raises(PoweredOff):
        once(call(), work)
    with pytest.raises(RequestInProgress):
        once(call(), not_again, pause=at_once)
    later = once(call(), answering("kedua"), now=lambda: now() + LEASE + timedelta(seconds=1))
    assert (later.body, later.headers) == ("kedua", {})


def test_no_api_call_may_run_longer_than_its_claim_holds() -> None:
    longest = CONFIG["lambda_functions"]["api_handler"]["lambda_timeout"]
    assert timedelta(seconds=longest) < LEASE


def test_who_was_taken_over_does_not_change_the_answer_any_more(city: City) -> None:
    def work() -> Answer:
        once(call(), answering("kedua"), now=lambda: now() + LEASE + timedelta(seconds=1))
        return Answer(201, {}, "pertama")

    assert once(call(), work).body == "pertama"
    assert once(call(), not_again).body == "kedua"


def test_a_refusal_leaves_the_key_to_the_next_try(city: City) -> None:
    def refuse() -> Answer:
        raise IllegalTransition

    with pytest.raises(IllegalTransition):
        once(call(), refuse)
    assert once(call(body=b"lain"), answering("boleh")).headers == {}


def test_an_answer_is_given_even_when_it_could_not_be_kept(city: City) -> None:
    def work() -> Answer:
        Replay.get(call().id).delete()
        return Answer(201, {}, "sudah dikerjakan")

    assert once(call(), work).body == "sudah dikerjakan"


def test_after_a_week_a_key_is_as_new(city: City) -> None:
    once(call(), answering("pertama"))
    week = now() + KEPT
    still = once(call(), not_again, now=lambda: week - timedelta(minutes=1))
    assert still.body == "pertama"
    after = once(call(body=b"lain"), answering("baru"), now=lambda: week + timedelta(minutes=1))
    assert after.headers == {}


def test_an_answer_is_kept_as_long_as_it_says(city: City) -> None:
    short = Answer(201, {}, "sebentar", timedelta(minutes=50))
    once(call(), lambda: short)
    later = once(call(), answering("baru"), now=lambda: now() + timedelta(minutes=51))
    assert later.body == "baru"


def test_another_body_is_refused_also_while_the_first_is_at_work(city: City) -> None:
    def work() -> Answer:
        with pytest.raises(IdempotencyMismatch):
            once(call(body=b"lain"), not_again, pause=at_once)
        return Answer(200, {}, "")

    once(call(), work)


@pytest.mark.parametrize(
    "other",
    [
        call(Caller(sub="budi", role="citizen")),
        call(NOBODY),
        call(Caller(tracking_code="7F3K2-M9QAB-00000-XYZ12")),
        call(key=KEY + "-2"),
        Call(ANI, ["POST", "/v1/sesuatu", {"id": "2"}], KEY, b"{}"),
    ],
    ids=["person", "nobody", "holder of a code", "key", "place"],
)
def test_a_key_is_of_one_caller_and_one_place(city: City, other: Call) -> None:
    once(call(), answering("pertama"))
    assert once(other, answering("lain")).headers == {}


def test_a_tracking_code_is_the_same_however_it_is_typed(city: City) -> None:
    typed = [Caller(tracking_code=code) for code in ("7F3K2-M9QAB", "7f3k2 m9qab")]
    once(call(typed[0]), answering("pertama"))
    assert once(call(typed[1]), not_again).body == "pertama"


@pytest.mark.parametrize("size", [15, 16])
def test_a_secret_for_nobody_known_is_kept_only_under_a_key_too_long_to_guess(
    city: City, size: int
) -> None:
    short = call(NOBODY, key="x" * size)
    secret = answering("rahasia", **{"Cache-Control": "no-store"})
    once(short, secret)
    assert ("idempotent-replayed" in once(short, secret).headers) is (size >= 16)
