"""Phones get one push of what their owner wants to hear, until they are taken away."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from chalicelib import aws
from chalicelib.notifications import devices, mail
from chalicelib.notifications.models import Notification
from chalicelib.settings import settings
from tests.city import CITIZEN, City, Person
from tests.taking_part.test_notifications import Post, acknowledge, inbox, reachable, wish

STRANGER = Person("citizen", "lain")
PHONE = {"platform": "fcm", "token": "sebuah-token-yang-panjang"}


@pytest.fixture
def post(city: City) -> Iterator[Post]:
    """The stream and the queue; `mails` are pushes here."""
    boto3.client("sns").create_platform_application(Name="tests", Platform="GCM", Attributes={})
    running, events = Post(), aws.sns().meta.events
    events.register("provide-client-params.sns.Publish", running.take)
    while running._received():
        pass  # what earlier tests of this process have left
    yield running
    events.unregister("provide-client-params.sns.Publish", running.take)
    for endpoint in endpoints():
        aws.sns().delete_endpoint(EndpointArn=endpoint)


def endpoints() -> list[str]:
    found = boto3.client("sns").list_endpoints_by_platform_application(
        PlatformApplicationArn=settings.push_fcm_arn
    )
    return [one["EndpointArn"] for one in found["Endpoints"]]


def add(city: City, phone: dict[str, str] = PHONE, by: Person = CITIZEN) -> Any:
    answer = city.call("PUT", "/v1/me/devices", phone, by=by)
    assert answer.status == 200, answer.body
    return answer.json


def phones(city: City, by: Person = CITIZEN) -> list[Any]:
    items: list[Any] = city.get("/v1/me/devices", by=by).json["items"]
    return items


def test_a_phone_gets_one_push_until_its_owner_takes_it_away(city: City, post: Post) -> None:
    id = add(city)["id"]
    assert (add(city)["id"], len(phones(city))) == (id, 1)
    report = city.report()
    acknowledge(city, report)
    for _ in range(2):
        post.work()
    (push,) = post.mails
    payload = json.loads(json.loads(push["Message"])["GCM"])["fcmV1Message"]["message"]
    assert payload["notification"] == {
        "title": settings.city_name,
        "body": f"Laporan {report['number']}: Diterima.",
    }
    (told,) = inbox(city, CITIZEN)
    assert payload["data"] == {
        "event_id": told["id"],
        "report_id": report["id"],
        "type": "report.status_changed",
    }
    assert "warga" not in json.dumps(post.mails)
    for person, left in ((STRANGER, 1), (CITIZEN, 0)):
        assert city.call("DELETE", f"/v1/me/devices/{id}", by=person).status == 204
        assert len(phones(city)) == len(endpoints()) == left
    acknowledge(city, city.report())
    post.work()
    assert len(post.mails) == 1


def test_a_push_that_failed_comes_later(city: City, post: Post) -> None:
    add(city)
    acknowledge(city, city.report())
    post.broken = True
    post.work()
    (row,) = Notification.query(CITIZEN.sub, Notification.item.startswith("notification#"))
    assert post.mails == []
    assert row.pushed_at is None
    post.broken = False
    for _ in range(2):
        post.work()
    assert len(post.mails) == len(endpoints()) == 1
    # Who leaves leaves nothing with the push service either.
    assert (devices.forget(CITIZEN.sub), devices.forget(CITIZEN.sub), endpoints()) == (1, 0, [])


def test_a_phone_that_takes_no_pushes_any_more_is_forgotten(city: City, post: Post) -> None:
    add(city)
    acknowledge(city, city.report())
    post.work()
    aws.sns().set_endpoint_attributes(
        EndpointArn=post.mails[0]["TargetArn"], Attributes={"Enabled": "false"}
    )
    acknowledge(city, city.report())
    post.work()
    assert (phones(city), endpoints()) == ([], [])


def test_what_is_muted_is_in_the_inbox_only(city: City, post: Post) -> None:
    add(city)
    wished = wish(city, CITIZEN, muted=["status"])
    assert (wished["push"], wished["muted"]) == (True, ["status"])
    acknowledge(city, city.report())
    post.work()
    assert (post.mails, len(inbox(city, CITIZEN))) == ([], 1)
    wish(city, CITIZEN, muted=[], push=False)
    # Another phone is no change of mind.
    add(city, {**PHONE, "token": "token-ponsel-yang-kedua"})
    acknowledge(city, city.report())
    post.work()
    assert (post.mails, len(inbox(city, CITIZEN))) == ([], 2)
    for wrong in ({"muted": ["x"]}, {"muted": ["status"] * 5}, {"push": "ya"}, {"mail": None}):
        answer = city.call("PATCH", "/v1/me/preferences", wrong, by=CITIZEN)
        assert answer.status == 400, wrong


def test_no_phone_is_kept_that_cannot_be_reached_or_is_one_too_many(city: City) -> None:
    for wrong in (
        {**PHONE, "platform": "apns"},  # which this city has not set up
        {**PHONE, "platform": "pager"},
        {**PHONE, "token": "pendek"},
        {**PHONE, "token": "token dengan <spasi> di dalamnya"},
    ):
        assert city.call("PUT", "/v1/me/devices", wrong, by=CITIZEN).status in (400, 422)
    for number in range(10):
        add(city, {**PHONE, "token": f"token-ponsel-nomor-{number}"})
    answer = city.call("PUT", "/v1/me/devices", PHONE, by=CITIZEN)
    assert (answer.status, len(phones(city)), phones(city, STRANGER)) == (422, 10, [])
    assert "token-ponsel" not in city.get("/v1/me/devices", by=CITIZEN).body


def test_muted_kinds_make_no_daily_mail(city: City, post: Post) -> None:
    report = city.report()
    acknowledge(city, report)
    mails = Post()
    aws.ses().meta.events.register("provide-client-params.sesv2.SendEmail", mails.take)
    try:
        reachable(city, CITIZEN, "daily", mails)
        post.work()
        wish(city, CITIZEN, muted=["status"])
        assert (mail.mail_daily(), mails.mails) == (0, [])
    finally:
        aws.ses().meta.events.unregister("provide-client-params.sesv2.SendEmail", mails.take)
