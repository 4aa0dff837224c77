"""Reports from offline queues: by their own `client_id`, hours later, and from nobody known."""

import uuid
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from chalicelib.clock import now
from chalicelib.idempotency import Replay
from chalicelib.photos.models import Photo, find_photo
from chalicelib.settings import settings
from tests.city import CITIZEN, MELATI, Answer, City, new_report
from tests.cloud import Cloud
from tests.reports.storage import stored


def test_a_client_id_alone_gives_the_first_answer_again_to_the_letter(city: City) -> None:
    body = new_report(client_id=str(uuid.uuid4()), photos=2)
    first, again = (city.post("/v1/reports", body) for _ in range(2))
    assert again.headers == {**first.headers, "idempotent-replayed": "true"}
    assert again.body == first.body


def test_what_became_of_the_report_since_does_not_change_the_answer(city: City) -> None:
    body = new_report(client_id=str(uuid.uuid4()))
    first = city.post("/v1/reports", body, by=CITIZEN)
    more = city.post(f"/v1/reports/{first.json['id']}/photos", {"count": 1}, by=CITIZEN)
    assert more.status == 201
    assert city.post("/v1/reports", body, by=CITIZEN).body == first.body


def test_when_its_upload_forms_are_no_longer_good_a_repeated_report_gets_new_ones(
    city: City,
) -> None:
    body = new_report(client_id=str(uuid.uuid4()), photos=1)
    first = city.post("/v1/reports", body)
    slot = find_photo(first.json["id"], first.json["uploads"][0]["photo_id"])
    slot.update([Photo.created_at.set("2020-01-01T00:00:00.000Z")])
    hours_later()
    again = city.post("/v1/reports", body)
    assert again.headers["idempotent-replayed"] == "true"
    assert [photo["state"] for photo in again.json["photos"]] == ["waiting"]
    assert find_photo(slot.id, slot.photo_id).state_at(now()) == "waiting"
    for name in ("id", "tracking_code"):
        assert again.json[name] == first.json[name]
    assert again.json["uploads"][0]["photo_id"] == first.json["uploads"][0]["photo_id"]
    assert reports() == 1


def test_hours_later_another_body_is_still_refused(city: City) -> None:
    client_id = str(uuid.uuid4())
    city.post("/v1/reports", new_report(client_id=client_id, photos=1))
    hours_later()
    other = city.post("/v1/reports", new_report(client_id=client_id, photos=2))
    assert (other.status, other.json["code"]) == (422, "IdempotencyMismatch")


def test_a_new_key_for_a_known_client_id_makes_no_new_report(city: City) -> None:
    body = new_report(client_id=str(uuid.uuid4()))
    first, again = (
        city.post("/v1/reports", body, headers={"idempotency-key": str(uuid.uuid4())})
        for _ in range(2)
    )
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json == first.json
    assert reports() == 1


def test_after_a_refusal_the_corrected_report_may_use_the_same_key(city: City) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    wrong = city.post("/v1/reports", new_report(category="tidak-ada"), headers=headers)
    right = city.post("/v1/reports", new_report(), headers=headers)
    assert (wrong.status, right.status) == (422, 201)
    assert "idempotent-replayed" not in right.headers


@pytest.mark.parametrize("by", [CITIZEN, None], ids=["an account", "anonymous"])
def test_nothing_that_was_answered_can_be_read_in_the_table(
    city: City, cloud: Cloud, by: object
) -> None:
    key = str(uuid.uuid4())
    answer = city.post(
        "/v1/reports",
        new_report(description="Rahasia saya", photos=1),
        by=CITIZEN if by else None,
        headers={"idempotency-key": key},
    )
    rows = cloud.dynamodb.scan(TableName=settings.replays_table)["Items"]
    # Beside the answer there are the counters of budgets.
    (answered,) = [row for row in rows if "answer" in row]
    kept = str(rows) + "".join(unzipped(answered["answer"]["B"]))
    code = answer.json["tracking_code"] or "-" * 9
    for secret in (key, "Rahasia", answer.json["id"], f"'{CITIZEN.sub}'", code, "uploads"):
        assert secret not in kept


def test_a_storm_of_reports_each_sent_five_times_leaves_each_once(city: City) -> None:
    bodies = [
        new_report(MELATI, description=f"Laporan {n}", client_id=str(uuid.uuid4()))
        for n in range(8)
    ]

    def send(n: int) -> Answer:
        return city.post("/v1/reports", bodies[n])

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, list(range(len(bodies))) * 5))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == len(bodies)
    assert reports() == len(bodies)


def unzipped(raw: bytes) -> Iterator[str]:
    """What an answer that is compressed and nothing else would show."""
    for start in range(len(raw)):
        with suppress(zlib.error):
            yield str(zlib.decompressobj().decompress(raw[start:]))


def hours_later() -> None:
    """What was remembered of requests has had its time; the table's cleaner has not come yet."""
    for row in Replay.scan():
        row.update([Replay.expires.set(1)])


def reports() -> int:
    return len([item for item in stored() if item.get("item") == {"S": "report"}])
