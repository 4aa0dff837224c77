"""A report's page for sharing: right in both languages, escaped, and not there for strangers."""

from html.parser import HTMLParser
from typing import Any

import pytest

from chalicelib.reports.models import Report, find
from chalicelib.visible import visible
from tests.city import ADMIN, CITIZEN, City
from tests.reports.steps import moved
from tests.taking_part.crowd import NOWHERE, decide

MARKUP = "\"><script>alert(1)</script>' {{ 7*7 }} & <img src=x onerror=y>"


class Page(HTMLParser):
    """The names of a page's elements, the contents of its meta tags, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.meta: dict[str, str] = {}
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        self.elements.append(tag)
        self.meta[facts.get("property") or facts.get("name", "")] = facts.get("content", "")

    def handle_data(self, data: str) -> None:
        self.text += data


def shared(city: City, report: Any, **facts: Any) -> Any:
    return city.get(f"/v1/reports/{report['id']}/share", **facts)


@pytest.mark.parametrize(
    ("language", "locale", "status"), [("id", "id_ID", "Terkirim"), ("en", "en_GB", "Sent")]
)
def test_a_page_tells_the_report_in_the_reader_s_language(
    city: City, language: str, locale: str, status: str
) -> None:
    report = city.report(description=f"Lubang {MARKUP}")
    find(report["id"]).update([Report.thumb.set("photos/abc")])
    answer = shared(city, report, headers={"accept-language": language})
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = Page(answer.body)
    assert page.elements.count("img") == 1
    assert "script" not in page.elements
    assert page.meta["og:title"] == report["title"]
    assert page.meta["og:description"].startswith(f"{status} · Lubang {MARKUP}"[:100])
    assert page.meta["og:image"] == "https://photos.test/photos/abc/640.jpg"
    assert page.meta["og:url"].endswith(f"/v1/reports/{report['id']}/share")
    assert (page.meta["og:locale"], page.meta["twitter:card"]) == (locale, "summary_large_image")
    assert MARKUP in page.text
    assert "warga" not in answer.body.replace("Laporan warga", "")


@pytest.mark.parametrize(("language", "status"), [("id", "Tidak diterima"), ("en", "Not accepted")])
def test_the_page_of_a_closed_report_says_why_in_the_city_s_words(
    city: City, language: str, status: str
) -> None:
    said = {"id": f"Bukan \u202eurusan {MARKUP}", "en": f"None\u200b of ours {MARKUP}"}
    city.call("PUT", "/v1/admin/reasons/rejected/not_ours", {"text": said}, by=ADMIN)
    report = city.report()
    assert 'class="why"' not in shared(city, report).body
    moved(city, report, "rejected", reason="not_ours")
    city.call("DELETE", "/v1/admin/reasons/rejected/not_ours", by=ADMIN)
    page = Page(shared(city, report, headers={"accept-language": language}).body)
    assert [*map(str.strip, page.text.splitlines())].count(visible(said[language])) == 1
    assert status in page.text
    assert "script" not in page.elements


def test_a_withheld_report_has_no_page_for_strangers_and_a_passing_one_for_its_own(
    city: City,
) -> None:
    private, hidden = city.report(private=True), city.report()
    find(hidden["id"]).update([Report.thumb.set("photos/abc")])
    decide(city, hidden, action="hide", reason="personal_data")
    missing = shared(city, {"id": NOWHERE})
    for report in (private, hidden):
        answer = shared(city, report)
        assert (answer.status, answer.json["detail"]) == (404, missing.json["detail"])
        assert answer.headers["cache-control"] == "no-store"
        own = shared(city, report, by=CITIZEN)
        assert (own.status, own.headers["cache-control"]) == (200, "no-store")
        assert "og:image" not in Page(own.body).meta


@pytest.mark.parametrize(
    "path", [f"reports/{NOWHERE}/share", "unsubscribe?token=x", "email-confirmation?token=x"]
)
def test_a_link_that_leads_nowhere_is_a_page_in_a_browser(city: City, path: str) -> None:
    plain = city.get(f"/v1/{path}", headers={"accept-language": "id"})
    browser = {"accept": "text/html,*/*;q=0.8", "accept-language": "id"}
    shown = city.get(f"/v1/{path}", headers=browser)
    assert shown.status == plain.status == plain.json["status"] >= 400
    assert shown.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    for words in ("title", "detail"):
        assert plain.json[words] in Page(shown.body).text
