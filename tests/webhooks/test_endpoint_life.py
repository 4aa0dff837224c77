"""An endpoint that is paused, moved, gone or failing misses nothing: it gets it on its return."""

import json
from datetime import timedelta
from typing import Any

import msgspec

from chalicelib.agencies.models import Agency, Entry
from chalicelib.webhooks import lifecycle
from chalicelib.webhooks.models import Endpoint, new_delivery
from chalicelib.webhooks.orders import Order
from chalicelib.webhooks.queue import wake
from tests.webhooks.postal import AGENCY, URL, Post, answers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ping(post: Post, to: Endpoint) -> None:
    from chalicelib.clock import new_id

    delivery = new_delivery(to, new_id(post.now), "endpoint.ping", post.now, ping="{}")
    delivery.save()
    wake([delivery])


def current(to: Endpoint) -> Endpoint:
    return Endpoint.get(to.owner, to.item, consistent_read=True)


def arrived(post: Post) -> list[str]:
    return [message.id for message in post.came if message.body != b"{}"]


def test_an_answered_ping_activates_an_endpoint(post: Post) -> None:
    to = post.endpoint(state="pending", active_from=None)
    before = post.event()
    post.run()
    ping(post, to)
    post.run()
    assert current(to).state == "active"
    after = post.event()
    post.run(HOUR, reconcile=True)
    assert arrived(post) == [after], f"{before} was before its time"


def test_a_ping_that_is_not_answered_leaves_it_pending(post: Post) -> None:
    to = post.endpoint(state="pending", active_from=None)
    post.receivers[URL] = answers(404)
    ping(post, to)
    post.run()
    assert current(to).state == "pending"


def test_a_paused_endpoint_gets_everything_when_the_pause_ends(post: Post) -> None:
    to = post.endpoint()
    post.receivers[URL] = answers(500)
    waiting = post.event()
    post.run()
    assert lifecycle.pause(current(to), post.now)
    post.receivers[URL] = answers(204)
    during = post.events(3)
    post.run(5 * HOUR)
    assert len(post.tried) == 1
    assert post.state(to, waiting) == "held"
    assert lifecycle.activate(current(to), post.now)
    post.run(timedelta(minutes=2))
    assert sorted(arrived(post)) == sorted([waiting, *during])


def test_an_event_that_the_stream_brings_late_is_not_missed_either(post: Post) -> None:
    to = post.endpoint()
    late = post.event()
    post.now += 2 * HOUR
    assert lifecycle.pause(current(to), post.now)
    post.run(HOUR)
    assert lifecycle.activate(current(to), post.now)
    post.run(timedelta(minutes=2))
    assert arrived(post) == [late]


def test_gone_disables_at_once_and_the_next_ping_brings_all_back(post: Post) -> None:
    to = post.endpoint()
    post.receivers[URL] = answers(410)
    events = [post.event()]
    post.run()
    assert (current(to).state, current(to).disabled_reason) == ("disabled", "gone")
    events += post.events(2)
    post.run(DAY)
    assert len(post.tried) == 1
    post.receivers[URL] = answers(204)
    ping(post, current(to))
    post.run(timedelta(minutes=2))
    assert current(to).state == "active"
    assert sorted(arrived(post)) == sorted(events)


def test_five_days_of_failure_disable_it_and_nothing_is_lost(post: Post) -> None:
    to = post.endpoint()
    post.receivers[URL] = answers(503)
    events = []
    for _ in range(7):
        events.append(post.event())
        post.run(DAY)
        if post.now - timedelta(days=4, hours=23) < post.tried[0].at:
            assert current(to).state == "active"
    assert (current(to).state, current(to).disabled_reason) == ("disabled", "failing")
    post.receivers[URL] = answers(204)
    post.run(DAY)
    assert arrived(post) == []
    ping(post, current(to))
    post.run(timedelta(minutes=2))
    assert sorted(arrived(post)) == sorted(events)
    assert len(arrived(post)) == len(events)


def test_the_agency_is_told_by_e_mail_that_its_endpoint_is_disabled(post: Post) -> None:
    agency = Agency(name="Dinas Jalan", tier="city", email="dinas@example.org")
    Entry(kind="agency", id=AGENCY, body=msgspec.json.encode(agency).decode()).save()
    post.endpoint()
    post.receivers[URL] = answers(410)
    mails = sent_mails()
    post.event()
    post.run()
    (mail,) = sent_mails()[len(mails) :]
    assert mail["to"] == ["dinas@example.org"]
    assert URL in mail["body"]
    assert not list(Order.query("orders"))


def test_another_url_must_answer_a_ping_before_it_gets_anything(post: Post) -> None:
    to = post.endpoint()
    assert lifecycle.move(current(to), "https://new.example/", post.now)
    post.receivers["https://new.example/"] = answers(204)
    during = post.event()
    post.run(HOUR)
    assert post.tried == []
    ping(post, current(to))
    post.run(timedelta(minutes=2))
    assert [message.url for message in post.came] == ["https://new.example/"] * 2
    assert arrived(post) == [during]


def test_nothing_wakes_a_deleted_endpoint(post: Post) -> None:
    to = post.endpoint()
    to.delete()
    lifecycle.disable(to, "gone", "01", post.now)
    assert not lifecycle.activate(to, post.now)
    assert lifecycle.missed(to, "01")
    assert Endpoint.count(to.owner) == 0


def sent_mails() -> list[dict[str, Any]]:
    from moto.ses.models import ses_backends

    found = ses_backends["123456789012"]["us-east-1"].sent_messages
    return [
        {"to": one.destinations["ToAddresses"], "body": json.dumps(vars(one), default=str)}
        for one in found
    ]
