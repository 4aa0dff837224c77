"""A moderator blacks out parts of a photo: hidden at once, made anew, the old pictures gone."""

from typing import Any

import pytest

from chalicelib import aws
from chalicelib.photos import processing
from chalicelib.photos.models import find_photo
from chalicelib.photos.pictures import forget
from chalicelib.settings import settings
from tests.city import ADMIN, CITIZEN, KENANGA, MODERATOR, ROADS, City, officer, told
from tests.photos import pictures, worker
from tests.photos.pictures import BLUE, GREEN, RED, YELLOW, alike, corners, encoded, opened
from tests.photos.worker import message, queued, send, work

PHOTO = encoded(pictures.quarters(800, 600), "JPEG")
BLACK = (0, 0, 0)
LEFT = {"left": 0, "top": 0, "right": 0.5, "bottom": 1}
TOP = {"left": 0, "top": 0, "right": 1, "bottom": 0.5}


@pytest.fixture(autouse=True)
def _empty_queue(city: City) -> None:
    queued()


def photo_of(city: City, report: Any, by: Any = None) -> Any:
    return city.get(f"/v1/reports/{report['id']}", by=by).json["photos"][0]


def ready(city: City, body: bytes = PHOTO, **facts: Any) -> Any:
    report = city.report(photos=1, **facts)
    send(report["uploads"][0], body)
    return report


def path_of(report: Any) -> str:
    photo_id = report["uploads"][0]["photo_id"]
    return f"/v1/admin/moderation/photos/{report['id']}/{photo_id}/redactions"


def redact(city: City, report: Any, *rectangles: Any, by: Any = MODERATOR) -> Any:
    return city.post(path_of(report), {"rectangles": list(rectangles)}, by=by)


def worked_off(received: int = 1) -> list[str]:
    return work(*(message(body, received) for body in queued()))


def shown(city: City, report: Any) -> list[tuple[int, ...]]:
    return corners(opened(worker.body_of(photo_of(city, report)["urls"]["1600"])))


def test_a_photo_is_hidden_at_once_and_shown_again_with_the_part_blackened(city: City) -> None:
    report = ready(city)
    before = photo_of(city, report)
    answer = redact(city, report, LEFT)
    assert (answer.status, answer.json["state"], answer.json["urls"]) == (202, "redacting", {})
    hidden = photo_of(city, report)
    assert (hidden["state"], hidden["urls"], hidden["thumbhash"]) == ("redacting", {}, None)
    assert hidden["message"]
    assert worked_off() == []
    after = photo_of(city, report)
    assert after["state"] == "ready"
    assert not set(after["urls"].values()) & set(before["urls"].values())
    for url in after["urls"].values():
        found = corners(opened(worker.body_of(url)))
        assert all(map(alike, found, (BLACK, GREEN, BLACK, YELLOW)))


def test_the_old_pictures_are_gone(city: City) -> None:
    report = ready(city)
    old = {worker.key_of(url) for url in photo_of(city, report)["urls"].values()}
    assert old <= worker.pictures()
    redact(city, report, LEFT)
    worked_off()
    assert not old & worker.pictures()


def test_lists_show_the_new_thumbnail_and_none_meanwhile(city: City) -> None:
    report = ready(city)

    def thumb() -> Any:
        near = f"/v1/reports?near={KENANGA.lat},{KENANGA.lon}&radius=50"
        return city.get(near).json["items"][0]["thumb"]

    before = thumb()
    redact(city, report, LEFT)
    assert thumb() is None
    worked_off()
    assert thumb() not in (None, before)


def test_a_second_redaction_keeps_the_first(city: City) -> None:
    report = ready(city)
    for rectangle in (LEFT, TOP):
        redact(city, report, rectangle)
        worked_off()
    assert all(map(alike, shown(city, report), (BLACK, BLACK, BLACK, YELLOW)))


def test_two_orders_at_once_are_both_obeyed(city: City) -> None:
    report = ready(city)
    before = worker.pictures()
    redact(city, report, LEFT)
    redact(city, report, TOP)
    assert worked_off() == []
    assert all(map(alike, shown(city, report), (BLACK, BLACK, BLACK, YELLOW)))
    assert len(worker.pictures()) == len(before)


def test_an_order_that_comes_twice_changes_nothing_more(city: City) -> None:
    report = ready(city)
    redact(city, report, LEFT)
    (order,) = queued()
    work(message(order))
    once, pictures_then = photo_of(city, report), worker.pictures()
    assert work(message(order)) == []
    assert photo_of(city, report) == once
    assert worker.pictures() == pictures_then


def test_without_the_original_it_is_made_from_the_largest_picture(city: City) -> None:
    report = ready(city)
    key = report["uploads"][0]["fields"]["key"]
    aws.s3().delete_object(Bucket=settings.uploads_bucket, Key=key)
    redact(city, report, LEFT)
    worked_off()
    assert all(map(alike, shown(city, report), (BLACK, GREEN, BLACK, YELLOW)))


def test_another_file_under_the_originals_key_is_not_taken_for_it(city: City) -> None:
    report = ready(city)
    worker.put(report["uploads"][0], encoded(pictures.scene(), "JPEG"))
    redact(city, report, LEFT)
    worked_off()
    assert all(map(alike, shown(city, report), (BLACK, GREEN, BLACK, YELLOW)))


def test_a_photo_of_a_private_report_stays_private(city: City) -> None:
    report = ready(city, private=True)
    before = worker.pictures()
    redact(city, report, LEFT)
    worked_off()
    made = worker.pictures() - before
    assert {key.split("/")[0] for key in made} == {"private"}
    assert "X-Amz-Signature" in photo_of(city, report, by=CITIZEN)["urls"]["1600"]


def test_an_order_that_fails_for_good_leaves_no_picture_at_all(city: City) -> None:
    report = ready(city)
    old = {worker.key_of(url) for url in photo_of(city, report)["urls"].values()}
    redact(city, report, LEFT)
    assert len(worked_off(received=processing.LAST_RECEIVE)) == 1
    photo = photo_of(city, report)
    assert (photo["state"], photo["reason"], photo["urls"]) == ("rejected", "failed", {})
    assert not old & worker.pictures()


def test_it_is_told_by_whom_and_when_and_announced_when_done(city: City) -> None:
    report = ready(city)
    redact(city, report, LEFT)
    worked_off()
    photo_id = report["uploads"][0]["photo_id"]
    entry = city.get(f"/v1/reports/{report['id']}/updates").json["items"][-1]
    assert (entry["kind"], entry["by"], entry["photo_ids"]) == (
        "redaction",
        "moderator",
        [photo_id],
    )
    (kept,) = find_photo(report["id"], photo_id).redactions
    assert kept["by"] == MODERATOR.sub
    assert kept["at"] == entry["at"]
    assert [one["type"] for one in told(report["id"])].count("report.photo_ready") == 2


@pytest.mark.parametrize("by", [None, CITIZEN, officer(ROADS)])
def test_only_moderators_and_administrators_may(city: City, by: Any) -> None:
    report = ready(city)
    assert redact(city, report, LEFT, by=by).status == (401 if by is None else 403)
    assert queued() == []
    assert redact(city, report, LEFT, by=ADMIN).status == 202


@pytest.mark.parametrize(
    "rectangle",
    [
        {**LEFT, "left": 0.5},
        {**LEFT, "top": 1},
        {**LEFT, "right": 1.2},
        {**LEFT, "left": -0.1},
        {"left": 0, "top": 0, "right": 1},
        {**LEFT, "colour": "red"},
    ],
)
def test_a_rectangle_must_be_one_within_the_picture(city: City, rectangle: Any) -> None:
    report = ready(city)
    answer = redact(city, report, rectangle)
    assert answer.status == 400
    assert all(fault["field"].startswith("rectangles[0]") for fault in answer.json["errors"])


def test_a_photo_without_pictures_or_that_is_not_there_is_refused(city: City) -> None:
    report = city.report(photos=1)
    answer = redact(city, report, LEFT)
    assert (answer.status, answer.json["code"], answer.json["state"]) == (
        409,
        "PhotoNotReady",
        "waiting",
    )
    missing = path_of(report).replace(report["uploads"][0]["photo_id"], "nothing")
    answer = city.post(missing, {"rectangles": [LEFT]}, by=MODERATOR)
    assert (answer.status, answer.json["code"]) == (404, "PhotoNotFound")


class Edges:
    """CloudFront, as far as it is asked here."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []

    def create_invalidation(self, **order: Any) -> None:
        self.orders.append(order)


def test_the_delivery_network_is_told_to_forget_the_folder() -> None:
    edges = Edges()
    forget(edges, "E123", "photos/abc")
    (order,) = edges.orders
    assert order["DistributionId"] == "E123"
    assert order["InvalidationBatch"]["Paths"] == {"Quantity": 1, "Items": ["/photos/abc/*"]}


def test_the_colours_of_these_tests_are_those_of_the_picture(city: City) -> None:
    assert all(map(alike, shown(city, ready(city)), (RED, GREEN, BLUE, YELLOW)))
