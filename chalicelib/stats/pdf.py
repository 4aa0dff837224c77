"""A digest on A4 paper: the page's figures, charts and tables as a PDF.

Loads ReportLab, which takes a third of a second: import it only where a document is made.
"""

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from chalicelib.stats import paper
from chalicelib.stats.cells import busiest
from chalicelib.stats.content import RANKED_FROM, Part
from chalicelib.stats.figures import COUNTS, RATES
from chalicelib.stats.outlines import Map
from chalicelib.stats.pages import HEADLINES, grouped, map_note, scope_of, weeks, with_reports
from chalicelib.stats.paper import DEEP, INK, LINE, SHADES, SOFT, TONES, WIDTH
from chalicelib.stats.printable import printable
from chalicelib.stats.wording import ENOUGH, NONE, Wording

if TYPE_CHECKING:
    from chalicelib.stats.content import Published

Row = list[Any]

# Points that a title, its legend and a few rows take: with less of a page they go to the next.
ROOM = 120

_TEXT = ParagraphStyle(
    "text", fontName="Helvetica", fontSize=9, leading=12, textColor=HexColor(INK)
)
_SMALL = ParagraphStyle("small", _TEXT, fontSize=7.5, leading=10, textColor=HexColor(SOFT))
_RIGHT = ParagraphStyle("right", _TEXT, alignment=2)
_FIGURE = ParagraphStyle("figure", _RIGHT, fontSize=8)
_COLUMN = ParagraphStyle("column", _SMALL, fontName="Helvetica-Bold", alignment=2)
_TITLE = ParagraphStyle("title", _TEXT, fontName="Helvetica-Bold", fontSize=19, leading=23)
_HEAD = ParagraphStyle("head", _TEXT, fontName="Helvetica-Bold", fontSize=12, leading=16)
_SECTION = ParagraphStyle("section", _HEAD, textColor=HexColor(DEEP), keepWithNext=1)
_BIG = ParagraphStyle("big", _TITLE, fontSize=20, leading=24)
_NAME = ParagraphStyle("name", _TEXT, fontName="Helvetica-Bold")
_ACCENTS = ("#d0342c", "#e79a00", "#7cc49b", "#1d8a4f")


def pdf(content: "Published", language: str, map: Map | None) -> bytes:
    """The document. It knows no clock and no chance: the same content gives the same bytes."""
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=(595, 842),
        leftMargin=36,
        rightMargin=36,
        topMargin=36,
        bottomMargin=42,
        title=printable(f"{content.city}: {content.name}, {content.period}"),
        author=printable(content.city),
        lang=language,
        invariant=1,
    )
    story = _story(content, Wording(language), map)
    document.build(story, onFirstPage=_numbered, onLaterPages=_numbered)
    return file.getvalue()


def _numbered(canvas: Any, document: Any) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawRightString(42 + WIDTH, 26, str(document.page))


def _story(content: "Published", words: Wording, map: Map | None) -> list[Flowable]:
    return [
        *_heading(content, words),
        _headlines(content, words),
        _measures(content, words),
        _p(words.say("digest.changes", earlier=words.period(content.previous.period)), _SMALL),
        *_over_time(content, words),
        *_where(map, words),
        *_cells(content, words),
        *_all_figures(content, words),
        *_ages(content, words),
        *(one for kind, parts in grouped(content) if parts for one in _parts(kind, parts, words)),
        Spacer(0, 6),
        _p(words.say("digest.small_numbers", n=ENOUGH), _SMALL),
        _p(words.say("digest.ranks", n=RANKED_FROM), _SMALL),
        *_differences(content, words),
        *_definitions(content, words),
    ]


def _heading(content: "Published", words: Wording) -> Iterable[Flowable]:
    yield _p(content.city, _TEXT)
    yield _p(content.name, _TITLE)
    yield _p(words.period(content.period), _TEXT)
    for kind, name in scope_of(content):
        yield _p(f"{words.say(f'digest.{kind}')}: {name}", _TEXT)
    yield _p(
        f"{content.time_zone} \u00b7 {words.say('digest.revision', n=content.revision)}", _SMALL
    )
    yield Spacer(0, 8)
    if not content.figures.submitted:
        yield _p(words.say("digest.nothing"), _NAME)
        yield Spacer(0, 8)


def _headlines(content: "Published", words: Wording) -> Table:
    now, then = content.figures, content.previous.figures
    cells = []
    for name in HEADLINES:
        count = getattr(now, name)
        share = words.share(count, now.submitted)
        of = words.say("digest.of", n=words.number(now.submitted))
        cells.append(
            [
                _p(words.number(count), _BIG),
                _p(words.say(f"figure.{name}"), _NAME),
                *([_p(f"{share} {of}" if share else of, _SMALL)] if name in RATES else []),
                _p(words.change(count, getattr(then, name)), _SMALL),
                Spacer(0, 4),
                _p(words.say(f"figure.{name}.definition"), _SMALL),
            ]
        )
    tops = [("LINEABOVE", (n, 0), (n, 0), 4, HexColor(tone)) for n, tone in enumerate(_ACCENTS)]
    return _tiles(cells, tops)


def _measures(content: "Published", words: Wording) -> Table:
    of = content.figures
    cells = []
    for name in ("first_response_hours", "resolve_hours"):
        spread = getattr(of, name)
        value, told = words.hours(spread.median), words.typical(spread)
        cells.append(_measure(value, words.say(f"figure.{name}"), told))
    level, rated = of.service_level, of.satisfaction
    kept = words.say("digest.kept_of", kept=words.number(level.kept), n=words.number(level.of))
    kept_share = words.portion(level.kept, level.of)
    cells.append(_measure(kept_share, words.say("figure.service_level"), kept))
    share = words.portion(rated.satisfied, rated.n)
    told = words.rated(rated)
    cells.append([*_measure(share, words.say("figure.satisfaction"), told), paper.interval(rated)])
    return _tiles(cells, [])


def _measure(value: str, name: str, told: str) -> list[Flowable]:
    return [_p(value, _HEAD), _p(name, _NAME), _p(told, _SMALL)]


def _tiles(cells: Sequence[Sequence[Flowable]], style: list[Any]) -> Table:
    lines = ("BOX", (0, 0), (-1, -1), 0.5, HexColor(LINE))
    inner = ("INNERGRID", (0, 0), (-1, -1), 0.5, HexColor(LINE))
    top = ("VALIGN", (0, 0), (-1, -1), "TOP")
    return Table(
        [list(cells)],
        [WIDTH / len(cells)] * len(cells),
        style=[lines, inner, top, *style],
        spaceAfter=8,
    )


def _over_time(content: "Published", words: Wording) -> Iterable[Flowable]:
    slots = content.by_time
    if not any(one.submitted for one in slots):
        return
    monthly = len(slots[0].label) == 7
    head = _head(words.say("digest.by_month" if monthly else "digest.by_day"))
    yield KeepTogether([*head, _legend(words), paper.bars(slots, words)])
    titles = [] if monthly else [[_p(day, _COLUMN) for day in words.weekdays()]]
    rows = [
        [
            _p(f"{paper.short(slot, words)}: {words.number(slot.submitted)}", _RIGHT)
            if slot
            else ""
            for slot in week
        ]
        for week in weeks(slots)
    ]
    wide = len(rows[0])
    yield _table([*titles, *rows], [WIDTH / wide] * wide, heads=len(titles))


def _where(map: Map | None, words: Wording) -> Iterable[Flowable]:
    if map is None:
        return
    classes = [
        (
            paper.shade(number, map),
            words.number(low) if low == high else f"{words.number(low)}{NONE}{words.number(high)}",
        )
        for number, (low, high) in enumerate(map.classes, 1)
    ]
    yield KeepTogether(
        [
            *_head(words.say("digest.map")),
            _p(map_note(map, words), _SMALL),
            paper.legend([(SHADES[0], "0"), *classes]),
            paper.area_map(map, words),
        ]
    )


def _cells(content: "Published", words: Wording) -> Iterable[Flowable]:
    some = busiest(content.by_cell or [])
    if not some:
        return
    yield CondPageBreak(ROOM)
    yield from _head(words.say("digest.by_cell"))
    yield _p(words.say("digest.busiest", n=with_reports(content)), _SMALL)
    yield _legend(words)
    titles = [words.say("digest.cell"), ""]
    titles += [words.say(f"figure.{name}") for name in HEADLINES] + [words.say("digest.more")]
    rows = [
        [
            f"{rank}. {words.place(one.centre)}",
            paper.share_bar(one.figures, some[0].figures.submitted),
            *(words.number(getattr(one.figures, name)) for name in HEADLINES),
            words.more(one.change.submitted),
        ]
        for rank, one in enumerate(some, 1)
    ]
    yield _told(titles, rows, [134, 62, 60, 65, 65, 65, 60])


def _all_figures(content: "Published", words: Wording) -> Iterable[Flowable]:
    now, then = content.figures, content.previous.figures
    titles = [words.say(f"digest.{name}") for name in ("figure", "count", "share", "before")]
    rows = [
        [
            words.say(f"figure.{name}"),
            words.number(getattr(now, name)),
            (words.share(getattr(now, name), now.submitted) or NONE) if name in RATES else "",
            words.number(getattr(then, name)),
        ]
        for name in COUNTS
    ]
    table = _told(titles, rows, [211, 100, 100, 100])
    yield KeepTogether([*_head(words.say("digest.all_figures")), table])


def _ages(content: "Published", words: Wording) -> Iterable[Flowable]:
    ages = content.figures.backlog_by_age
    if ages is None or not content.figures.backlog:
        return
    names = ages.__struct_fields__
    rows = [[words.say(f"digest.{name}"), words.number(getattr(ages, name))] for name in names]
    table = _told([words.say("digest.age"), words.say("digest.count")], rows, [211, 100])
    yield KeepTogether([*_head(words.say("figure.backlog_by_age")), table])


def _parts(kind: str, parts: list[Part], words: Wording) -> Iterable[Flowable]:
    level = f" \u00b7 {words.say('digest.level', n=parts[0].level)}" if parts[0].level else ""
    yield CondPageBreak(ROOM)
    yield from _head(words.say(f"digest.by_{kind}") + level)
    yield _legend(words)
    rank, fix = words.say("digest.rank"), words.say("figure.resolve_hours")
    titles = [words.say(f"digest.{kind}"), ""]
    titles += [words.say(f"figure.{name}") for name in HEADLINES]
    rows = [_part(part, parts[0].figures.submitted, words) for part in parts]
    if parts[0].ranks:
        yield _told([*titles, rank, fix, rank], rows, [97, 44, 42, 64, 64, 64, 44, 48, 44])
    else:
        yield _told([*titles, fix], rows, [185, 44, 42, 64, 64, 64, 48])


def _part(part: Part, longest: int, words: Wording) -> Row:
    of = part.figures

    def counted(name: str) -> str:
        count = getattr(of, name)
        share = words.share(count, of.submitted) if name in RATES and count else None
        return f"{words.number(count)} ({share})" if share else words.number(count)

    row = [part.name, paper.share_bar(of, longest, 40), *(counted(name) for name in HEADLINES)]
    fix = words.hours(of.resolve_hours.median)
    if not part.ranks:
        return [*row, fix]
    by_share, by_speed = (str(part.ranks[name] or NONE) for name in ("confirmed_resolved", "speed"))
    return [*row, by_share, fix, by_speed]


def _differences(content: "Published", words: Wording) -> Iterable[Flowable]:
    if not content.differences:
        return
    whole = [one for one in content.differences if one.scope == "all"]
    titles = [words.say(f"digest.{name}") for name in ("figure", "before", "after")]
    rows = []
    for one in whole:
        figure, _, of = one.figure.partition(".")
        name = words.say(f"figure.{figure}") + (f" ({of})" if of else "")
        rows.append([name, words.number(one.before), words.number(one.after)])
    yield CondPageBreak(ROOM)
    yield from _head(words.say("digest.differences", n=content.revision))
    yield _told(titles, rows, [211, 100, 100])
    of_parts = len(content.differences) - len(whole)
    yield _p(words.say("digest.differences_of_parts", n=of_parts), _SMALL)


def _definitions(content: "Published", words: Wording) -> Iterable[Flowable]:
    yield CondPageBreak(ROOM)
    yield from _head(words.say("digest.definitions"))
    for name, definition in content.definitions.items():
        figure = escape(printable(words.say(f"figure.{name}")))
        yield Paragraph(f"<b>{figure}</b>: {escape(printable(definition))}", _SMALL)


def _legend(words: Wording) -> Flowable:
    return paper.legend([(tone, words.say(f"figure.{name}")) for name, tone in TONES.items()])


def _head(text: str) -> list[Flowable]:
    return [Spacer(0, 12), _p(text, _SECTION)]


def _told(titles: Sequence[str], rows: Sequence[Row], widths: Sequence[float]) -> Table:
    """A table whose first column is text and whose others are numbers."""
    left = ParagraphStyle("first", _COLUMN, alignment=0)
    head = [_p(title, _COLUMN if n else left) for n, title in enumerate(titles)]
    body = [[_cell(cell, _FIGURE if n else _TEXT) for n, cell in enumerate(row)] for row in rows]
    return _table([head, *body], widths, heads=1)


def _cell(cell: Any, style: ParagraphStyle) -> Any:
    return _p(cell, style) if isinstance(cell, str) else cell


def _table(rows: Sequence[Row], widths: Sequence[float], heads: int) -> Table:
    style: list[Any] = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(LINE)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    return Table(list(rows), list(widths), style=style, repeatRows=heads, hAlign="LEFT")


def _p(text: str, style: ParagraphStyle) -> Paragraph:
    # Paragraphs read mark-up: no name may be any.
    return Paragraph(escape(printable(text)), style)
