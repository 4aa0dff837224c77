"""Whatever dies, doubles, hurries or lags on the way: nothing lost, nothing sent in vain."""

import random
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib import aws
from chalicelib.webhooks import fanout, reconciling, sweeping
from chalicelib.webhooks.models import Delivery, Endpoint
from chalicelib.webhooks.outbound import Answer, Unreachable
from tests.webhooks.postal import URL, Message, Post, answers

HOUR = timedelta(hours=1)
SOON = timedelta(minutes=10)


class Killed(BaseException):
    """The worker is gone: nothing after this runs."""


def killed_at(post: Post, operation: str, nth: int) -> None:
    """Handle the next message with a worker that dies before its nth call of an operation."""
    calls = 0

    def die(model: Any, **_: Any) -> None:
        nonlocal calls
        calls += model.name == operation
        if calls == nth:
            raise Killed

    events = aws.dynamodb().meta.events
    events.register_first("before-call.dynamodb.*", die)
    try:
        with pytest.raises(Killed):
            post.handle(post.next_message())
    finally:
        events.unregister("before-call.dynamodb.*", die)


# The writes of one delivery: claim, slot, its outcome, the slot's return.
@pytest.mark.parametrize(
    ("write", "sent"), [(1, 0), (2, 0), (3, 1), (4, 1)], ids=["claim", "send", "record", "return"]
)
def test_a_killed_worker_loses_nothing(post: Post, write: int, sent: int) -> None:
    to = post.endpoint()
    event = post.event()
    post.fan_out()
    killed_at(post, "UpdateItem", write)
    assert len(post.came) == sent
    post.run(SOON)
    assert post.state(to, event) == "delivered"
    # Only the death between sending and recording has it sent twice, under the same id.
    assert post.ids() == [event] * (2 if write == 3 else 1)


def test_a_worker_killed_while_sending_blocks_nobody_for_long(post: Post) -> None:
    post.endpoint()

    def dies(message: Message) -> Answer:
        raise Killed

    post.receivers[URL] = dies
    events = post.events(5)
    post.fan_out()
    for _ in range(4):
        with pytest.raises(Killed):
            post.handle(post.next_message())
    post.receivers[URL] = answers(204)
    post.run(timedelta(minutes=2))
    assert post.ids() == [events[-1]], "the leases of all slots have ended"
    post.run(SOON)
    assert sorted(post.ids()) == sorted(events)


def test_the_fan_out_killed_before_it_sends_is_done_again(post: Post) -> None:
    post.endpoint()
    event = post.event()
    image = post.stream[0]
    post.lost = True
    post.fan_out()
    post.lost = False
    fanout.publish(image, post.now)
    post.run()
    assert post.ids() == [event]


def test_a_message_that_the_queue_loses_is_sent_again_by_the_sweeper(post: Post) -> None:
    post.endpoint()
    post.lost = True
    event = post.event()
    post.run()
    post.lost = False
    post.run(SOON)
    assert post.ids() == [event]


def test_doubled_and_reordered_messages_deliver_once(post: Post) -> None:
    post.endpoint()
    post.endpoint("https://b.example/")
    events = post.events(8)
    images = [*post.stream, *post.stream]
    random.Random(4).shuffle(images)
    post.stream = images
    post.fan_out()
    doubled = [message for *_, message in [*post.queue, *post.queue]]
    post.queue.clear()
    random.Random(5).shuffle(doubled)
    for message in doubled:
        post.handle(message)
    post.run(SOON)
    assert sorted(post.ids()) == sorted(events * 2)


def test_an_old_message_of_a_delivery_that_waits_does_not_hurry_it(post: Post) -> None:
    post.endpoint()
    post.receivers[URL] = answers(500)
    post.event()
    post.fan_out()
    message = post.next_message()
    post.handle(message)
    post.run(timedelta(seconds=20))
    assert len(post.tried) == 2
    for _ in range(5):
        post.handle(message)
    assert len(post.tried) == 2


@pytest.mark.parametrize("operation", ["UpdateItem", "GetItem"])
def test_a_throttled_table_leaves_the_message_in_the_queue(post: Post, operation: str) -> None:
    to = post.endpoint()
    event = post.event()
    post.fan_out()
    message = post.next_message()

    def throttle(model: Any, **_: Any) -> tuple[Any, dict[str, Any]] | None:
        if model.name != operation:
            return None
        error = {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}
        return SimpleNamespace(status_code=400), {"Error": error}

    events = aws.dynamodb().meta.events
    events.register_first("before-call.dynamodb.*", throttle)
    try:
        with pytest.raises((ClientError, PynamoDBException)):
            post.handle(message)
    finally:
        events.unregister("before-call.dynamodb.*", throttle)
    assert post.came == []
    post.run(timedelta(minutes=1))
    post.handle(message, post.now + timedelta(minutes=2))
    assert post.state(to, event) == "delivered"


def test_a_worker_whose_clock_is_behind_delivers_at_once_all_the_same(post: Post) -> None:
    post.endpoint()
    post.event()
    post.fan_out()
    post.handle(post.next_message(), post.now - timedelta(minutes=3))
    assert len(post.came) == 1


def test_a_retry_that_comes_early_by_the_workers_clock_comes_again(post: Post) -> None:
    post.endpoint()
    post.receivers[URL] = answers(500)
    post.event()
    post.run()
    post.receivers[URL] = answers(204)
    post.now += timedelta(seconds=7)
    post.handle(post.next_message(), post.now - timedelta(seconds=30))
    assert post.came == []
    post.run(timedelta(seconds=40))
    assert len(post.came) == 1


def test_a_claim_holds_against_a_clock_that_is_ahead(post: Post) -> None:
    post.endpoint()
    post.event()
    post.fan_out()
    message = post.next_message()

    def meanwhile(_: Message) -> Answer:
        post.receivers[URL] = answers(204)
        post.handle(message, post.now + timedelta(seconds=40))
        return Answer(204, "", 50, None)

    post.receivers[URL] = meanwhile
    post.handle(message)
    assert len(post.tried) == 1


def test_who_concludes_after_his_lease_changes_nothing(post: Post) -> None:
    to = post.endpoint()
    event = post.event()
    post.fan_out()
    message = post.next_message()

    def overtaken(_: Message) -> Answer:
        post.receivers[URL] = answers(204)
        post.handle(message, post.now + timedelta(minutes=2))
        return Answer(500, "", 50, None)

    post.receivers[URL] = overtaken
    post.handle(message)
    assert post.state(to, event) == "delivered"
    post.run(HOUR)
    assert len(post.tried) == 2


def test_a_200_that_is_cut_off_is_no_success(post: Post) -> None:
    to = post.endpoint()

    def cut(_: Message) -> Answer:
        raise Unreachable("connection", 30)

    post.receivers[URL] = cut
    event = post.event()
    post.run()
    assert post.row(to, event).tries[0].error == "connection"
    post.receivers[URL] = answers(204)
    post.run(timedelta(seconds=10))
    assert post.state(to, event) == "delivered"


def test_an_endpoint_deleted_while_its_message_waits_gets_nothing(post: Post) -> None:
    to = post.endpoint()
    event = post.event()
    post.fan_out()
    to.delete()
    post.run(HOUR)
    assert post.tried == []
    assert post.state(to, event) == "cancelled"


def test_events_that_the_stream_lost_are_found_counted_and_delivered(post: Post) -> None:
    to, other = post.endpoint(), post.endpoint("https://b.example/", event_types=["report.merged"])
    known = post.events(2)
    post.run()
    lost = post.events(3)
    post.stream.clear()
    post.run(timedelta(minutes=4))
    assert reconciling.reconcile(post.now).missing == 0, "the stream may still bring them"
    post.run(timedelta(minutes=2))
    assert reconciling.reconcile(post.now) == reconciling.Found(events=5, missing=3)
    post.run()
    assert sorted(post.ids()) == sorted([*known, *lost])
    assert Delivery.count(f"deliveries#{other.id}") == 0
    post.run(HOUR)
    assert reconciling.reconcile(post.now) == reconciling.Found(0, 0)
    assert Endpoint.get(to.owner, to.item).state == "active"


def test_in_a_backlog_the_sweeper_does_not_double_what_waits_in_the_queue(post: Post) -> None:
    post.endpoint()
    post.events(20)
    post.fan_out()
    for _ in range(3):
        post.now += timedelta(minutes=1)
        assert sweeping.sweep(post.now) == 0
    woken = 0
    for _ in range(8):
        post.now += timedelta(minutes=1)
        woken += sweeping.sweep(post.now)
    assert woken == 20, "once in ten minutes, not each minute"


def test_two_sweepers_at_once_wake_each_delivery_once(post: Post) -> None:
    post.endpoint()
    post.events(5)
    post.fan_out()
    at = post.now + SOON
    assert sweeping.sweep(at) + sweeping.sweep(at) == 5
