"""What a report carries, where it goes, and what is taken back, refused or taken only once."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.clock import id_time, moment, text
from chalicelib.places.geohash import encode
from chalicelib.places.point import Point
from tests.city import (
    CITIZEN,
    COORDINATOR,
    FIRE,
    KENANGA,
    MELATI,
    MODERATOR,
    NORTH,
    OUTSIDE,
    ROAD,
    ROADS,
    RUBBISH,
    WARD,
    Answer,
    City,
    Person,
    new_report,
    officer,
    told,
)
from tests.reports.storage import calls, items_of, race, refusing_transactions, stored

SOMEBODY = Person("citizen", "orang-lain")


def faults(answer: Answer) -> set[str]:
    """The fields that a refusal names."""
    return {fault["field"] for fault in answer.json["errors"]}


def test_a_new_report_is_red_and_carries_its_place_areas_agency_and_number(city: City) -> None:
    report = city.report(KENANGA)
    assert (report["status"], report["colour"], report["version"]) == ("submitted", "red", 1)
    assert report["location"] == {"lat": KENANGA.lat, "lon": KENANGA.lon}
    assert report["geohash"] == encode(KENANGA, 12)
    assert [(area["id"], area["level"]) for area in report["areas"]] == [("uji", 1), ("kenanga", 2)]
    assert report["agency"] == {"id": ROADS, "name": "Dinas Jalan", "tier": "city"}
    assert re.fullmatch(r"UJI-[0-9A-HJKMNP-TV-Z]{6}", report["number"])


def test_its_id_and_its_times_tell_when_it_was_sent(city: City) -> None:
    before = text(datetime.now(UTC))
    report = city.report()
    assert before <= report["created_at"] <= text(datetime.now(UTC))
    assert text(id_time(report["id"])) == report["created_at"] == report["updated_at"]


def test_the_service_level_sets_when_an_answer_is_due(city: City) -> None:
    report = city.report()
    sent = moment(report["created_at"])
    due = {"first_response": sent + timedelta(hours=24), "resolve": sent + timedelta(hours=72)}
    assert report["due"] == {name: text(at) for name, at in due.items()}


def test_a_category_without_a_service_level_has_no_due_times(city: City) -> None:
    report = city.report(category=RUBBISH, answers={"sejak": 3})
    assert report["due"] == {"first_response": None, "resolve": None}


@pytest.mark.parametrize(
    ("at", "category", "agency"),
    [
        (KENANGA, ROAD, ROADS),
        (NORTH, ROAD, ROADS),
        (MELATI, ROAD, WARD),
        (MELATI, RUBBISH, WARD),
        (KENANGA, RUBBISH, COORDINATOR),
    ],
    ids=[
        "by category",
        "by category in the largest area",
        "by area before category",
        "by area",
        "no route: the coordinator",
    ],
)
def test_the_most_specific_route_leads_to_the_agency(
    city: City, at: Point, category: str, agency: str
) -> None:
    answers = {"sejak": 1} if category == RUBBISH else None
    assert city.report(at, category=category, answers=answers)["agency"]["id"] == agency


def test_a_long_description_gets_a_title_cut_at_the_end_of_a_word(city: City) -> None:
    description = "Lubang besar di jalan Melati Raya dekat sekolah dasar negeri\ndua, sudah lama."
    report = city.report(description=description)
    assert report["description"] == description
    assert report["title"] == "Lubang besar di jalan Melati Raya dekat sekolah dasar…"


@pytest.mark.parametrize("description", ["x" * 60, "Lubang\n  di   jalan "])
def test_a_short_description_is_its_own_title_on_one_line(city: City, description: str) -> None:
    assert city.report(description=description)["title"] == " ".join(description.split())


def test_an_endless_word_is_cut_to_sixty_characters(city: City) -> None:
    assert city.report(description="x" * 4000)["title"] == "x" * 59 + "…"


def test_points_are_kept_to_a_tenth_of_a_metre(city: City) -> None:
    report = city.report(Point(-6.225123456789, 106.875987654321))
    assert report["location"] == {"lat": -6.225123, "lon": 106.875988}


def test_one_report_is_one_item_one_update_one_number_and_one_event(city: City) -> None:
    report = city.report()
    assert items_of(report["id"]) == ["report", "update#000001"]
    assert items_of(f"number#{report['number']}") == ["number"]
    (event,) = told(report["id"])
    assert event["type"] == "report.created"
    assert event["data"]["agency_id"] == ROADS
    (update,) = city.get(f"/v1/reports/{report['id']}/updates").json["items"]
    assert (update["status"], update["by"], update["kind"]) == (
        "submitted",
        "reporter",
        "submitted",
    )


def test_it_costs_six_calls_of_the_database(city: City) -> None:
    # The first learns what a process keeps: the directory, its key, who is known.
    city.report(MELATI)
    with calls() as asked:
        city.report(MELATI)
    # The directory, two budgets, what it may be the return of to both sides, and its own rows.
    wanted = ["GetItem", "Query", "Query", "TransactWriteItems", "UpdateItem", "UpdateItem"]
    assert sorted(asked) == wanted


def test_when_one_row_cannot_be_stored_nothing_is(city: City) -> None:
    with refusing_transactions():
        answer = city.post("/v1/reports", new_report(photos=2, client_id=str(uuid.uuid4())))
    assert answer.status == 500
    assert answer.json["code"] == "InternalError"
    assert stored() == []


def test_no_event_and_no_list_tells_who_reported(city: City) -> None:
    report = city.report(by=Person("citizen", "nama-rahasia"), photos=1)
    seen = [
        city.get(f"/v1/reports/{report['id']}", by=SOMEBODY).body,
        city.get(f"/v1/reports/{report['id']}/updates").body,
        city.get(f"/v1/reports?near={KENANGA.lat},{KENANGA.lon}").body,
        json.dumps(told(report["id"])),
    ]
    assert not any("nama-rahasia" in one for one in seen)


def test_an_account_needs_no_tracking_code(city: City) -> None:
    assert city.report(by=CITIZEN)["tracking_code"] is None


def test_without_an_account_the_report_comes_with_a_tracking_code(city: City) -> None:
    report = city.report(by=None)
    code = report["tracking_code"]
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}", code)
    headers = {"x-tracking-code": code.lower()}
    mine = city.get(f"/v1/reports/{report['id']}", headers=headers)
    assert mine.json["mine"] is True


def test_an_anonymous_report_keeps_nothing_of_the_account_that_sent_it(city: City) -> None:
    report = city.report(by=Person("citizen", "nama-rahasia"), anonymous=True, photos=1)
    assert report["tracking_code"]
    assert "nama-rahasia" not in json.dumps([str(item) for item in stored()])
    again = city.get(f"/v1/reports/{report['id']}", by=Person("citizen", "nama-rahasia"))
    assert again.json["mine"] is False


def test_a_tracking_code_is_shown_once_and_stored_as_a_hash(city: City) -> None:
    report = city.report(by=None)
    code = report["tracking_code"]
    later = city.get(f"/v1/reports/{report['id']}", headers={"x-tracking-code": code})
    assert "tracking_code" not in later.json
    assert code not in str(stored())
    assert code.replace("-", "") not in str(stored())


def test_another_tracking_code_opens_nothing(city: City) -> None:
    report, other = city.report(by=None, private=True), city.report(by=None)
    headers = {"x-tracking-code": other["tracking_code"]}
    assert city.get(f"/v1/reports/{report['id']}", headers=headers).status == 404


def test_the_answer_with_the_code_is_kept_by_no_cache(city: City) -> None:
    answer = city.post("/v1/reports", new_report())
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["location"] == f"/v1/reports/{answer.json['id']}"


def test_there_is_one_upload_form_for_each_photo_announced(city: City) -> None:
    report = city.report(photos=3)
    slots = {photo["photo_id"] for photo in report["photos"]}
    assert {upload["photo_id"] for upload in report["uploads"]} == slots
    assert len(slots) == 3
    assert {photo["state"] for photo in report["photos"]} == {"waiting"}


def replayed(city: City, first: Answer, again: Answer) -> None:
    """The second answer says the same as the first, and nothing was stored twice."""
    assert (first.status, again.status) == (201, 201)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json == first.json
    assert len(told(first.json["id"])) == 1
    assert len([item for item in stored() if item.get("item") == {"S": "report"}]) == 1


@pytest.mark.parametrize("by", [CITIZEN, None], ids=["an account", "anonymous"])
def test_the_same_idempotency_key_gives_the_same_answer(city: City, by: Person | None) -> None:
    headers = {"idempotency-key": f"kunci-{uuid.uuid4()}"}
    first, again = (
        city.post("/v1/reports", new_report(), by=by, headers=headers) for _ in range(2)
    )
    replayed(city, first, again)


def test_the_same_client_id_gives_the_same_answer(city: City) -> None:
    body = new_report(client_id=str(uuid.uuid4()))
    first, again = (city.post("/v1/reports", body) for _ in range(2))
    assert first.json["tracking_code"]
    replayed(city, first, again)


def test_a_key_that_could_be_guessed_does_not_give_the_tracking_code_again(city: City) -> None:
    first, again = (
        city.post("/v1/reports", new_report(), headers={"idempotency-key": "1"}) for _ in range(2)
    )
    assert again.json["id"] == first.json["id"]
    assert first.json["tracking_code"]
    assert again.json["tracking_code"] is None


@pytest.mark.parametrize("named_by", ["client_id", "idempotency-key"])
def test_the_same_key_with_another_body_is_refused(city: City, named_by: str) -> None:
    key = str(uuid.uuid4())
    headers = {"idempotency-key": key} if named_by == "idempotency-key" else {}
    facts: dict[str, Any] = {"client_id": key} if named_by == "client_id" else {}
    first = city.post("/v1/reports", new_report(**facts), headers=headers)
    other = city.post("/v1/reports", new_report(**facts, photos=1), headers=headers)
    assert (first.status, other.status) == (201, 422)
    assert other.json["code"] == "IdempotencyMismatch"


def test_keys_of_two_people_do_not_meet(city: City) -> None:
    headers = {"idempotency-key": "satu"}
    mine, yours = (
        city.post("/v1/reports", new_report(), by=by, headers=headers) for by in (CITIZEN, SOMEBODY)
    )
    assert mine.json["id"] != yours.json["id"]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_has_1_to_255_characters(city: City, key: str) -> None:
    answer = city.post("/v1/reports", new_report(), headers={"idempotency-key": key})
    assert answer.status == 400
    assert faults(answer) == {"Idempotency-Key"}


def test_a_report_sent_four_times_at_once_with_different_keys_is_stored_once(city: City) -> None:
    body = new_report(client_id=str(uuid.uuid4()), photos=1)

    def send() -> Answer:
        return city.post("/v1/reports", body, headers={"idempotency-key": str(uuid.uuid4())})

    answers = race(*[send] * 4)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len({answer.json["tracking_code"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len(told(answers[0].json["id"])) == 1
    assert len([item for item in stored() if item.get("item") == {"S": "report"}]) == 1


def test_a_point_outside_the_city_is_refused_naming_the_location(city: City) -> None:
    answer = city.post("/v1/reports", new_report(OUTSIDE))
    assert (answer.status, answer.json["code"]) == (422, "Unprocessable")
    assert faults(answer) == {"location"}
    assert stored() == []


@pytest.mark.parametrize("language", ["id", "en"])
def test_an_emergency_gets_the_number_to_call_and_is_not_taken(city: City, language: str) -> None:
    body = new_report(category=FIRE)
    answer = city.post("/v1/reports", body, headers={"accept-language": language})
    assert (answer.status, answer.json["code"]) == (422, "CallEmergency")
    assert answer.json["number"] == "113"
    assert answer.json["message"] == {"id": "Telepon 113.", "en": "Call 113."}
    assert "113" in answer.json["detail"]
    assert answer.headers["content-language"] == language
    assert stored() == []


def test_answers_to_the_questions_are_kept_for_who_works_on_it(city: City) -> None:
    answers = {"sejak": 2.5, "jenis": "puing", "patokan": "di depan pasar"}
    report = city.report(category=RUBBISH, answers=answers)
    path = f"/v1/reports/{report['id']}"
    assert city.get(path, by=officer(COORDINATOR)).json["answers"] == answers
    assert city.get(path, by=CITIZEN).json["answers"] == answers
    assert "answers" not in city.get(path, by=SOMEBODY).json
    assert "answers" not in city.get(path, by=officer(ROADS)).json


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ({}, {"answers.sejak"}),
        ({"sejak": "dua"}, {"answers.sejak"}),
        ({"sejak": 2, "jenis": "kaca"}, {"answers.jenis"}),
        ({"sejak": 2, "patokan": ""}, {"answers.patokan"}),
        ({"sejak": 2, "patokan": "x" * 1001}, {"answers.patokan"}),
        ({"sejak": 2, "patokan": 7}, {"answers.patokan"}),
        ({"sejak": 2, "warna": "merah"}, {"answers.warna"}),
        ({"jenis": "kaca", "warna": 1}, {"answers.sejak", "answers.jenis", "answers.warna"}),
    ],
)
def test_answers_must_fit_the_questions(
    city: City, answers: dict[str, Any], named: set[str]
) -> None:
    answer = city.post("/v1/reports", new_report(category=RUBBISH, answers=answers))
    assert answer.status == 422
    assert faults(answer) == named
    assert stored() == []


def test_all_contradictions_are_named_at_once(city: City) -> None:
    tomorrow = text(datetime.now(UTC) + timedelta(days=1))
    body = new_report(OUTSIDE, category="tidak-ada", description=" \n", observed_at=tomorrow)
    answer = city.post("/v1/reports", body)
    assert answer.status == 422
    assert faults(answer) == {"category", "description", "location", "observed_at"}


def test_all_malformed_fields_are_named_at_once(city: City) -> None:
    body = {
        "category": 7,
        "location": {"lat": 86, "lon": "timur", "tinggi": 3},
        "photos": 6,
        "client_id": "satu",
        "warna": "merah",
    }
    answer = city.post("/v1/reports", body)
    assert (answer.status, answer.json["code"]) == (400, "InvalidInput")
    assert faults(answer) == {
        "category",
        "description",
        "location.lat",
        "location.lon",
        "location.tinggi",
        "photos",
        "client_id",
        "warna",
    }


@pytest.mark.parametrize("time", ["kemarin", "2026-11-24T08:00:00", "0001-01-01T00:00:00+14:00"])
def test_the_time_of_observation_is_a_time_with_a_zone(city: City, time: str) -> None:
    answer = city.post("/v1/reports", new_report(observed_at=time))
    assert answer.status == 422
    assert faults(answer) == {"observed_at"}


def test_the_time_of_observation_may_have_any_zone(city: City) -> None:
    report = city.report(observed_at="2026-01-31T08:00:00+07:00")
    assert report["observed_at"] == "2026-01-31T01:00:00.000Z"


@pytest.mark.parametrize("accuracy", [1e-300, 0, 0.004, 12.3456789])
def test_any_accuracy_becomes_a_number_that_the_database_takes(city: City, accuracy: float) -> None:
    city.report(accuracy_m=accuracy)
    (kept,) = [item["accuracy_m"]["N"] for item in stored() if "accuracy_m" in item]
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html: numbers.
    assert Decimal(kept) == 0 or abs(Decimal(kept)) >= Decimal("1e-130")
    assert float(kept) == pytest.approx(accuracy, abs=0.01)


def test_a_private_report_exists_only_for_its_reporter_its_agency_and_moderators(
    city: City,
) -> None:
    report = city.report(private=True)
    for path in (f"/v1/reports/{report['id']}", f"/v1/reports/{report['id']}/updates"):
        may = [city.get(path, by=by).status for by in (CITIZEN, officer(ROADS), MODERATOR)]
        may_not = [city.get(path, by=by) for by in (None, SOMEBODY, officer(WARD))]
        assert may == [200, 200, 200]
        assert {(answer.status, answer.json["code"]) for answer in may_not} == {
            (404, "ReportNotFound")
        }


def test_a_private_report_is_in_no_list(city: City) -> None:
    city.report(private=True)
    for place in ("near=-6.225,106.875", "bbox=106.8,-6.25,106.9,-6.15"):
        for by in (None, CITIZEN, officer(ROADS), MODERATOR):
            assert city.get(f"/v1/reports?{place}", by=by).json["items"] == []


@pytest.mark.parametrize("action", ["status", "confirmation"])
def test_nobody_else_can_act_on_a_private_report_or_learn_of_it(city: City, action: str) -> None:
    report = city.report(private=True)
    body = {"status": "acknowledged"} if action == "status" else {"fixed": True}
    answer = city.post(f"/v1/reports/{report['id']}/{action}", body, by=officer(WARD))
    assert (answer.status, answer.json["code"]) == (404, "ReportNotFound")


def test_a_body_of_more_than_64_kilobytes_is_refused(city: City) -> None:
    answer = city.post("/v1/reports", b" " * (64 * 1024) + b"{}")
    assert (answer.status, answer.json["code"]) == (413, "BodyTooLarge")


def test_an_unchanged_report_is_not_sent_again(city: City) -> None:
    path = f"/v1/reports/{city.report()['id']}"
    tag = city.get(path).headers["etag"]
    assert city.get(path, headers={"if-none-match": tag}).status == 304
    assert city.get(path, headers={"if-none-match": tag}, by=CITIZEN).status == 200
