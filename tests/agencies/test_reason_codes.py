"""Reason codes: those of every city, as this one words them, its own, and those of its past."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.agencies.models import Agency
from chalicelib.clock import now, text
from chalicelib.reports import lifecycle
from tests.city import ADMIN, CITIZEN, COORDINATOR, NORTH, ROADS, RUBBISH, Answer, City, officer
from tests.events.stream import bring_all
from tests.imports.test_history import imported, line
from tests.open311.test_sending import new_key
from tests.open311.test_updates import send
from tests.open_data.test_open_data import publish, rows
from tests.reports.steps import ROADMAN, faults, fixed, move, moved

PATH = "/v1/admin/reasons"
OTHER = {"id": "Bukan kewenangan kota", "en": "Not the city's responsibility"}
BOTH = ("id", "en")


def put(city: City, status: str, code: str, said: Any = OTHER) -> Answer:
    path = f"{PATH}/{status}/{quote(code, safe='')}"
    return city.call("PUT", path, {"text": said}, by=ADMIN)


def added(city: City, status: str, code: str, said: Any = OTHER) -> Any:
    answer = put(city, status, code, said)
    assert answer.status == 200, answer.body
    return answer.json


def retire(city: City, status: str, code: str) -> Answer:
    return city.call("DELETE", f"{PATH}/{status}/{code}", by=ADMIN)


def retired(city: City, status: str, code: str) -> None:
    answer = retire(city, status, code)
    assert answer.status == 204, answer.body


def offered(city: City, status: str) -> list[str]:
    items = city.get("/v1/reasons").json["items"]
    return [one["code"] for one in items if one["status"] == status]


def of_directory(city: City) -> Any:
    return city.get(PATH, by=ADMIN).json["items"]


def told(city: City, report: Any, language: str) -> dict[str, Any]:
    """What each place that shows a reason says of a closed report, in the language."""
    asked: Any = {"headers": {"accept-language": language}}
    path, open311 = f"/v1/reports/{report['id']}", f"/open311/v2/requests/{report['id']}.json"
    (request,) = city.get(f"{open311}?extensions=true", **asked).json
    updates = city.get("/open311/v2/servicerequestupdates.json", **asked).json
    return {
        "report": city.get(path, **asked).json["reason_text"],
        "timeline": city.get(f"{path}/updates", **asked).json["items"][-1]["reason_text"],
        "request": request["status_notes"],
        "note": request["notes"][-1]["description"],
        "update": updates[-1]["description"],
    }


def test_a_city_closes_reports_with_codes_of_its_own(city: City) -> None:
    shown = {"status": "rejected", "code": "other_authority", "text": OTHER}
    assert added(city, "rejected", "other_authority") == {**shown, "retired_at": None}
    assert offered(city, "rejected") == [*lifecycle.REASONS["rejected"], "other_authority"]
    assert offered(city, "resolved") == [*lifecycle.REASONS["resolved"]]
    report = moved(city, city.report(), "rejected", reason="other_authority")
    assert report["reason"] == "other_authority"
    for language in BOTH:
        assert set(told(city, report, language).values()) == {OTHER[language]}
        docs = city.get("/v1/docs", headers={"accept-language": language}).body
        assert OTHER[language].replace("'", "&#39;") in docs
    publish()
    assert rows()[report["id"]]["status_notes"] == OTHER["id"]


def test_the_same_code_may_go_with_both_statuses(city: City) -> None:
    other = {"id": "Diurus provinsi.", "en": "The province sees to it."}
    added(city, "rejected", "other_authority")
    added(city, "resolved", "other_authority", other)
    for status, said in (("rejected", OTHER), ("resolved", other)):
        report = moved(city, city.report(), status, reason="other_authority")
        assert told(city, report, "en")["report"] == said["en"]
    retired(city, "resolved", "other_authority")
    assert "other_authority" not in offered(city, "resolved")
    assert offered(city, "rejected")[-1] == "other_authority"


def test_a_city_words_the_built_in_codes(city: City) -> None:
    before = offered(city, "resolved")
    said = {"id": "Beres, Pak.", "en": "All done."}
    added(city, "resolved", "fixed", said)
    assert offered(city, "resolved") == before
    assert faults(move(city, city.report(), "resolved", reason="fixed")) == {"proof_photo_ids"}
    report = fixed(city, city.report())
    city.post(f"/v1/reports/{report['id']}/confirmation", {"fixed": True}, by=CITIZEN)
    for language in BOTH:
        asked = {"accept-language": language}
        seen = city.get(f"/v1/reports/{report['id']}", headers=asked).json
        assert (seen["status"], seen["reason_text"]) == ("confirmed", said[language])


def test_own_codes_are_counted_and_never_as_a_fix(city: City) -> None:
    added(city, "resolved", "other_authority")
    added(city, "rejected", "other_authority")
    for status in ("resolved", "rejected"):
        moved(city, city.report(), status, reason="other_authority")
    fixed(city, city.report())
    bring_all()
    figures = city.get(f"/v1/stats?period={text(now())[:4]}").json["figures"]
    names = ("submitted", "followed_up", "rejected", "claimed_resolved", "backlog")
    assert [figures[name] for name in names] == [3, 3, 1, 1, 0]


def test_a_retired_code_stays_with_the_reports_that_have_it(city: City) -> None:
    added(city, "rejected", "other_authority")
    report = moved(city, city.report(), "rejected", reason="other_authority")
    retired(city, "rejected", "other_authority")
    retired(city, "rejected", "planned")
    left = [one for one in lifecycle.REASONS["rejected"] if one != "planned"]
    assert offered(city, "rejected") == left
    for language in BOTH:
        assert set(told(city, report, language).values()) == {OTHER[language]}
    gone = {one["code"]: one["retired_at"] for one in of_directory(city) if one["retired_at"]}
    assert set(gone) == {"other_authority", "planned"}
    refused = move(city, city.report(), "rejected", reason="other_authority")
    assert faults(refused) == {"reason"}
    assert refused.json["errors"][0]["message"].endswith(f"{', '.join(left)}.")
    # A second time changes nothing, and to be put again brings it back.
    retired(city, "rejected", "other_authority")
    path = f"{PATH}/rejected/other_authority"
    assert city.get(path, by=ADMIN).json["retired_at"] == gone["other_authority"]
    assert added(city, "rejected", "other_authority")["retired_at"] is None
    assert offered(city, "rejected") == [*left, "other_authority"]


@pytest.mark.parametrize("code", lifecycle.COUNTED_REASONS)
def test_what_is_counted_is_neither_retired_nor_moved(city: City, code: str) -> None:
    status = lifecycle.COUNTED_REASONS[code]
    other = next(one for one in lifecycle.REASONS if one != status)
    assert faults(retire(city, status, code)) == {"code"}
    answer = put(city, other, code)
    assert (answer.status, answer.json["errors"][0]["field"]) == (400, "code")
    assert code in offered(city, status)
    assert code not in offered(city, other)


def test_a_code_that_status_maps_lead_to_is_not_retired(city: City) -> None:
    added(city, "rejected", "other_authority")
    led = {"status": "rejected", "reason": "other_authority"}
    body = {"name": "Dinas Jalan", "tier": "city", "status_map": {"X9": led, "01": "acknowledged"}}
    city.call("PUT", f"/v1/admin/agencies/{ROADS}", body, by=ADMIN)
    answer = retire(city, "rejected", "other_authority")
    assert faults(answer) == {"code"}
    assert f"{ROADS} (X9)" in answer.json["errors"][0]["message"]
    assert offered(city, "rejected")[-1] == "other_authority"
    city.call("PUT", f"/v1/admin/agencies/{ROADS}", {**body, "status_map": {}}, by=ADMIN)
    retired(city, "rejected", "other_authority")


def close(city: City, reason: str) -> bool:
    return move(city, rubbish(city), "rejected", reason=reason).status == 200


def close_many(city: City, reason: str) -> bool:
    items = [{"id": rubbish(city)["id"], "status": "rejected", "reason": reason}]
    return bool(city.post("/v1/agency/reports/status", {"items": items}, by=ROADMAN).json["done"])


def put_map(city: City, reason: str) -> bool:
    body = {"name": "Dinas Jalan", "tier": "city", "status_map": leading_to(reason)}
    return city.call("PUT", f"/v1/admin/agencies/{ROADS}", body, by=ADMIN).status == 200


def try_map(city: City, reason: str) -> bool:
    path = f"/v1/admin/agencies/{ROADS}/status-map/check"
    return bool(city.post(path, {"status_map": leading_to(reason)}, by=ADMIN).json["valid"])


def say_own_code(city: City, reason: str) -> bool:
    left_behind(reason)
    path = f"/v1/reports/{rubbish(city)['id']}/status"
    return city.post(path, {"code": "X9"}, by=ROADMAN).status == 200


def send_update(city: City, reason: str) -> bool:
    left_behind(reason)
    key = new_key(city, "open311:write", ROADS)
    return send(city, key, rubbish(city)["id"], external_status_code="X9").status == 201


def bring_history(city: City, reason: str) -> bool:
    closed = {"status": "rejected", "at": text(now()), "reason": reason}
    return bool(imported(city, line(1, external_id=reason, history=[closed]))["counts"]["added"])


PLACES: list[Callable[[City, str], bool]] = [
    close,
    close_many,
    put_map,
    try_map,
    say_own_code,
    send_update,
    bring_history,
]


def leading_to(reason: str) -> dict[str, Any]:
    return {"X9": {"status": "rejected", "reason": reason}}


def left_behind(reason: str) -> None:
    """A map as it is when it was stored while the code was being retired."""
    entry = {"name": "Dinas Jalan", "tier": "city", "status_map": leading_to(reason)}
    directory.put("agency", ROADS, msgspec.convert(entry, Agency))


def rubbish(city: City) -> Any:
    """A report that the roads' agency has, of a category that demands no proof."""
    sent = city.report(NORTH, category=RUBBISH, answers={"sejak": 1})
    moved(city, sent, "referred", officer(COORDINATOR), refer_to=ROADS)
    return sent


@pytest.mark.parametrize("accepts", PLACES)
def test_every_place_takes_own_codes_and_no_retired_ones(
    city: City, accepts: Callable[[City, str], bool]
) -> None:
    for code in ("other_authority", "used_up"):
        added(city, "rejected", code)
    retired(city, "rejected", "used_up")
    retired(city, "rejected", "planned")
    # What only the other status has is no more known here than what nobody has.
    added(city, "resolved", "elsewhere")
    taken = ("other_authority", "no_permission", "used_up", "planned", "elsewhere", "tiada")
    assert [accepts(city, code) for code in taken] == [True, True, False, False, False, False]


def test_a_word_of_open311_whose_reason_is_retired_is_refused(city: City) -> None:
    retired(city, "rejected", "not_a_public_matter")
    key, report = new_key(city, "open311:write", ROADS), rubbish(city)
    answer = send(city, key, report["id"], status="NOT_COUNCILS_RESPONSIBILITY")
    assert (answer.status, answer.json[0]["description"][:7]) == (400, "reason:")
    assert city.get(f"/v1/reports/{report['id']}").json["status"] == "referred"


def test_history_from_before_a_code_was_retired_still_has_it(city: City) -> None:
    added(city, "rejected", "other_authority")
    retired(city, "rejected", "other_authority")
    before, after = text(now() - timedelta(days=400)), text(now())
    steps = [
        {"status": "rejected", "reason": "other_authority", "at": at} for at in (before, after)
    ]
    found = imported(city, *(line(number, history=[step]) for number, step in enumerate(steps)))
    assert (found["counts"]["added"], found["counts"]["refused"]) == (1, 1)
    (item,) = city.get("/v1/reports?area=kenanga").json["items"]
    assert city.get(f"/v1/reports/{item['id']}").json["reason_text"] == OTHER["en"]


HOSTILE = (
    "Other",
    "9lives",
    "_x",
    "lain-lain",
    "x" * 65,
    "a b",
    "kosong\n",
    "\u202eedoc",
    "kod\u0435",
    "a/b",
    "..",
    "%00",
    "\x00",
    "📷",
)


@pytest.mark.parametrize("code", HOSTILE)
def test_a_code_of_another_form_is_refused(city: City, code: str) -> None:
    before = of_directory(city)
    assert 400 <= put(city, "rejected", code).status < 500
    assert of_directory(city) == before


@pytest.mark.parametrize(
    "status", ["acknowledged", "confirmed", "duplicate", "selesai", "__class__"]
)
def test_a_status_that_takes_no_reason_gets_none(city: City, status: str) -> None:
    answer = put(city, status, "other_authority")
    assert (answer.status, answer.json["errors"][0]["field"]) == (400, "status")
    assert retire(city, status, "other_authority").status == 204
    assert city.get(f"{PATH}/{status}/other_authority", by=ADMIN).status == 404


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"id": " \t\n", "en": "\u200b\u202e\u2066"}, 422),
        ({"id": "", "en": "x"}, 400),
        ({"id": "x" * 201, "en": "x"}, 400),
        ({"id": "x"}, 400),
        ({"id": 5, "en": None}, 400),
        ("x", 400),
        (None, 400),
    ],
)
def test_a_text_that_says_nothing_is_refused(city: City, said: Any, status: int) -> None:
    before = of_directory(city)
    assert put(city, "rejected", "other_authority", said).status == status
    body = {"text": OTHER, "retired_at": "2020-01-01T00:00:00Z"}
    assert city.call("PUT", f"{PATH}/rejected/x", body, by=ADMIN).status == 400
    assert of_directory(city) == before


def test_what_cannot_be_seen_is_left_out_where_texts_are_printed(city: City) -> None:
    said = {"id": "Bukan\u200b \u202eurusan <b>kota</b>", "en": "No {number}\u2066 of ours"}
    assert added(city, "rejected", "other_authority", said)["text"] == said
    report = moved(city, city.report(), "rejected", reason="other_authority")
    assert told(city, report, "en")["report"] == said["en"]
    docs = city.get("/v1/docs", headers={"accept-language": "id"}).body
    assert "<td>Bukan urusan &lt;b&gt;kota&lt;/b&gt;</td>" in docs
    publish()
    assert rows()[report["id"]]["status_notes"] == "Bukan urusan <b>kota</b>"


def test_each_change_is_in_the_audit(city: City) -> None:
    added(city, "rejected", "other_authority")
    added(city, "rejected", "other_authority", {**OTHER, "en": "Not ours"})
    retired(city, "rejected", "other_authority")
    last, second, first = city.get("/v1/admin/audit", by=ADMIN).json["items"]
    assert {one["object"] for one in (first, second, last)} == {"reason/rejected/other_authority"}
    assert [one["action"] for one in (first, last)] == ["put_reason", "retire_reason"]
    assert first["changed"] == {"text": [None, OTHER]}
    assert second["changed"] == {"text": [OTHER, {**OTHER, "en": "Not ours"}]}
    assert [*last["changed"]] == ["retired_at"]


def test_the_codes_are_read_once_for_many_closings(city: City) -> None:
    reports = [city.report() for _ in range(3)]
    asked: list[Any] = []
    events = aws.dynamodb().meta.events
    seen = {"unique_id": "reasons"}
    events.register(
        "provide-client-params.dynamodb.Query", lambda params, **_: asked.append(params), **seen
    )
    try:
        for report in reports:
            moved(city, report, "rejected", reason="no_permission")
    finally:
        events.unregister("provide-client-params.dynamodb.Query", **seen)
    assert json.dumps(asked).count('"reason"') == 1
