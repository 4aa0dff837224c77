"""What arrives for a slot becomes a photo, once; all else is removed; poison harms nobody."""

import json
from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.clock import moment, now
from chalicelib.photos import processing
from chalicelib.photos.models import find_photo
from chalicelib.photos.pictures import CACHE_FOREVER
from chalicelib.settings import settings
from tests.city import ADMIN, CITIZEN, City, new_report, told
from tests.cloud import RESOURCES
from tests.photos import pictures, worker
from tests.photos.pictures import encoded, scene
from tests.photos.worker import message, put, send, work

PHOTO = encoded(scene(), "JPEG")
OTHER = encoded(scene(seed=2), "JPEG")


def photos(city: City, report: dict[str, Any], language: str = "en") -> list[Any]:
    answer = city.get(f"/v1/reports/{report['id']}", headers={"accept-language": language})
    found: list[Any] = answer.json["photos"]
    return found


def test_what_is_uploaded_becomes_public_under_names_that_never_change(city: City) -> None:
    report = city.report(photos=1)
    (waiting,) = report["photos"]
    assert (waiting["state"], waiting["urls"], waiting["message"]) == ("waiting", {}, None)
    send(report["uploads"][0], PHOTO)
    (photo,) = photos(city, report)
    assert (photo["state"], photo["width"], photo["height"]) == ("ready", 320, 240)
    assert photo["thumbhash"]
    assert sorted(photo["urls"]) == ["1600", "240", "640", "640_avif"]
    for url in photo["urls"].values():
        stored = aws.s3().head_object(Bucket=settings.photos_bucket, Key=worker.key_of(url))
        assert stored["CacheControl"] == CACHE_FOREVER
        assert stored["ContentType"] in ("image/jpeg", "image/avif")


def test_the_same_notification_twice_is_one_photo_and_one_event(city: City) -> None:
    report = city.report(photos=1)
    notification = message(put(report["uploads"][0], PHOTO))
    assert work(notification, notification) == []
    events = [one["type"] for one in told(report["id"])]
    assert events == ["report.created", "report.photo_ready"]


def test_the_same_file_uploaded_twice_is_one_photo_and_its_original_stays(city: City) -> None:
    report = city.report(photos=1)
    send(report["uploads"][0], PHOTO)
    before = photos(city, report)
    send(report["uploads"][0], PHOTO)
    assert photos(city, report) == before
    assert worker.original(report["uploads"][0])


def test_photos_keep_the_order_of_their_slots(city: City) -> None:
    report = city.report(photos=5)
    slots = [upload["photo_id"] for upload in report["uploads"]]
    assert [photo["photo_id"] for photo in photos(city, report)] == slots


def test_another_file_for_a_used_slot_is_removed(city: City) -> None:
    report = city.report(photos=1)
    send(report["uploads"][0], PHOTO)
    before = photos(city, report)
    send(report["uploads"][0], OTHER)
    assert photos(city, report) == before
    assert not worker.original(report["uploads"][0])


@pytest.mark.parametrize(
    "key", ["originals/01ARZ3NDEKTSV4RRFFQ69G5FAV/01ARZ3NDEKTSV4RRFFQ69G5FAV", "originals/x"]
)
def test_an_object_that_no_slot_asked_for_is_removed(city: City, key: str) -> None:
    aws.s3().put_object(Bucket=settings.uploads_bucket, Key=key, Body=PHOTO)
    before = worker.pictures()
    assert work(message(worker.told(key))) == []
    assert not worker.keys(settings.uploads_bucket, key)
    assert worker.pictures() == before


def test_an_object_that_has_gone_meanwhile_is_no_fault(city: City) -> None:
    report = city.report(photos=1)
    key = report["uploads"][0]["fields"]["key"]
    assert work(message(worker.told(key))) == []
    assert photos(city, report)[0]["state"] == "waiting"


def test_the_test_message_of_a_new_bucket_is_no_fault(city: City) -> None:
    assert work(message({"Service": "Amazon S3", "Event": "s3:TestEvent"})) == []


def test_pictures_of_a_private_report_are_reached_by_short_links_only(city: City) -> None:
    before = worker.pictures()
    report = city.report(photos=1, private=True)
    send(report["uploads"][0], PHOTO)
    assert city.get(f"/v1/reports/{report['id']}").status == 404
    shown = city.get(f"/v1/reports/{report['id']}", by=CITIZEN).json["photos"][0]
    for url in shown["urls"].values():
        assert "/private/" in url
        assert "X-Amz-Expires=300" in url
    assert {one.split("/")[0] for one in worker.pictures() - before} == {"private"}


BAD = {
    "empty": (b"", "empty"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_a_picture"),
    "vast gif": (pictures.gif_of_size(65535, 65535), "not_a_picture"),
    "truncated": (PHOTO[: len(PHOTO) // 2], "corrupt"),
    "200 megapixels": (pictures.jpeg_of_size(20000, 10000), "too_many_pixels"),
}


@pytest.mark.parametrize(("body", "reason"), BAD.values(), ids=BAD)
def test_a_bad_file_is_rejected_with_a_sentence_and_the_next_photo_is_served(
    city: City, body: bytes, reason: str
) -> None:
    report = city.report(photos=2)
    before = worker.pictures()
    bad, good = report["uploads"]
    send(bad, body)
    assert worker.pictures() == before
    assert not worker.original(bad)
    send(good, PHOTO)
    refused, served = photos(city, report)
    assert (refused["state"], refused["reason"], refused["urls"]) == ("rejected", reason, {})
    assert refused["message"].endswith(".")
    assert photos(city, report, "id")[0]["message"] != refused["message"]
    assert served["state"] == "ready"


def test_a_message_that_fails_is_named_and_its_neighbours_are_served(city: City) -> None:
    report = city.report(photos=2)
    first, second = report["uploads"]
    broken = message("no JSON")
    assert work(message(put(first, PHOTO)), broken, message(put(second, OTHER))) == [
        broken["messageId"]
    ]
    assert [photo["state"] for photo in photos(city, report)] == ["ready", "ready"]


def test_on_its_last_receive_a_photo_is_given_up_visibly_and_the_message_goes_on(
    city: City,
) -> None:
    report = city.report(photos=1)
    poison = message(put(report["uploads"][0], PHOTO), received=processing.LAST_RECEIVE)
    assert work(poison) == [poison["messageId"]]
    (photo,) = photos(city, report)
    assert (photo["state"], photo["reason"]) == ("rejected", "failed")
    assert "our side" in photo["message"]


def test_a_photo_that_was_given_up_can_still_be_served_by_an_operator(city: City) -> None:
    report = city.report(photos=1)
    notification = put(report["uploads"][0], PHOTO)
    work(message(notification, received=processing.LAST_RECEIVE))
    assert work(message(notification)) == []
    (photo,) = photos(city, report)
    assert (photo["state"], photo["reason"], photo["message"]) == ("ready", None, None)


def test_the_worker_gives_up_just_before_the_queue_does() -> None:
    redrive = RESOURCES["PhotoQueue"]["Properties"]["RedrivePolicy"]
    assert redrive["maxReceiveCount"] == processing.LAST_RECEIVE


def test_a_slot_that_nothing_came_for_expires_makes_room_and_is_swept(city: City) -> None:
    report = city.report(photos=5)
    more = f"/v1/reports/{report['id']}/photos"
    assert city.post(more, {"count": 1}, by=CITIZEN).status == 422
    for upload in report["uploads"]:
        row = find_photo(report["id"], upload["photo_id"])
        assert moment(row.created_at) < now() < moment(row.created_at) + timedelta(minutes=1)
        assert row.expires == int((moment(row.created_at) + timedelta(days=7)).timestamp())
        row.created_at = "2020-01-01T00:00:00.000Z"
        row.save()
    expired = photos(city, report)
    assert {photo["state"] for photo in expired} == {"expired"}
    assert "upload" in expired[0]["message"]
    assert city.post(more, {"count": 5}, by=CITIZEN).status == 201
    assert RESOURCES["ReportsTable"]["Properties"]["TimeToLiveSpecification"] == {
        "AttributeName": "expires",
        "Enabled": True,
    }


def test_a_photo_that_arrived_late_is_served_and_never_swept(city: City) -> None:
    report = city.report(photos=1)
    row = find_photo(report["id"], report["uploads"][0]["photo_id"])
    row.created_at = "2020-01-01T00:00:00.000Z"
    row.save()
    send(report["uploads"][0], PHOTO)
    assert photos(city, report)[0]["state"] == "ready"
    assert find_photo(row.id, row.photo_id).expires is None


def test_an_upload_form_takes_one_key_for_an_hour_and_only_pictures_of_15_mb(city: City) -> None:
    report = city.report(photos=1)
    (upload,) = report["uploads"]
    policy = json.loads(b64decode(upload["fields"]["policy"]))
    conditions = policy["conditions"]
    assert ["content-length-range", 1, 15 * 1024 * 1024] in conditions
    assert ["starts-with", "$Content-Type", "image/"] in conditions
    assert {"key": f"originals/{report['id']}/{upload['photo_id']}"} in conditions
    lifetime = moment(policy["expiration"]) - moment(report["created_at"])
    assert timedelta(minutes=59) < lifetime < timedelta(minutes=61)


@pytest.mark.parametrize(("wanted", "status"), [(0, 201), (5, 201), (6, 400), (-1, 400)])
def test_a_report_has_none_to_five_photos(city: City, wanted: int, status: int) -> None:
    assert city.post("/v1/reports", new_report(photos=wanted), by=CITIZEN).status == status


def test_an_administrator_sees_what_everybody_sees(city: City) -> None:
    report = city.report(photos=1)
    send(report["uploads"][0], PHOTO)
    shown = city.get(f"/v1/reports/{report['id']}", by=ADMIN).json["photos"][0]
    assert shown["urls"] == photos(city, report)[0]["urls"]
