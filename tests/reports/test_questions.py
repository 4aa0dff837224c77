"""An agency asks the reporter: the clocks stand until the answer, or for 14 days."""

import base64
import hashlib
import re
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from chalicelib import texts
from chalicelib.clock import moment, now
from chalicelib.errors import NothingAsked
from chalicelib.people.identity import Caller
from chalicelib.reports import questions, settling
from chalicelib.reports.models import find
from chalicelib.reports.questions import Answer, NewQuestion
from chalicelib.reports.settling import Swept
from tests.city import CITIZEN, MODERATOR, ROADS, WARD, City, Person, officer, told
from tests.reports.steps import ROADMAN, move, moved
from tests.reports.storage import race

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FORTNIGHT = 14 * DAY
WHERE, THERE = "Di sisi mana jalannya?", "Di depan masjid, rumah saya nomor 5."
BROWSER = {"accept": "text/html,application/xhtml+xml", "accept-language": "id"}
NOSNIFF = "x-content-type-options"
OF_ROADS = Caller(sub="petugas", role="officer", agency_id=ROADS)


def ask(city: City, report: Any, by: Person | None = ROADMAN) -> Any:
    return city.post(f"/v1/reports/{report['id']}/questions", {"text": WHERE}, by=by)


def asked(city: City, **facts: Any) -> Any:
    """A report whose reporter is asked something."""
    report = city.report(**facts)
    answer = ask(city, report)
    assert answer.status == 200, answer.body
    return report


def answer(city: City, report: Any, by: Person | None = CITIZEN, **facts: Any) -> Any:
    body = {"text": THERE, **facts.pop("body", {})}
    return city.post(f"/v1/reports/{report['id']}/answers", body, by=by, **facts)


def token_of(report: Any) -> str:
    """The token of the link that the reporter is given."""
    return parse_qs(urlparse(questions.link(find(report["id"]))).query)["token"][0]


def opened(city: City, report: Any, token: str, headers: Any = None) -> Any:
    return city.get(f"/v1/reports/{report['id']}/question?token={token}", headers=headers)


def sent_form(city: City, report: Any, facts: Any, headers: Any = BROWSER) -> Any:
    """What a browser sends when the button of the page's form is pressed."""
    headers = {**headers, "content-type": "application/x-www-form-urlencoded"}
    return city.post(f"/v1/reports/{report['id']}/answers", facts, headers=headers)


def hidden(page: Any) -> str:
    """The token that the form of a page has in it."""
    (token,) = re.findall(r'name="token" value="([^"]*)"', page.body)
    return str(token)


def code(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def asked_at(report: Any, at: datetime) -> None:
    questions.ask(report["id"], NewQuestion(WHERE), OF_ROADS, at)


def test_a_question_stops_the_clock_and_its_answer_moves_what_is_due(city: City) -> None:
    report = city.report()
    sent, due = moment(report["created_at"]), moment(report["due"]["resolve"])
    asked_at(report, sent + 10 * HOUR)
    shown = city.get(f"/v1/reports/{report['id']}").json
    since = find(report["id"]).question["at"]
    assert shown["due"] == {"first_response": None, "resolve": None, "waiting_since": since}
    assert "resolve_due" not in told(report["id"])[-1]["data"]
    assert settling.sweep(sent + 200 * HOUR) == Swept()
    reporter = Caller(sub=CITIZEN.sub)
    questions.answer(report["id"], Answer(THERE), reporter, sent + 110 * HOUR)
    event = told(report["id"])[-1]
    assert event["type"] == "report.question_answered"
    assert moment(event["data"]["resolve_due"]) == due + 100 * HOUR
    # 80 % of the 72 hours are over when 57.6 of them have passed that count.
    assert settling.sweep(sent + 157.5 * HOUR) == Swept()
    assert settling.sweep(sent + 157.7 * HOUR) == Swept(due_soon=1)


def test_to_ask_is_a_first_response(city: City) -> None:
    report = asked(city)
    assert city.get(f"/v1/reports/{report['id']}").json["first_response_at"] is not None
    answer(city, report)
    assert settling.sweep(now() + 50 * HOUR) == Swept()
    corrected = city.call("PATCH", f"/v1/reports/{report['id']}", {"address": "A"}, by=CITIZEN)
    assert corrected.json["code"] == "AlreadyActedOn"


def test_after_fourteen_days_the_clock_runs_since_that_moment_however_late_the_sweep(
    city: City,
) -> None:
    report = city.report()
    sent, due = moment(report["created_at"]), moment(report["due"]["resolve"])
    asked_at(report, sent + HOUR)
    assert settling.sweep(sent + FORTNIGHT) == Swept()
    at = sent + FORTNIGHT + 60 * HOUR
    swept = race(lambda: settling.sweep(at), lambda: settling.sweep(at))
    assert (sum(one.lapsed for one in swept), sum(one.due_soon for one in swept)) == (1, 1)
    assert moment(find(report["id"]).resolve_due) == due + FORTNIGHT
    kinds = [event["type"] for event in told(report["id"])[2:]]
    assert kinds == ["report.question_lapsed", "report.due_soon"]
    assert code(answer(city, report)) == (409, "NothingAsked")


@pytest.mark.parametrize("swept", [True, False])
def test_the_link_is_good_for_fourteen_days_and_not_a_second_longer(
    city: City, swept: bool
) -> None:
    report = city.report(by=None)
    at = moment(report["created_at"])
    asked_at(report, at)
    link, nobody = Answer(THERE, token_of(report)), Caller()
    assert questions.asked(report["id"], link.token, nobody, at + FORTNIGHT - HOUR)
    if swept:
        settling.sweep(at + FORTNIGHT)
    with pytest.raises(NothingAsked):
        questions.asked(report["id"], link.token, nobody, at + FORTNIGHT)
    with pytest.raises(NothingAsked):
        questions.answer(report["id"], link, nobody, at + FORTNIGHT)


@pytest.mark.parametrize("private", [True, False])
def test_the_link_needs_no_login_also_for_a_private_report(city: City, private: bool) -> None:
    report = asked(city, by=None, private=private)
    path, headers = f"/v1/reports/{report['id']}", {"x-tracking-code": report["tracking_code"]}
    shown = city.get(path, headers=headers).json["question"]
    assert (shown["text"], shown["link"]) == (WHERE, questions.link(find(report["id"])))
    page = opened(city, report, token_of(report))
    assert (page.status, page.json["text"]) == (200, WHERE)
    assert page.headers["cache-control"] == "no-store"
    given = answer(city, report, None, body={"token": token_of(report)})
    assert (given.status, set(given.json)) == (200, {"report_id", "number", "version"})
    assert find(report["id"]).question is None


def test_in_a_browser_the_link_is_a_page_that_takes_the_answer(city: City) -> None:
    report = city.report(by=None, description="<b>Lubang</b> & genangan")
    city.post(f"/v1/reports/{report['id']}/questions", {"text": "<script>1</script>"}, by=ROADMAN)
    page = opened(city, report, token_of(report), BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'lang="id"' in page.body
    for words in ("&lt;script&gt;1&lt;/script&gt;", "&lt;b&gt;Lubang&lt;/b&gt; &amp; genangan"):
        assert words in page.body
    assert "<script" not in page.body
    # Just the style counts that the page's policy names by its hash.
    (style,) = re.findall(r"<style>(.*?)</style>", page.body, re.DOTALL)
    named = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{named}'" in page.headers["content-security-policy"]
    # A browser counts a new line as one character and sends it as two.
    lines = "Di depan\r\n" + "\r\n" * (2000 - 16) + "masjid."
    taken = sent_form(city, report, {"text": lines, "token": hidden(page)})
    assert (taken.status, "Terima kasih" in taken.body) == (200, True)
    assert find(report["id"]).question is None


@pytest.mark.parametrize("language", ["id", "en"])
def test_in_a_browser_every_refusal_is_a_page_too(city: City, language: str) -> None:
    headers = {**BROWSER, "accept-language": language}
    private, report = asked(city, by=None, private=True), asked(city, by=None)
    token = token_of(report)
    good = opened(city, report, token, headers)

    def shown(page: Any, status: int, code: str) -> None:
        assert (page.status, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert f'lang="{language}"' in page.body
        for words in (f"{code}.title", code):
            assert escape(texts.say(words, language)) in page.body
        for name in ("content-security-policy", "referrer-policy", "cache-control", NOSNIFF):
            assert page.headers[name] == good.headers[name]

    for where, named, status, code in (
        (private, "2.forged", 404, "ReportNotFound"),
        (report, "2.forged", 401, "NotIdentified"),
        (report, "x" * 101, 400, "InvalidInput"),
        ({"id": "gone"}, token, 404, "ReportNotFound"),
    ):
        shown(opened(city, where, named, headers), status, code)
        shown(sent_form(city, where, {"text": THERE, "token": named}, headers), status, code)
    for facts, status, code in (
        ({"text": " ", "token": token}, 422, "Unprocessable"),
        ({"text": [THERE, THERE], "token": token}, 400, "InvalidInput"),
        ({"token": token, "<b>": "1"}, 400, "InvalidInput"),
        ("text=\u00e9".encode("latin-1"), 400, "Malformed"),
    ):
        page = sent_form(city, report, facts, headers)
        shown(page, status, code)
        assert "<b>" not in page.body
    sent_form(city, report, {"text": THERE, "token": token}, headers)
    shown(opened(city, report, token, headers), 409, "NothingAsked")
    shown(sent_form(city, report, {"text": THERE, "token": token}, headers), 409, "NothingAsked")


def test_foreign_forged_and_old_tokens_open_nothing(city: City) -> None:
    report, other = asked(city, by=None, private=True), asked(city, by=None)
    right = token_of(report)
    forged = [token_of(other), right[:-1], f"9{right}", "2.", ".", "", "2", "\u00e9", right + "="]
    for token in forged:
        assert code(answer(city, report, None, body={"token": token})) == (404, "ReportNotFound")
        assert opened(city, report, token).status in (400, 404)
        assert code(answer(city, other, None, body={"token": right})) == (401, "NotIdentified")
    answer(city, report, None, body={"token": right})
    assert code(answer(city, report, None, body={"token": right})) == (409, "NothingAsked")
    ask(city, report)
    # Each question has its own link.
    assert code(answer(city, report, None, body={"token": right})) == (409, "NothingAsked")
    assert find(report["id"]).question is not None


def test_only_the_reporter_answers(city: City) -> None:
    report = asked(city)
    for person in (ROADMAN, MODERATOR, Person("citizen", "orang-lain")):
        assert code(answer(city, report, person)) == (403, "NotAllowed")
    assert code(answer(city, report, None)) == (401, "NotIdentified")
    assert answer(city, report).status == 200
    anonymous = asked(city, by=None)
    headers = {"x-tracking-code": anonymous["tracking_code"]}
    assert answer(city, anonymous, None, headers=headers).status == 200


def test_what_is_asked_and_answered_is_between_the_reporter_and_the_agency(city: City) -> None:
    report = asked(city)
    path = f"/v1/reports/{report['id']}"
    assert "link" not in city.get(path, by=ROADMAN).json["question"]
    for stranger in (None, officer(WARD), Person("citizen", "orang-lain")):
        assert "question" not in city.get(path, by=stranger).json
    answer(city, report)

    def words(by: Person | None) -> list[Any]:
        entries = city.get(f"{path}/updates", by=by).json["items"]
        return [(one["kind"], one["note"]) for one in entries[1:]]

    assert words(CITIZEN) == words(ROADMAN) == [("question", WHERE), ("answer", THERE)]
    assert words(None) == words(officer(WARD)) == [("question", None), ("answer", None)]
    assert THERE not in str(told(report["id"]))
    assert WHERE not in str(told(report["id"]))


def test_one_question_at_a_time_and_only_while_the_report_is_open(city: City) -> None:
    report = city.report()
    answers = race(lambda: ask(city, report), lambda: ask(city, report))
    assert sorted(one.status for one in answers) == [200, 409]
    assert code(ask(city, report)) == (409, "CannotAsk")
    assert ask(city, report, officer(WARD)).status == 403
    closed = city.report()
    moved(city, closed, "rejected")
    assert code(ask(city, closed)) == (409, "CannotAsk")
    again = city.post(f"/v1/reports/{report['id']}/questions", {"text": " \u200b"}, by=ROADMAN)
    assert code(again) == (422, "Unprocessable")


def test_whoever_closes_the_report_waits_no_longer(city: City) -> None:
    report = asked(city)
    moved(city, report, "acknowledged")
    assert find(report["id"]).question is not None
    moved(city, report, "rejected")
    assert code(answer(city, report)) == (409, "NothingAsked")
    # Closing ended the wait: the due time that was kept or missed is known again.
    due = moment(told(report["id"])[-1]["data"]["resolve_due"])
    assert timedelta(0) <= due - moment(report["due"]["resolve"]) < HOUR


def test_a_question_goes_along_with_a_hand_over(city: City) -> None:
    report = asked(city)
    moved(city, report, "referred", refer_to=WARD)
    assert answer(city, report).status == 200
    assert told(report["id"])[-1]["data"]["agency_id"] == WARD
    entries = city.get(f"/v1/reports/{report['id']}/updates", by=officer(WARD)).json["items"]
    assert entries[-1]["note"] == THERE
    assert move(city, report, "acknowledged", officer(WARD)).status == 200
