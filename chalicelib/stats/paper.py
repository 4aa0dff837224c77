"""Charts and the map of a digest as drawings of a PDF. Imported by `pdf` alone."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from reportlab.graphics.shapes import Circle, Drawing, Line, Path, Rect, String
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth

from chalicelib.stats.cells import CellCounts
from chalicelib.stats.content import Slot
from chalicelib.stats.figures import Figures, Satisfaction
from chalicelib.stats.outlines import CLASSES, Map, Outline
from chalicelib.stats.printable import printable
from chalicelib.stats.wording import Wording

TONES = {
    "submitted": "#c3cdd4",
    "followed_up": "#f0b232",
    "claimed_resolved": "#8ccfab",
    "confirmed_resolved": "#1d8a4f",
}
SHADES = ("#f1f4f5", "#d3ebe7", "#a3d5ce", "#63b3ab", "#2b8782", "#0c5356")
INK, SOFT, LINE, DEEP = "#14222c", "#50606d", "#dbe2e6", "#0c3b4a"
# Points: A4 less margins of 42.
WIDTH = 511
MAP_HEIGHT = 380
_FONT, _SIZE = "Helvetica", 7.5

# From units of the map to points of the drawing.
Anchor = Literal["start", "middle", "end"]
Place = Callable[[float, float], tuple[float, float]]


def bars(slots: Sequence[Slot], words: Wording) -> Drawing:
    """The reports by day or month: what became of them in front of all of them."""
    height, left = 120, 40
    drawing = Drawing(WIDTH, height + 16)
    tallest, step = max(one.submitted for one in slots), (WIDTH - left) / len(slots)
    for mark in (0.0, 0.5, 1.0):
        y = 14 + (height - 14) * mark
        drawing.add(Line(left, y, WIDTH, y, strokeColor=HexColor(LINE), strokeWidth=0.5))
        drawing.add(_text(left - 5, y - 2.5, words.number(round(tallest * mark)), "end"))
    for number, slot in enumerate(slots):
        x = left + step * (number + 0.12)
        for name, tone in TONES.items():
            tall = (height - 14) * getattr(slot, name) / tallest
            drawing.add(_box(x, 14, step * 0.76, tall, tone))
        if len(slots) < 13 or number % 5 == 0:
            drawing.add(_text(x + step * 0.38, 3, short(slot, words), "middle"))
    return drawing


def short(slot: Slot, words: Wording) -> str:
    """A slot's day of the month, or the beginning of its month's name."""
    if len(slot.label) == 7:
        return words.month(int(slot.label[5:]))[:3]
    return str(int(slot.label[8:]))


def area_map(map: Map, words: Wording) -> Drawing:
    """The map as wide or as tall as the paper allows."""
    scale = min(WIDTH / map.width, MAP_HEIGHT / map.height)
    drawing = Drawing(WIDTH, map.height * scale)
    left = (WIDTH - map.width * scale) / 2
    drawing.add(_frame(left, map.width * scale, map.height * scale))

    def place(x: float, y: float) -> tuple[float, float]:
        return left + x * scale, (map.height - y) * scale

    for one in map.outlines:
        drawing.add(_outline(one, place, fill=HexColor(shade(one.shade, map))))
    if not map.of_cells:
        for one in map.regions:
            drawing.add(_outline(one, place, stroke=1.4))
    for one in (one for one in map.regions if one.label):
        x, y = place(*one.middle)
        if map.of_cells:
            _write(drawing, x, y - 2.5, [one.label])
        else:
            _write(drawing, x, y, [printable(one.label), words.number(one.count)])
    return drawing


def _write(drawing: Drawing, x: float, y: float, lines: list[str]) -> None:
    """Lines about a place, legible on any shade."""
    wide = max(stringWidth(line, _FONT, _SIZE) for line in lines) + 3
    halo = _box(x - wide / 2, y + 6.5 - 8 * len(lines), wide, 8 * len(lines), "#ffffff")
    halo.fillOpacity = 0.75
    drawing.add(halo)
    for number, line in enumerate(lines):
        drawing.add(_text(x, y - 8 * number, line, "middle", INK))


def shade(number: int, map: Map) -> str:
    """The colour of a shade; the darkest is the most, however many classes there are."""
    return SHADES[number + CLASSES - len(map.classes) if number else 0]


def legend(entries: Iterable[tuple[str, str]]) -> Drawing:
    """(colour, text) side by side."""
    drawing, x = Drawing(WIDTH, 14), 0.0
    for tone, text in entries:
        swatch = _box(x, 3, 7, 7, tone)
        swatch.strokeColor, swatch.strokeWidth = HexColor(LINE), 0.5
        drawing.add(swatch)
        drawing.add(_text(x + 11, 4, text))
        x += 22 + stringWidth(text, _FONT, _SIZE)
    return drawing


def share_bar(of: Figures | CellCounts, longest: int, width: float = 60) -> Drawing:
    """What became of a part's reports, as long as they are many."""
    drawing = Drawing(width, 7)
    for name, tone in TONES.items():
        drawing.add(_box(0, 0, width * getattr(of, name) / max(longest, 1), 7, tone))
    return drawing


def interval(of: Satisfaction, width: float = 105) -> Drawing:
    """The share of the satisfied on a scale from 0 to 1, with its interval."""
    drawing = Drawing(width, 10)
    drawing.add(_box(0, 3, width, 4, LINE))
    if of.n and of.low is not None and of.high is not None and of.share is not None:
        drawing.add(_box(width * of.low, 3, width * (of.high - of.low), 4, "#8ccfab"))
        dot = HexColor("#1d8a4f")
        drawing.add(Circle(width * of.share, 5, 4, fillColor=dot, strokeColor=HexColor("#ffffff")))
    return drawing


def _frame(left: float, width: float, height: float) -> Path:
    """Nothing is drawn outside of it."""
    path = Path(isClipPath=1, fillColor=None, strokeColor=None)
    path.moveTo(left, 0)
    for x, y in ((left + width, 0), (left + width, height), (left, height)):
        path.lineTo(x, y)
    path.closePath()
    return path


def _outline(one: Outline, place: Place, fill: Color | None = None, stroke: float = 0.4) -> Path:
    white = HexColor("#ffffff")
    path = Path(fillColor=fill, strokeColor=white, strokeWidth=stroke)
    for ring in one.rings:
        path.moveTo(*place(*ring[0]))
        for corner in ring[1:]:
            path.lineTo(*place(*corner))
        path.closePath()
    return path


def _box(x: float, y: float, width: float, height: float, tone: str) -> Rect:
    box = Rect(x, y, width, height)
    box.fillColor, box.strokeColor = HexColor(tone), None
    return box


def _text(x: float, y: float, text: str, anchor: Anchor = "start", tone: str = SOFT) -> String:
    return String(
        x, y, text, fontName=_FONT, fontSize=_SIZE, fillColor=HexColor(tone), textAnchor=anchor
    )
