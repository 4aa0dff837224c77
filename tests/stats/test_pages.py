"""What people are given to read: honest, harmless and complete in every format."""

import csv
import io
import re

import msgspec
import pytest

from chalicelib.places.polygon import Polygon
from chalicelib.stats import mails, pages, pdf, rows
from chalicelib.stats.content import ranked
from chalicelib.stats.printable import printable
from chalicelib.stats.wording import Wording
from chalicelib.visible import visible
from tests.stats.published import drawn, enclave, of, part, published, uneven

HOSTILE = "=cmd|' /C calc'!A0<script>alert(1)</script>\u202egnp.exe\u200b\x00 {{7*7}} \U0001f4a9"
AREAS = {"melati": 30, "kenanga": 9}


def text_of(html: str) -> str:
    """What a reader sees of a page."""
    body = re.sub(r"<style>.*?</style>|<title>.*?</title>", "", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ")


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_page_needs_nothing_but_itself(language: str) -> None:
    page = pages.html(published(), language, drawn(AREAS))
    assert not re.search(r"<script|\bsrc=|\bhref=|url\(|@import|https?://", page)
    assert "default-src 'none'" in page
    assert page == pages.html(published(), language, drawn(AREAS))


def test_a_headline_has_its_denominator_its_definition_and_what_it_was() -> None:
    seen = text_of(pages.html(published(), "en", None))
    assert "40 Submitted ▲ 15 (before: 25)" in seen
    assert "8 Confirmed fixed 20 % of 40 submitted ▲ 8 (before: 0) Of the submitted" in seen
    assert "60 % In time 15 out of 25" in seen
    assert "75 % Satisfied out of 12 ratings; 95 % between 47 % and 91 %" in seen


def test_every_chart_has_a_table_with_its_numbers() -> None:
    page = pages.html(published(), "en", drawn(AREAS))
    drawn_days = dict(re.findall(r"<g><title>(\d+) October 2026: (\d+)</title>", page))
    told_days = dict(re.findall(r"<small>(\d+)</small>(\d+)</td>", page))
    assert drawn_days == told_days == {str(day): str(day) for day in range(1, 32)}
    for name, count in re.findall(r"<title>(Melati|Kenanga): (\d+)</title>", page):
        assert re.search(rf'<th scope="row">{name}</th>.*?<td>{count}</td>', page, re.S)


def test_of_few_reports_there_is_no_share_and_no_rank() -> None:
    few = published(now=of({"submitted": 9, "followed_up": 3, "rated5": 2}), by_agency=[])
    seen = text_of(pages.html(few, "en", None))
    assert "3 Followed up of 9 submitted" in seen
    assert "2 / 2 Satisfied out of 2 ratings" in seen
    assert "Kenanga 9 4 0" in seen
    assert "Ranks are by" in seen


def test_an_empty_period_says_so() -> None:
    empty = published(now=of({}), by_area=[], by_agency=[], by_category=[], by_time=[])
    seen = text_of(pages.html(empty, "id", drawn({})))
    assert "Tidak ada laporan masuk dalam periode ini." in seen
    assert "Tempat laporan" not in seen


def test_hostile_names_do_nothing_in_any_format() -> None:
    name = visible(HOSTILE)
    assert not set(name) & {"\u202e", "\u200b", "\x00"}
    made = published(name=name, by_agency=ranked([part("dinas", name, 3)]))
    page = pages.html(made, "en", drawn(AREAS, {"melati": HOSTILE}))
    assert "<script" not in page
    assert "\u202e" not in page
    assert page.count("&lt;script&gt;") >= 3
    assert "{{7*7}}" in page
    cells = [row[2] for row in csv.reader(io.StringIO(rows.csv(made))) if row[0] == "agency"]
    assert set(cells) == {f"'{name}"}
    read = msgspec.json.decode(msgspec.json.encode(made))
    assert read["by_agency"][0]["name"] == name
    words, links = Wording("id"), {"html": "https://files.test/a?b=1&c=2"}
    assert name in mails.plain(made, words, links)
    mail = mails.html(made, words, links)
    assert "<script" not in mail
    assert 'href="https://files.test/a?b=1&amp;c=2"' in mail
    paper = pdf.pdf(made, "en", drawn(AREAS, {"melati": HOSTILE}))
    assert paper.startswith(b"%PDF-")
    assert paper == pdf.pdf(made, "en", drawn(AREAS, {"melati": HOSTILE}))


def test_the_mail_itself_has_the_headlines_and_what_they_are_made_of() -> None:
    mail = mails.plain(published(), Wording("id"), {"pdf": "https://files.test/a"})
    mail = mail.replace("\u00a0", " ")
    assert "Laporan masuk: 40 (\u25b2 15 (sebelumnya: 25))" in mail
    assert "Dipastikan selesai: 8 (20 % dari 40 laporan masuk; \u25b2 8 (sebelumnya: 0))" in mail
    assert "Puas: 75 % (dari 12 penilaian; 95 % antara 47 % dan 91 %)" in mail
    assert "PDF: https://files.test/a" in mail


@pytest.mark.parametrize("language", ["id", "en"])
def test_of_nothing_there_is_a_dash_in_every_format(language: str) -> None:
    empty = published(now=of({}), then=of({}))
    mail = mails.plain(empty, Wording(language), {})
    page = text_of(pages.html(empty, language, None))
    for told in (mail, page):
        assert "0 / 0" not in told
        assert told.count("n = 0") >= 2
        assert "\u2013" in told


def test_paper_takes_every_letter() -> None:
    assert printable("M\u0101ori \u2013 \u65e5\u672c \u25b2 1") == "Maori \u2013 ?? + 1"
    # Nothing in it can be taken for mark-up, or run.
    assert b"/JavaScript" not in pdf.pdf(published(name="<b>a</i>"), "id", None)


@pytest.mark.parametrize("begun", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "\uff1d1"])
def test_no_cell_is_a_formula(begun: str) -> None:
    assert rows.written([[begun]]).lstrip('"').startswith("'")
    assert rows.written([[-1, 2.5, None, "a=b", "'s", ""]]) == "-1,2.5,,a=b,'s,\r\n"


def test_a_map_shows_the_deepest_areas_as_far_as_there_are_reports() -> None:
    map = drawn(AREAS)
    assert map is not None
    assert {one.id: one.shade > 0 for one in map.outlines} == {"melati": True, "kenanga": True}
    assert map.height == pytest.approx(map.width / 2, rel=0.01)
    # Corners on a straight line are left out.
    assert [len(ring) for one in map.outlines for ring in one.rings] == [4, 4]
    for one in map.outlines:
        low, high = map.classes[one.shade - 1]
        assert low <= one.count <= high


@pytest.mark.parametrize(("elsewhere", "level"), [(1, {"satu", "dua"}), (2, {"uji", "desa"})])
def test_a_level_that_lacks_many_reports_is_not_drawn(elsewhere: int, level: set[str]) -> None:
    map = uneven({"uji": 19, "satu": 10, "dua": 9, "desa": elsewhere}, 20 + elsewhere)
    assert map is not None
    assert {one.id for one in map.outlines} == level
    # One report is in no area, and may be among those of a place without quarters.
    assert map.beyond == (1 if level == {"uji", "desa"} else 2)
    assert {one.id for one in map.regions} == level


def test_few_reports_far_away_do_not_make_the_map_small() -> None:
    near = drawn(AREAS)
    assert near is not None
    few, many = drawn({**AREAS, "pulau": 2}), drawn({**AREAS, "pulau": 3})
    assert few is not None
    assert many is not None
    assert [one.path for one in few.outlines] == [one.path for one in near.outlines]
    assert (few.beyond, many.beyond) == (2, 0)
    assert {one.id for one in many.outlines} == {*AREAS, "pulau"}
    assert "2 reports are not on this map" in pages.html(published(), "en", few)
    assert "not on this map" not in pages.html(published(), "en", many)


def test_what_is_written_on_a_map_can_be_read() -> None:
    long = "Kelurahan yang namanya terlalu panjang"
    map = drawn({**AREAS, "pulau": 5}, dict.fromkeys((*AREAS, "pulau"), long))
    assert map is not None
    cut = "Kelurahan yang namanya\u2026"
    assert {one.id: one.label for one in map.regions} == {
        "melati": cut,
        "kenanga": "",
        "pulau": cut,
    }
    for one in map.regions:
        assert one.wide / 2 <= one.middle[0] <= map.width - one.wide / 2
    page = pages.html(published(), "en", map)
    assert re.findall(r'<text x="[\d.]+" y="[\d.]+">(\D+?)<tspan', page) == [cut, cut]
    short = drawn(AREAS)
    assert short is not None
    assert [one.label for one in short.regions] == ["Melati", "Kenanga"]


def test_an_area_within_another_is_a_hole_of_that_one_and_keeps_its_own_name() -> None:
    map = enclave()
    assert map is not None
    around, within = sorted(map.regions, key=lambda one: len(one.rings), reverse=True)
    assert [len(one.rings) for one in (around, within)] == [2, 1]
    hole = Polygon([[*within.rings[0], within.rings[0][0]]])
    assert (hole.contains(*within.middle), hole.contains(*around.middle)) == (True, False)
    assert pages.html(published(), "en", map).count('fill-rule="evenodd"') == 4
