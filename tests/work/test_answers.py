"""Answering: templates in both languages, an agency's own codes, many reports at once."""

from typing import Any

from tests.city import ADMIN, KENANGA, MELATI, MODERATOR, ROADS, WARD, City, officer, told
from tests.reports.steps import faults, photo

CLERK = officer(ROADS)
MAP: dict[str, Any] = {
    "01": "acknowledged",
    "02": {
        "status": "in_progress",
        "text": {"id": "{agency} mengerjakan {number}.", "en": "{agency} works on {number}."},
    },
    "09": {"status": "rejected", "reason": "private_property"},
    "10": "resolved",
}


def change(city: City, report: Any, by: Any = CLERK, **body: Any) -> Any:
    return city.post(f"/v1/reports/{report['id']}/status", body, by=by)


def last_note(city: City, report: Any, language: str) -> Any:
    path = f"/v1/reports/{report['id']}/updates"
    return city.get(path, headers={"accept-language": language}).json["items"][-1]["note"]


def put_agency(city: City, id: str, status_map: Any) -> Any:
    body = {"name": "Dinas Jalan", "tier": "city", "status_map": status_map}
    return city.call("PUT", f"/v1/admin/agencies/{id}", body, by=ADMIN)


def put_template(city: City, id: str = "besok", **facts: Any) -> Any:
    body = {"name": "Besok", "text": {"id": "Besok.", "en": "Tomorrow."}, **facts}
    return city.call("PUT", f"/v1/admin/templates/{id}", body, by=ADMIN)


def test_a_template_answers_each_reader_in_their_language(city: City) -> None:
    report = city.report()
    assert change(city, report, status="acknowledged", template="terima-kasih").status == 200
    for language, thanks in (("id", "Terima kasih atas"), ("en", "Thanks for")):
        wanted = f"{thanks} {report['number']}. Dinas Jalan"
        assert last_note(city, report, language) == wanted
    assert (
        told(report["id"])[-1]["data"]["note"]
        == f"Terima kasih atas {report['number']}. Dinas Jalan"
    )


def test_an_agencys_template_is_for_nobody_else(city: City) -> None:
    assert put_template(city, agency=WARD).status == 200
    report = city.report(KENANGA)
    assert faults(change(city, report, status="acknowledged", template="besok")) == {"template"}
    listed = {
        by.agency: [one["id"] for one in city.get("/v1/agency/templates", by=by).json["items"]]
        for by in (CLERK, officer(WARD))
    }
    assert listed == {ROADS: ["terima-kasih"], WARD: ["besok", "terima-kasih"]}
    path = "/v1/admin/templates/besok"
    assert city.get(path, by=ADMIN).json["text"]["en"] == "Tomorrow."
    assert city.call("DELETE", path, by=ADMIN).status == 204
    assert city.get(path, by=ADMIN).status == 404


def test_a_template_that_cannot_be_filled_is_refused(city: City) -> None:
    for wrong in (
        "{nomor}",
        "{",
        "{0}",
        "{}",
        "{number!r}",
        "{number:>9}",
        "{number.x}",
        "{agency[0]}",
    ):
        answer = put_template(city, text={"id": "Baik {number}", "en": wrong}, agency="atlantis")
        assert faults(answer) == {"text.en", "agency"}, wrong
    assert change(city, city.report(), status="acknowledged", note="x", template="y").status == 400


def test_a_code_of_its_map_is_a_status_with_its_public_text(city: City) -> None:
    assert put_agency(city, ROADS, MAP).status == 200
    report = city.report(KENANGA)
    assert change(city, report, code="01").json["status"] == "acknowledged"
    assert change(city, report, code="02").json["colour"] == "yellow"
    assert last_note(city, report, "en") == f"Dinas Jalan works on {report['number']}."
    assert last_note(city, report, "id") == f"Dinas Jalan mengerjakan {report['number']}."
    refused = change(city, report, code="02")
    assert (refused.status, refused.json["current"]) == (409, "in_progress")
    assert "resolved" in refused.json["legal"]
    assert faults(change(city, report, code="10")) == {"proof_photo_ids"}
    done = change(city, report, code="10", proof_photo_ids=[photo(report)], note="Beres.")
    assert (done.json["status"], done.json["reason"]) == ("resolved", "fixed")
    assert last_note(city, report, "en") == "Beres."


def test_codes_are_the_agencys_own(city: City) -> None:
    put_agency(city, ROADS, MAP)
    report, wards = city.report(KENANGA), city.report(MELATI)
    assert faults(change(city, report, code="77")) == {"code"}
    assert faults(change(city, wards, by=officer(WARD), code="01")) == {"code"}
    assert change(city, wards, by=CLERK, code="01").status == 403
    # A moderator speaks as the agency that has the report.
    assert change(city, report, by=MODERATOR, code="01").json["status"] == "acknowledged"
    for body in ({}, {"status": "resolved", "code": "10"}):
        assert change(city, report, **body).status == 400


def test_a_map_that_leads_nowhere_is_refused_and_nothing_of_it_stored(city: City) -> None:
    wrong = {
        "a": "selesai",
        "b": {"status": "rejected", "reason": "fixed"},
        "c": {"status": "acknowledged", "reason": "spam"},
        "d": "confirmed",
        "e": {"status": "in_progress", "text": {"id": "{x}", "en": "x"}},
        "f": "in_progress",
    }
    answer = put_agency(city, ROADS, wrong)
    assert faults(answer) == {
        "status_map.a.status",
        "status_map.b.reason",
        "status_map.c.reason",
        "status_map.d.status",
        "status_map.e.text.id",
    }
    assert city.get(f"/v1/admin/agencies/{ROADS}", by=ADMIN).json["status_map"] == {}
    path = f"/v1/admin/agencies/{ROADS}/status-map/check"
    tried = city.post(path, {"status_map": wrong}, by=ADMIN).json
    assert (tried["valid"], [len(one["faults"]) for one in tried["codes"]]) == (
        False,
        [1] * 5 + [0],
    )


def test_a_dry_run_says_what_each_code_would_do_to_a_report(city: City) -> None:
    put_agency(city, ROADS, {**MAP, "03": "referred"})
    report = city.report(KENANGA)
    change(city, report, code="02")
    path = f"/v1/admin/agencies/{ROADS}/status-map/check"
    tried = city.post(path, {"report_id": report["id"]}, by=ADMIN).json
    assert (tried["valid"], tried["current"]) == (True, "in_progress")
    would = {one["code"]: (one["would"], one["needs"]) for one in tried["codes"]}
    assert would == {
        "01": ("change", []),
        "02": ("be_refused", []),
        "03": ("change", ["refer_to"]),
        "09": ("change", []),
        "10": ("change", ["proof_photo_ids"]),
    }
    assert tried["codes"][1]["text"]["en"] == f"Dinas Jalan works on {report['number']}."
    assert city.get(f"/v1/reports/{report['id']}").json["version"] == 2
    for where, body in (("atlantis", {}), (ROADS, {"report_id": "x"})):
        path = f"/v1/admin/agencies/{where}/status-map/check"
        assert city.post(path, body, by=ADMIN).status == 404


def test_each_of_many_has_its_own_result_and_none_stops_the_others(city: City) -> None:
    mine, other, hidden = (
        city.report(KENANGA),
        city.report(MELATI),
        city.report(MELATI, private=True),
    )
    items = [
        {"id": other["id"], "status": "acknowledged"},
        {"id": "tiada", "status": "acknowledged"},
        {"id": hidden["id"], "status": "acknowledged"},
        {"id": mine["id"], "status": "resolved", "reason": "fixed"},
        {"id": mine["id"], "status": "acknowledged", "template": "terima-kasih"},
        {"id": mine["id"], "status": "acknowledged"},
        {"id": mine["id"], "status": "in_progress"},
    ]
    answer = city.post("/v1/agency/reports/status", {"items": items}, by=CLERK).json
    assert (answer["done"], answer["refused"]) == (2, 5)
    problems = [one.get("problem", {}).get("status") for one in answer["items"]]
    assert problems == [403, 404, 404, 422, None, 409, None]
    assert answer["items"][3]["problem"]["errors"][0]["field"] == "proof_photo_ids"
    assert answer["items"][-1]["status"] == "in_progress"
    for wrong in ([], items * 15, [{"id": "x"}], [{"id": "x", "status": "y", "z": 1}]):
        assert city.post("/v1/agency/reports/status", {"items": wrong}, by=CLERK).status == 400
