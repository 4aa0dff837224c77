"""An event reaches every endpoint that asked for it, signed, and is tried until it is there."""

import itertools
import json
import random
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from chalicelib.events.models import EventArea
from chalicelib.webhooks import sealing
from chalicelib.webhooks.retries import DELAYS_S
from tests.webhooks.postal import START, URL, Post, answers

HOUR = timedelta(hours=1)


def test_an_event_arrives_at_once_with_a_signature_that_verifies(post: Post) -> None:
    to = post.endpoint()
    event = post.event()
    post.run()
    (message,) = post.came
    assert (message.id, message.at) == (event, START)
    assert message.headers["Content-Type"] == "application/json"
    secret = sealing.unsealed(to.secrets[0], to.id)
    # The library compares with the present; the signature is what is of interest here.
    library = Webhook(secret)
    wanted = library.sign(event, START, message.body.decode())
    assert message.headers["webhook-signature"] == wanted
    assert json.loads(message.body)["type"] == "report.created"
    assert post.state(to, event) == "delivered"


def test_only_endpoints_that_asked_for_it_get_it(post: Post) -> None:
    everything = post.endpoint("https://a.example/")
    city = post.endpoint("https://city.example/", agency=None)
    wanted = post.endpoint(
        "https://b.example/",
        event_types=["report.created"],
        categories=["jalan-rusak"],
        areas=["melati"],
    )
    post.endpoint("https://other-agency.example/", agency="sampah")
    post.endpoint("https://other-type.example/", event_types=["report.merged"])
    post.endpoint("https://other-category.example/", categories=["sampah"])
    post.endpoint("https://other-area.example/", areas=["kenanga"])
    post.endpoint("https://pending.example/", state="pending", active_from=None)
    post.event(areas=[EventArea("uji", 1), EventArea("melati", 2)])
    post.run()
    assert {message.url for message in post.came} == {everything.url, city.url, wanted.url}


def test_the_agency_that_a_report_leaves_is_told_too(post: Post) -> None:
    post.endpoint()
    event = post.event("sampah", type="report.routed", previous_agency_id="dinas-jalan")
    post.run()
    assert post.ids() == [event]


def test_a_failing_receiver_is_tried_ten_times_by_the_schedule(post: Post) -> None:
    to = post.endpoint()
    post.receivers[URL] = answers(500)
    event = post.event()
    # Another event gets through between the tries, so that the breaker never opens.
    post.receivers[URL] = lambda message: answers(500 if message.id == event else 204)(message)
    for _ in range(90):
        post.event()
        post.run(HOUR)
    tries = [message.at for message in post.tried if message.id == event]
    assert len(tries) == 10
    for (before, after), step in zip(itertools.pairwise(tries), DELAYS_S[1:], strict=True):
        waited = (after - before).total_seconds()
        assert 0.8 * step <= waited <= 1.2 * step + 61
    row = post.row(to, event)
    assert row.state == "failed"
    assert [int(one.number) for one in row.tries] == list(range(1, 11))
    assert {(int(one.status), one.excerpt) for one in row.tries} == {(500, "so it is")}


def test_a_receiver_that_asks_for_time_gets_it(post: Post) -> None:
    post.endpoint()
    post.receivers[URL] = answers(503, retry_after_s=1200)
    post.event()
    post.run(timedelta(seconds=1199))
    assert len(post.tried) == 1
    post.receivers[URL] = answers(204)
    post.run(timedelta(minutes=10))
    assert len(post.came) == 1


def test_what_waits_for_a_receiver_arrives_when_it_is_back(post: Post) -> None:
    # Waits are spread at random, and seldom so that all twelve come after 17 minutes.
    random.seed(6)
    post.endpoint()
    post.receivers[URL] = answers(500)
    events = post.events(12)
    post.run(8 * HOUR)
    assert len(post.tried) < 60, "the breaker lets few requests through"
    post.receivers[URL] = answers(204)
    post.run(timedelta(minutes=17))
    assert sorted(post.ids()) == sorted(events)


def test_a_deleted_endpoint_gets_nothing_more(post: Post) -> None:
    to = post.endpoint()
    post.receivers[URL] = answers(500)
    event = post.event()
    post.run()
    to.delete()
    post.run(HOUR)
    assert len(post.tried) == 1
    assert post.state(to, event) == "cancelled"


def test_former_secrets_sign_until_their_time_is_over(post: Post) -> None:
    to = post.endpoint()
    former = {"sealed": to.secrets[0], "until": "2026-11-25T01:00:00.000Z"}
    new = sealing.sealed("whsec_" + "bmV3" * 10, to.id)
    to.former_secrets, to.secrets = [former], [new]
    to.save()
    post.event()
    post.run(25 * HOUR)
    post.event()
    post.run()
    signatures = [len(message.headers["webhook-signature"].split()) for message in post.came]
    assert signatures == [2, 1]


def test_an_endpoints_own_headers_go_with_each_request_and_never_replace_ours(post: Post) -> None:
    to = post.endpoint()
    headers = {"X-Api-Key": "rahasia", "webhook-id": "forged"}
    to.headers = sealing.sealed_headers(headers, to.id)
    to.save()
    event = post.event()
    post.run()
    (message,) = post.came
    assert message.headers["X-Api-Key"] == "rahasia"
    assert message.headers["webhook-id"] == event


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500])
def test_whatever_is_not_a_2xx_is_tried_again(post: Post, status: int) -> None:
    post.endpoint()
    post.receivers[URL] = answers(status)
    post.event()
    post.run()
    post.receivers[URL] = answers(204)
    post.run(timedelta(seconds=10))
    assert len(post.came) == 1
