"""What people flag waits for moderators, who hide it from strangers everywhere, and can undo it."""

import pytest

from chalicelib.events import models
from chalicelib.events.counting import fold
from chalicelib.reports import map_cells
from tests.city import (
    CITIZEN,
    FIRE,
    KENANGA,
    MODERATOR,
    ROADS,
    RUBBISH,
    City,
    Person,
    new_report,
    officer,
    told,
)
from tests.reports.storage import stored
from tests.taking_part.crowd import (
    NEIGHBOUR,
    NOWHERE,
    cases,
    decide,
    flag,
    forbid,
    said,
    shown,
)


def test_a_flag_counts_once_a_person_and_the_most_flagged_can_come_first(city: City) -> None:
    reports = [city.report() for _ in range(3)]
    for _ in range(2):
        assert flag(city, reports[0], text="Iklan <b>judi</b>").json["flagged"] is True
    for number in range(3):
        flag(city, reports[1], Person("citizen", f"warga-{number}"), reason="abuse")
    comment = said(city, reports[2], "Bodoh.")["comment_id"]
    assert flag(city, reports[2], CITIZEN, comment, reason="abuse").status == 201
    newest = [(one["report_id"], one["flag_count"]) for one in cases(city)]
    ids = [one["id"] for one in reports]
    assert newest == [(ids[2], 1), (ids[1], 3), (ids[0], 1)]
    most = cases(city, "most_flagged")
    assert (most[0]["flag_count"], most[0]["causes"]) == (3, {"abuse": 3})
    assert most[1]["comment_id"] == comment
    path = f"/v1/admin/moderation/cases/{cases(city)[2]['id']}"
    (said_of_it,) = city.get(path, by=MODERATOR).json["flags"]
    assert said_of_it["text"] == "Iklan <b>judi</b>"
    assert "tetangga" not in city.get(path, by=MODERATOR).body


def test_the_queue_has_every_case_once_in_pages_of_either_order(city: City) -> None:
    for _ in range(3):
        flag(city, city.report())
    for sort in ("newest", "most_flagged"):
        path, seen, cursor = f"/v1/admin/moderation/cases?limit=2&sort={sort}", [], ""
        for _ in range(2):
            page = city.get(path + cursor, by=MODERATOR).json
            seen += [one["id"] for one in page["items"]]
            cursor = f"&cursor={page['next']}"
        assert page["next"] is None
        assert len(set(seen)) == len(seen) == 3


def test_nobody_flags_what_is_not_theirs_to_see(city: City) -> None:
    private, public = city.report(private=True), city.report()
    mine = said(city, private, "Rahasia.", CITIZEN)["comment_id"]
    assert flag(city, private).status == flag(city, {"id": NOWHERE}).status == 404
    for id in (mine, NOWHERE, "x", "%00"):
        assert flag(city, public, comment=id).json["code"] == "CommentNotFound"
    assert flag(city, private, comment=mine).json["code"] == "ReportNotFound"
    assert flag(city, public, None).status == 401
    assert flag(city, public, reason="boring").status == 400
    assert cases(city) == []


def test_a_hidden_report_is_nowhere_for_strangers_and_comes_back_whole(city: City) -> None:
    report, comment_by = city.report(), NEIGHBOUR
    flag(city, report, comment_by)
    around = f"near={KENANGA.lat},{KENANGA.lon}"
    lists = (
        f"/v1/reports?{around}&radius=500",
        "/v1/reports?area=kenanga",
        "/v1/reports?bbox=106.8,-6.3,106.9,-6.1",
        "/v1/reports?bbox=106.8,-6.3,106.9,-6.1&sort=trending",
        "/v1/reports?bbox=106.8,-6.3,106.9,-6.1&category=jalan-rusak",
        f"/v1/reports/duplicates?{around}&category=jalan-rusak",
        "/v1/map?bbox=106.8,-6.3,106.9,-6.1&zoom=18",
    )
    before = [city.get(path).json for path in lists]
    assert report["id"] in str(before[0])
    assert decide(city, report, action="hide", reason="spam", note="Iklan.").status == 200
    path = f"/v1/reports/{report['id']}"
    for rest in ("", "/updates"):
        assert city.get(path + rest, by=NEIGHBOUR).status == 404
        assert (
            city.get(path + rest).json["detail"]
            == city.get(f"/v1/reports/{NOWHERE}").json["detail"]
        )
    assert city.call("PUT", f"{path}/support", by=NEIGHBOUR).status == 404
    for list_path in lists:
        assert report["id"] not in city.get(list_path).body
    assert shown(city, report, CITIZEN)["hidden"] == "spam"
    assert shown(city, report, officer(ROADS))["hidden"] == "spam"
    assert cases(city) == []
    # A change in between does not bring it back.
    city.post(f"{path}/status", {"status": "acknowledged"}, by=officer(ROADS))
    assert report["id"] not in city.get(lists[0]).body
    assert decide(city, report, action="show").status == 200
    assert report["id"] in city.get(lists[0]).body
    assert "hidden" not in shown(city, report, CITIZEN)


def test_the_events_of_hiding_keep_every_counter_exact_and_tell_spam(city: City) -> None:
    report, private = city.report(), city.report(private=True)
    for one in (report, private):
        for reason in ("spam", "abuse"):
            decide(city, one, action="hide", reason=reason)
        city.post(f"/v1/reports/{one['id']}/status", {"status": "acknowledged"}, by=officer(ROADS))
    envelopes = [one for _, one in models.everything()]
    assert fold(map_cells.moves(one) for one in envelopes) == {}
    hidden = [one["data"] for one in told(report["id"])]
    assert [one.get("hidden") for one in hidden] == [None, "spam", "abuse", "abuse"]
    standings = [one.get("standing", {}).get("spam", False) for one in hidden]
    assert standings[:3] == [False, True, False]
    decide(city, report, action="show")
    (last,) = [one for _, one in models.everything() if one.type == "report.shown"]
    assert (last.data.previous_private, last.data.private, last.data.hidden) == (True, False, None)
    counted = fold(map_cells.moves(one) for _, one in models.everything())
    assert {sum(numbers.values()) for numbers in counted.values()} == {1}


def test_what_a_moderator_edits_keeps_its_past_for_moderators(city: City) -> None:
    report = city.report(description="Telepon Pak Budi 0812-000.")
    edited = decide(city, report, action="edit", description="Telepon Pak Budi.").json
    assert [one["text"] for one in edited["earlier"]] == ["Telepon Pak Budi 0812-000."]
    seen = shown(city, report)
    assert (seen["description"], seen["title"]) == ("Telepon Pak Budi.",) * 2
    for path in (f"/v1/reports/{report['id']}", f"/v1/reports/{report['id']}/updates"):
        assert "0812" not in city.get(path, by=CITIZEN).body
    for wrong in ({"action": "edit"}, {"action": "hide"}, {"action": "show", "reason": "spam"}):
        assert decide(city, report, **wrong).status == 422
    path = f"/v1/admin/moderation/reports/{report['id']}"
    assert city.get(path, by=officer(ROADS)).status == 403


def test_a_report_with_a_listed_word_is_taken_and_waits_for_review(city: City) -> None:
    forbid(city, "bajingan")
    sent, fine = city.report(description="Dasar BAJINGAN!"), city.report()
    assert [(one["report_id"], one["causes"]) for one in cases(city)] == [
        (sent["id"], {"words": 1})
    ]
    assert city.get(f"/v1/reports/{sent['id']}").status == 200
    patched = city.call(
        "PATCH", f"/v1/reports/{fine['id']}", {"address": "Gang Bajingan"}, by=CITIZEN
    )
    assert patched.status == 200
    assert len(cases(city)) == 2


@pytest.mark.parametrize("by", [CITIZEN, None])
def test_an_emergency_is_told_whom_to_call_and_leaves_nothing(
    city: City, by: Person | None
) -> None:
    before = stored()
    answer = city.post("/v1/reports", new_report(category=FIRE), by=by)
    assert (answer.status, answer.json["code"], answer.json["number"]) == (
        422,
        "CallEmergency",
        "113",
    )
    report = city.report(category=RUBBISH, answers={"sejak": 1})
    during = stored()
    answer = city.call("PATCH", f"/v1/reports/{report['id']}", {"category": FIRE}, by=CITIZEN)
    assert answer.json["code"] == "CallEmergency"
    assert before == []
    assert stored() == during
