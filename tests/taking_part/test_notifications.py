"""Who is told of what, once each, by the ways they chose, and by none when they chose none."""

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from chalicelib import aws, workers
from chalicelib.clock import now
from chalicelib.events.models import Event
from chalicelib.notifications import alerts, links, mail
from chalicelib.notifications.models import AlertPlace, Notification
from chalicelib.settings import settings
from tests.city import CITIZEN, KENANGA, MELATI, ROADS, RUBBISH, City, Person, officer
from tests.cloud import RESOURCES
from tests.taking_part.crowd import NEIGHBOUR, decide, said

OTHER = Person("citizen", "lain")
ROADMAN = officer(ROADS)


class Post:
    """The stream, the queue and the mail service: runs the first two, and keeps the mails."""

    def __init__(self) -> None:
        self.mails: list[dict[str, Any]] = []
        self.broken = False

    def take(self, params: dict[str, Any], **_: object) -> None:
        if self.broken:
            raise ConnectionError("the mail service is away")
        self.mails.append(params)

    def work(self) -> None:
        """Everything that the events up to now lead to."""
        images = [event.serialize() for event in Event.scan()]
        records = [
            {"eventName": "INSERT", "dynamodb": {"NewImage": image, "SequenceNumber": "1"}}
            for image in sorted(images, key=lambda image: image["id"]["S"])
        ]
        assert workers.publish_events({"Records": records}) == {"batchItemFailures": []}
        while bodies := self._received():
            workers.notify_people({"Records": bodies})

    @property
    def texts(self) -> list[str]:
        return [one["Content"]["Simple"]["Body"]["Text"]["Data"] for one in self.mails]

    def _received(self) -> list[dict[str, str]]:
        sqs = boto3.client("sqs")
        url = settings.notification_queue_url
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for one in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return [{"body": one["Body"], "messageId": one["MessageId"]} for one in got]


@pytest.fixture
def post(city: City) -> Iterator[Post]:
    running = Post()
    events = aws.ses().meta.events
    events.register("provide-client-params.sesv2.SendEmail", running.take)
    while running._received():
        pass  # what earlier tests of this process have left
    yield running
    events.unregister("provide-client-params.sesv2.SendEmail", running.take)


def inbox(city: City, by: Person) -> list[Any]:
    answer = city.get("/v1/me/notifications", by=by, headers={"accept-language": "en"})
    assert answer.status == 200, answer.body
    items: list[Any] = answer.json["items"]
    return items


def wish(city: City, by: Person, **wishes: Any) -> Any:
    answer = city.call("PATCH", "/v1/me/preferences", wishes, by=by)
    assert answer.status == 200, answer.body
    return answer.json


def reachable(city: City, by: Person, mode: str, post: Post) -> None:
    """The person has an address, by the link that was mailed to it."""
    wish(city, by, email=f"{by.sub}@example.org", mail=mode, language="en")
    (path,) = re.findall(r"https://api\.test(\S+)", post.texts[-1])
    assert city.get(path).status == 200
    assert city.get("/v1/me/preferences", by=by).json["email"] is None
    assert city.get(f"{path}&sure=yes").status == 200
    assert city.get("/v1/me/preferences", by=by).json["email"] == f"{by.sub}@example.org"
    post.mails.clear()


def follow(city: City, report: Any, by: Person) -> None:
    assert city.call("PUT", f"/v1/reports/{report['id']}/follow", by=by).status == 200


def acknowledge(city: City, report: Any) -> None:
    path = f"/v1/reports/{report['id']}/status"
    assert city.post(path, {"status": "acknowledged"}, by=ROADMAN).status == 200


def test_a_status_change_reaches_every_follower_once_however_often_the_stream_repeats(
    city: City, post: Post
) -> None:
    report = city.report()
    follow(city, report, NEIGHBOUR)
    reachable(city, NEIGHBOUR, "each", post)
    acknowledge(city, report)
    for _ in range(2):
        post.work()
    for person in (CITIZEN, NEIGHBOUR):
        (told,) = inbox(city, person)
        assert (told["type"], told["read"]) == ("report.status_changed", False)
        assert told["text"] == f"Report {report['number']}: Accepted."
    assert inbox(city, OTHER) == []
    (text,) = post.texts
    assert f"Report {report['number']}: Accepted." in text
    assert f"/v1/reports/{report['id']}/share" in text
    assert "warga" not in json.dumps(post.mails)


def test_the_mail_of_a_question_has_the_link_that_answers_it_without_a_login(
    city: City, post: Post
) -> None:
    report = city.report(private=True)
    reachable(city, CITIZEN, "each", post)
    path = f"/v1/reports/{report['id']}"
    assert city.post(f"{path}/questions", {"text": "Di sebelah mana?"}, by=ROADMAN).status == 200
    post.work()
    (link,) = re.findall(rf"https://api\.test({path}\S+)", post.texts[-1])
    assert "Di sebelah mana?" not in post.texts[-1]
    page = city.get(link, headers={"accept": "text/html"})
    assert ("Di sebelah mana?" in page.body, "<form" in page.body) == (True, True)
    token = link.partition("token=")[2]
    assert city.post(f"{path}/answers", {"text": "Barat.", "token": token}).status == 200
    # A mail that is sent after that leads to the report.
    for row in Notification.scan(Notification.mailed_at.exists()):
        row.update([Notification.mailed_at.remove()])
    post.work()
    assert f"{path}/share" in post.texts[-1]


def test_a_mail_that_failed_comes_later_and_once(city: City, post: Post) -> None:
    report = city.report()
    reachable(city, CITIZEN, "each", post)
    acknowledge(city, report)
    post.broken = True
    post.work()
    post.broken = False
    assert post.mails == []
    for _ in range(2):
        post.work()
    assert len(post.mails) == 1


def test_nobody_is_told_of_their_own_deeds_nor_of_what_is_hidden(city: City, post: Post) -> None:
    report, spam = city.report(), city.report()
    follow(city, report, NEIGHBOUR)
    follow(city, spam, NEIGHBOUR)
    said(city, report, "Betul.", NEIGHBOUR)
    said(city, report, "Terima kasih.", CITIZEN)
    decide(city, spam, action="hide", reason="spam")
    said(city, spam, "Kenapa?", CITIZEN)
    post.work()
    for person in (CITIZEN, NEIGHBOUR):
        assert [one["type"] for one in inbox(city, person)] == ["report.comment_added"]


def test_the_end_of_an_original_is_told_to_the_reporters_of_its_duplicates(
    city: City, post: Post
) -> None:
    original, copy = city.report(by=NEIGHBOUR), city.report(by=OTHER)
    merged = city.post(
        f"/v1/reports/{copy['id']}/merge", {"duplicate_of": original["id"]}, by=ROADMAN
    )
    assert merged.status == 200
    acknowledge(city, original)
    post.work()
    (newest, *_) = inbox(city, OTHER)
    assert (newest["report_id"], newest["type"]) == (original["id"], "report.status_changed")


def test_alerts_find_new_reports_by_circle_area_and_category_only(city: City, post: Post) -> None:
    near = {"lat": KENANGA.lat + 0.002, "lon": KENANGA.lon}
    wanted: dict[Person, dict[str, Any]] = {
        NEIGHBOUR: {"near": near, "radius_m": 300},
        OTHER: {"area": "kenanga", "categories": [RUBBISH]},
        Person("citizen", "jauh"): {"near": near, "radius_m": 200},
        Person("citizen", "kota"): {"area": "uji"},
        CITIZEN: {"area": "uji"},
    }
    for person, alert in wanted.items():
        assert city.post("/v1/me/alerts", alert, by=person).status == 201
    city.report(KENANGA)
    city.report(MELATI)
    city.report(KENANGA, private=True)
    post.work()
    assert [len(inbox(city, person)) for person in wanted] == [1, 0, 0, 2, 0]
    (mine,) = city.get("/v1/me/alerts", by=NEIGHBOUR).json["items"]
    path = f"/v1/me/alerts/{mine['id']}"
    assert city.call("DELETE", path, by=OTHER).status == 204
    assert len(city.get("/v1/me/alerts", by=NEIGHBOUR).json["items"]) == 1
    assert city.call("DELETE", path, by=NEIGHBOUR).status == 204
    city.report(KENANGA)
    post.work()
    assert len(inbox(city, NEIGHBOUR)) == 1
    assert (alerts.forget("kota"), alerts.forget("kota")) == (1, 0)
    assert not [row for row in AlertPlace.scan() if "kota" in (row.item or "").split("#")]
    for wrong in (
        {},
        {"near": near},
        {"area": "atlantis"},
        {"area": "uji", "near": near, "radius_m": 100},
        {"area": "uji", "categories": ["x"]},
    ):
        assert city.post("/v1/me/alerts", wrong, by=OTHER).status == 422
    assert city.post("/v1/me/alerts", {"near": near, "radius_m": 9999}, by=OTHER).status == 400


def test_one_mail_a_day_tells_everything_and_only_when_there_is_something(
    city: City, post: Post
) -> None:
    reports = [city.report() for _ in range(2)]
    reachable(city, CITIZEN, "daily", post)
    for report in reports:
        acknowledge(city, report)
    post.work()
    assert post.mails == []
    post.broken = True
    assert mail.mail_daily() == 0
    post.broken = False
    assert (mail.mail_daily(), mail.mail_daily()) == (1, 0)
    (text,) = post.texts
    assert all(report["number"] in text for report in reports)


def test_one_click_ends_the_mails_and_no_forged_link_does(city: City, post: Post) -> None:
    report = city.report()
    reachable(city, CITIZEN, "each", post)
    acknowledge(city, report)
    post.work()
    (sent,) = post.mails
    headers = {one["Name"]: one["Value"] for one in sent["Content"]["Simple"]["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    # By it the mail service stops at addresses that bounce or complain.
    assert sent["ConfigurationSetName"] == settings.mail_configuration
    path = headers["List-Unsubscribe"].strip("<>").removeprefix(settings.public_url)
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert city.get(path).status == 200
    assert city.get("/v1/me/preferences", by=CITIZEN).json["mail"] == "each"
    forged = links.confirmation("warga", "x@example.org", now()).rpartition("/v1")[2]
    for wrong in ("/v1/unsubscribe?token=x", f"/v1/unsubscribe?{forged.partition('?')[2]}"):
        assert city.post(wrong, b"List-Unsubscribe=One-Click", headers=form).status == 400
    answer = city.post(path, b"List-Unsubscribe=One-Click", headers=form)
    assert (answer.status, answer.json["unsubscribed"]) == (200, True)
    assert city.get("/v1/me/preferences", by=CITIZEN).json["mail"] == "none"


def test_an_address_is_asked_seldom_and_header_tricks_are_none(city: City, post: Post) -> None:
    for bad in ("a@b\r\nBcc: c@d", "a@b,c@d", "a", "a@b c", "x" * 250 + "@b.id"):
        asked = city.call("PATCH", "/v1/me/preferences", {"email": bad}, by=CITIZEN)
        assert asked.status == 400
    wish(city, CITIZEN, email="a@example.org")
    again = city.call("PATCH", "/v1/me/preferences", {"email": "b@example.org"}, by=CITIZEN)
    assert (again.status, len(post.mails)) == (429, 1)


def test_nobody_learns_whether_an_address_has_an_account(city: City, post: Post) -> None:
    reachable(city, CITIZEN, "each", post)
    known, unknown = f"{CITIZEN.sub}@example.org", "tiada@example.org"
    told = []
    for person, address in ((NEIGHBOUR, known), (Person("citizen", "pendatang"), unknown)):
        answer = city.call("PATCH", "/v1/me/preferences", {"email": address}, by=person)
        headers = {name: value for name, value in answer.headers.items() if "id" not in name}
        told.append((answer.status, headers, answer.body, len(post.mails)))
        post.mails.clear()
    assert told[0] == told[1]
    assert told[0][0] == 200
    assert city.get("/v1/me/preferences", by=CITIZEN).json["email"] == known
    pool = RESOURCES["PeopleClient"]["Properties"]
    assert pool["PreventUserExistenceErrors"] == "ENABLED"


def test_the_inbox_has_pages_and_remembers_what_was_read(city: City, post: Post) -> None:
    reports = [city.report() for _ in range(3)]
    for report in reports:
        acknowledge(city, report)
    post.work()
    first = city.get("/v1/me/notifications?limit=2", by=CITIZEN).json
    rest = city.get(f"/v1/me/notifications?limit=2&cursor={first['next']}", by=CITIZEN).json
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert ids == sorted(set(ids), reverse=True)
    assert (len(ids), rest["next"]) == (3, None)
    stolen = city.get(f"/v1/me/notifications?cursor={first['next']}", by=OTHER)
    assert stolen.status == 400
    city.call("PATCH", "/v1/me/notifications", {"read_until": ids[1]}, by=CITIZEN)
    assert [one["read"] for one in inbox(city, CITIZEN)] == [False, True, True]
