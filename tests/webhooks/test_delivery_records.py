"""Deliveries are listed with their attempts, the dead ones counted, and sent again on demand."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clock import first_id, now, text
from chalicelib.webhooks import lifecycle, resending
from chalicelib.webhooks.models import Endpoint
from tests.city import ADMIN, City, officer
from tests.webhooks.postal import AGENCY, URL, Post, answers

HOUR = timedelta(hours=1)
OFFICER = officer(AGENCY)


@pytest.fixture
def door(city: City, post: Post) -> City:
    """The city's front door, with the post office behind it."""
    from tests.city import furnish

    furnish()
    post.now = now() - 2 * HOUR
    return city


def listed(city: City, path: str, **facts: Any) -> list[Any]:
    answer = city.get(path, by=facts.get("by", OFFICER))
    assert answer.status == 200, answer.body
    found: list[Any] = answer.json["items"]
    return found


def dead(post: Post, to: Endpoint, events: list[str]) -> None:
    """Have these events used up all their attempts."""
    from chalicelib.webhooks import fates

    post.fan_out()
    for event in events:
        row = post.row(to, event)
        row.lease = text(post.now)
        row.save()
        fates.again(row, None, post.now, fates.tried(row, 500, None, 10, "no", post.now))


def test_a_delivery_shows_every_attempt_with_what_was_answered(door: City, post: Post) -> None:
    to = post.endpoint()
    post.receivers[URL] = answers(500)
    event = post.event()
    post.run()
    post.receivers[URL] = answers(200)
    post.run(timedelta(seconds=10))
    (shown,) = listed(door, f"/v1/webhooks/{to.id}/deliveries")
    assert (shown["event_id"], shown["state"], shown["due_at"]) == (event, "delivered", None)
    tries = [(one["number"], one["status"], one["excerpt"]) for one in shown["attempts"]]
    assert tries == [(1, 500, "so it is"), (2, 200, "so it is")]


def test_pages_follow_each_other_without_gap_or_repetition(door: City, post: Post) -> None:
    to = post.endpoint()
    events = post.events(7)
    post.run()
    path, seen = f"/v1/webhooks/{to.id}/deliveries?limit=3", []
    page = door.get(path, by=OFFICER).json
    while True:
        seen += [one["event_id"] for one in page["items"]]
        if not page["next"]:
            break
        page = door.get(f"{path}&cursor={page['next']}", by=OFFICER).json
    assert seen == sorted(events, reverse=True)


def test_dead_deliveries_are_listed_and_counted(door: City, post: Post) -> None:
    to = post.endpoint()
    events = post.events(5)
    dead(post, to, events[:2])
    post.run()
    found = listed(door, f"/v1/webhooks/{to.id}/deliveries?state=failed")
    assert [one["event_id"] for one in found] == sorted(events[:2], reverse=True)
    assert door.get(f"/v1/webhooks/{to.id}", by=OFFICER).json["dead"] == 2
    everywhere = listed(door, "/v1/admin/deliveries?state=failed", by=ADMIN)
    assert [one["endpoint_id"] for one in everywhere] == [to.id, to.id]


def test_an_administrator_sees_the_deliveries_of_all_endpoints_in_one_order(
    door: City, post: Post
) -> None:
    ids = [post.endpoint(f"https://{n}.example/", agency=n).id for n in ("a", "b", "c")]
    for n in ("a", "b", "c", "a", "b"):
        post.event(n)
        post.now += timedelta(seconds=1)
    post.run()
    path, seen = "/v1/admin/deliveries?limit=2", []
    page = door.get(path, by=ADMIN).json
    while page["items"]:
        seen += [ids.index(one["endpoint_id"]) for one in page["items"]]
        if not page["next"]:
            break
        page = door.get(f"{path}&cursor={page['next']}", by=ADMIN).json
    assert seen == [1, 0, 2, 1, 0]
    assert door.get("/v1/admin/deliveries", by=OFFICER).status == 403


def replay(city: City, to: Endpoint, /, **wish: str) -> Any:
    return city.post(f"/v1/webhooks/{to.id}/replay", wish, by=OFFICER)


@pytest.mark.parametrize("by", ["event_id", "delivery_id"])
def test_one_event_is_sent_again_with_the_same_id(door: City, post: Post, by: str) -> None:
    to = post.endpoint()
    event = post.event()
    post.run()
    answer = replay(door, to, **{by: event})
    assert answer.status == 202, answer.body
    post.now = now()
    post.run()
    assert post.ids() == [event, event]


def test_an_event_that_it_never_had_can_be_sent_too(door: City, post: Post) -> None:
    event = post.event()
    post.fan_out()
    to = post.endpoint()
    assert replay(door, to, event_id=event).status == 202
    post.now = now()
    post.run()
    assert post.ids() == [event]


def test_an_event_of_another_agency_or_none_is_not_sent(door: City, post: Post) -> None:
    to = post.endpoint()
    for event in (post.event("sampah"), first_id(now()), "x"):
        answer = replay(door, to, event_id=event)
        assert (answer.status, answer.json["code"]) == (404, "EventNotFound")


def test_a_dead_delivery_comes_back_to_life(door: City, post: Post) -> None:
    to = post.endpoint()
    event = post.event()
    dead(post, to, [event])
    assert replay(door, to, delivery_id=event).status == 202
    assert door.get(f"/v1/webhooks/{to.id}", by=OFFICER).json["dead"] == 0
    post.now = now()
    post.run()
    assert post.state(to, event) == "delivered"


def test_a_period_is_sent_again_once(door: City, post: Post) -> None:
    to = post.endpoint()
    post.events(2)
    post.run(HOUR)
    start = post.now
    events = post.events(60)
    post.run(timedelta(minutes=1))
    end = post.now
    post.event()
    post.run()
    post.came.clear()
    answer = replay(door, to, **{"from": text(start), "to": text(end)})
    assert answer.json["order"]
    post.now = now()
    post.run(timedelta(minutes=2))
    assert sorted(post.ids()) == sorted(events)


def test_a_replay_that_is_interrupted_goes_on_where_it_was(door: City, post: Post) -> None:
    to = post.endpoint()
    events = post.events(60)
    post.run()
    post.came.clear()
    replay(door, to, **{"from": text(post.now - HOUR), "to": text(post.now + HOUR)})
    post.now = now()
    sent = [resending.work_off(post.now, lambda: False) for _ in range(3)]
    assert sent == [0, 0, 0], "without any time it does not even begin"
    turns = iter([True, False, True, False, True, True, True])
    sent = [resending.work_off(post.now, lambda: next(turns, True)) for _ in range(3)]
    assert sent == [25, 25, 10]
    post.run()
    assert sorted(post.ids()) == sorted(events)


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"event_id": "a", "delivery_id": "b"},
        {"from": "2026-11-24T01:00:00Z"},
        {"from": "2026-11-24T02:00:00Z", "to": "2026-11-24T01:00:00Z"},
        {"from": "2026-01-01T00:00:00Z", "to": "2026-11-24T01:00:00Z"},
        {"from": "yesterday", "to": "today"},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(door: City, post: Post, wish: Any) -> None:
    assert replay(door, post.endpoint(), **wish).status == 400


def test_a_paused_endpoint_gets_no_replay(door: City, post: Post) -> None:
    to = post.endpoint()
    event = post.event()
    post.run()
    lifecycle.pause(to, post.now)
    assert replay(door, to, event_id=event).status == 422
