"""People talk about a report: in plain text, under no name but one they chose, and moderated."""

import json
from typing import Any

import pytest

from chalicelib.moderation.models import Flag
from chalicelib.reports import heat
from chalicelib.reports.models import find
from tests.city import ADMIN, CITIZEN, MODERATOR, ROADS, City, Person, officer, told
from tests.taking_part.crowd import (
    NEIGHBOUR,
    NOWHERE,
    cases,
    decide,
    flag,
    forbid,
    name,
    said,
    say,
    shown,
    talk,
)


def test_what_is_said_stands_in_the_timeline_and_is_counted_and_told(city: City) -> None:
    report = city.report()
    entry = said(city, report, "Saya juga lewat sini.")
    assert (entry["by"], entry["author"], entry["state"]) == ("citizen", None, "visible")
    said(city, report, "Kami cek hari ini.", officer(ROADS))
    said(city, report, "Terima kasih.", CITIZEN)
    assert [(one["by"], one["note"]) for one in talk(city, report)] == [
        ("citizen", "Saya juga lewat sini."),
        ("agency", "Kami cek hari ini."),
        ("reporter", "Terima kasih."),
    ]
    seen = find(report["id"])
    assert (seen.comment_count, seen.version) == (3, 1)
    assert seen.heat == heat.key(report["id"], 3)
    events = [one for one in told(report["id"]) if one["type"] == "report.comment_added"]
    assert sorted(one["data"]["actor"] for one in events) == ["agency", "citizen", "reporter"]
    assert entry["comment_id"] in {one["data"]["comment_id"] for one in events}
    text = json.dumps(events)
    assert "tetangga" not in text
    assert "lewat" not in text


def test_a_name_is_public_only_while_its_owner_wants_it(city: City) -> None:
    report = city.report()
    said(city, report, "Betul.")
    assert city.get("/v1/me", by=NEIGHBOUR).json["display_name"] is None
    assert name(city, "  Bu\u200b  Tini ").json["display_name"] == "Bu Tini"
    assert [one["author"] for one in talk(city, report)] == ["Bu Tini"]
    assert "tetangga" not in city.get(f"/v1/reports/{report['id']}/updates").body
    assert name(city, None).json["display_name"] is None
    assert [one["author"] for one in talk(city, report)] == [None]


def test_the_reporter_has_no_name_at_the_own_report(city: City) -> None:
    report = city.report(by=NEIGHBOUR)
    name(city, "Bu Tini")
    said(city, report, "Masih berlubang.")
    assert [(one["by"], one["author"]) for one in talk(city, report)] == [("reporter", None)]


@pytest.mark.parametrize(
    "bad", ["x", "y" * 41, "Dinas Jalan", "kota  uji", "a\u202eb", "Si Anjing"]
)
def test_nobody_bears_an_office_or_a_hidden_or_listed_word(city: City, bad: str) -> None:
    forbid(city, "anjing")
    assert name(city, bad).status in (400, 422)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("<script>alert(1)</script> & <b>x</b>", "<script>alert(1)</script> & <b>x</b>"),
        ("a\u200bb\ufeffc\u2060d", "abcd"),
        ("👨‍👩‍👧 baik\r\nsekali ", "👨‍👩‍👧 baik\nsekali"),
        ("\u200dya\u200d\u200d", "ya"),
        ("{0} %s ${x} ' OR 1=1", "{0} %s ${x} ' OR 1=1"),
    ],
)
def test_texts_stay_plain_and_hide_nothing(city: City, sent: str, kept: str) -> None:
    report = city.report()
    assert said(city, report, sent)["note"] == kept
    assert [one["note"] for one in talk(city, report)] == [kept]


def test_what_no_text_is_is_refused_and_leaves_nothing(city: City) -> None:
    report = city.report()
    codes: dict[Any, int] = {
        "😀" * 5000: 400,
        "x" * 2001: 400,
        "": 400,
        7: 400,
        "\u200b \u200d": 422,
        "a\x00b": 422,
        "a\x1b[31m": 422,
        "\u202egnirts": 422,
        "\u2066x\u2069": 422,
    }
    for text, status in codes.items():
        assert say(city, report, text).status == status, text
    assert say(city, report, "x", None).status == 401
    assert say(city, {"id": NOWHERE}, "x").status == 404
    assert shown(city, report)["comment_count"] == len(talk(city, report)) == 0


def test_a_private_report_is_talked_about_only_by_who_may_see_it(city: City) -> None:
    report = city.report(private=True)
    hidden, missing = say(city, report, "x"), say(city, {"id": NOWHERE}, "x")
    assert hidden.status == missing.status == 404
    assert hidden.json["detail"] == missing.json["detail"]
    said(city, report, "Kami datang.", officer(ROADS))
    assert [one["note"] for one in talk(city, report, CITIZEN)] == ["Kami datang."]


def test_the_holder_of_a_code_talks_as_the_reporter_also_when_signed_in(city: City) -> None:
    report = city.report(by=None)
    code = {"x-tracking-code": report["tracking_code"]}
    said(city, report, "Masih sama.", None, headers=code)
    said(city, report, "Masih ada.", NEIGHBOUR, headers=code)
    name(city, "Bu Tini")
    assert [(one["by"], one["author"]) for one in talk(city, report)] == [("reporter", None)] * 2
    assert say(city, report, "x", None, headers={"x-tracking-code": "SALAH"}).status == 401


def test_a_listed_word_waits_for_a_moderator_who_lets_it_be_read_and_told_once(city: City) -> None:
    forbid(city, "anjing", "uang damai")
    report = city.report()
    for text in ("ANJ\u200dÍNG!", "minta Uang-Damai lagi", "a.n.j.i.n.g"):
        said(city, report, text)
    # Spelling a word apart is beyond a list; everything else is not.
    held = [one for one in talk(city, report, NEIGHBOUR) if one["state"] == "held"]
    assert [one["note"] for one in held] == ["ANJ\u200dÍNG!", "minta Uang-Damai lagi"]
    assert (len(talk(city, report)), shown(city, report)["comment_count"]) == (1, 1)
    assert len(talk(city, report, MODERATOR)) == 3
    assert [one["causes"] for one in cases(city)] == [{"words": 1}] * 2
    comment = held[0]["comment_id"]
    for action in ("show", "hide", "show", "show"):
        assert decide(city, report, comment, action=action).status == 200
    assert shown(city, report)["comment_count"] == len(talk(city, report)) == 2
    events = [one["data"].get("comment_id") for one in told(report["id"])]
    assert events.count(comment) == 1
    assert len(cases(city)) == 1


def test_a_hidden_comment_is_read_by_its_author_and_moderators_only(city: City) -> None:
    report = city.report()
    comment = said(city, report, "Telepon saya 0812.")["comment_id"]
    assert decide(city, report, comment, action="hide").status == 200
    assert talk(city, report) == talk(city, report, CITIZEN) == []
    assert [one["state"] for one in talk(city, report, NEIGHBOUR)] == ["hidden"]
    assert shown(city, report)["comment_count"] == 0
    assert find(report["id"]).heat == heat.key(report["id"], 0)
    edited = decide(city, report, comment, action="edit", text="Telepon saya.").json
    assert (edited["text"], edited["earlier"][0]["text"]) == ("Telepon saya.", "Telepon saya 0812.")
    decide(city, report, comment, action="show")
    page = city.get(f"/v1/reports/{report['id']}/updates").body
    assert "Telepon saya." in page
    assert "0812" not in page


def test_pages_of_a_timeline_have_every_entry_once(city: City) -> None:
    report = city.report()
    for number in range(5):
        said(city, report, f"nomor {number}")
    path, cursor, seen = f"/v1/reports/{report['id']}/updates?limit=2", "", []
    while True:
        page = city.get(path + cursor).json
        seen += [one["note"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [None, *(f"nomor {number}" for number in range(5))]
    other = city.report()
    assert city.get(f"/v1/reports/{other['id']}/updates?limit=2{cursor}").status == 400


def test_a_banned_account_reads_and_changes_its_own_things_but_writes_nothing(city: City) -> None:
    report = city.report()
    comment = said(city, report, "Beli pulsa!")["comment_id"]
    path = "/v1/admin/moderation/bans"
    asked = {"report_id": report["id"], "comment_id": comment, "reason": "iklan"}
    assert city.post(path, asked, by=MODERATOR).status == 201
    report_path = f"/v1/reports/{report['id']}"
    for answer in (
        say(city, report, "Lagi!"),
        city.call("PUT", f"{report_path}/support", by=NEIGHBOUR),
        city.call("PUT", f"{report_path}/follow", by=NEIGHBOUR),
        city.post(f"{report_path}/flags", {"reason": "spam"}, by=NEIGHBOUR),
        city.post("/v1/reports", {}, by=NEIGHBOUR),
    ):
        assert (answer.status, answer.json["code"]) == (403, "Banned")
    assert city.get(report_path, by=NEIGHBOUR).status == 200
    assert name(city, "Bu Tini").status == 200
    listed = city.get(f"{path}?limit=1", by=ADMIN).json["items"]
    assert [one["person"] for one in listed] == ["tetangga"]
    assert city.call("DELETE", f"{path}/tetangga", by=MODERATOR).status == 204
    assert city.call("DELETE", f"{path}/tetangga", by=MODERATOR).status == 404
    assert say(city, report, "Maaf.").status == 201
    own = city.report(by=Person("moderator", "moderator"))
    for body in ({"report_id": own["id"]}, {"report_id": city.report(by=None)["id"]}):
        assert city.post(path, body, by=MODERATOR).status == 422


def test_who_wrote_a_comment_can_delete_it_and_nobody_else(city: City) -> None:
    forbid(city, "anjing")
    report = city.report()
    nameless = city.report(by=None)
    code = {"x-tracking-code": nameless["tracking_code"]}
    word = said(city, report, "Salah tulis.")
    held = said(city, report, "Anjing!")
    coded = said(city, nameless, "Masih.", None, headers=code)
    assert flag(city, report, CITIZEN, word["comment_id"]).status == 201
    # Others, also the reporter and moderators: forbidden where they read it, unknown where not.
    for by, comment, status in (
        (None, word, 401),
        (CITIZEN, word, 403),
        (MODERATOR, word, 403),
        (CITIZEN, held, 404),
        (NEIGHBOUR, {"comment_id": NOWHERE}, 404),
        (NEIGHBOUR, word, 204),
        (NEIGHBOUR, word, 404),
        (NEIGHBOUR, held, 204),
    ):
        assert unsaid(city, report, comment, by).status == status
    assert unsaid(city, nameless, coded, None).status == 401
    assert unsaid(city, nameless, coded, None, headers=code).status == 204
    seen = find(report["id"])
    assert (talk(city, report), talk(city, nameless), seen.comment_count) == ([], [], 0)
    assert seen.heat == heat.key(report["id"], 0)
    assert cases(city) == []
    kept = [row.item for row in Flag.query(report["id"], Flag.item.startswith("flag#"))]
    assert kept == []


def test_a_comment_on_what_became_private_is_no_way_to_learn_of_it(city: City) -> None:
    report = city.report(private=True)
    own = said(city, report, "Di dalam.", CITIZEN)
    answers = [
        unsaid(city, report, own, NEIGHBOUR),
        unsaid(city, {"id": NOWHERE}, own, NEIGHBOUR),
    ]
    assert {(one.status, one.json["code"], one.json["detail"]) for one in answers} == {
        (404, "ReportNotFound", answers[0].json["detail"])
    }


def unsaid(city: City, report: Any, comment: Any, by: Person | None, **facts: Any) -> Any:
    path = f"/v1/reports/{report['id']}/comments/{comment['comment_id']}"
    return city.call("DELETE", path, by=by, **facts)
