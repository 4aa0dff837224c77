"""A digest as a page, as rows and as plain text, in the language of its readers."""

import csv as csv_format
import io
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib import texts
from chalicelib.stats.content import Part
from chalicelib.stats.figures import COUNTS, RATES, Figures

if TYPE_CHECKING:
    from chalicelib.stats.digests import Published

ENOUGH = 10
"""Of fewer reports no share is shown: one more or less would move it by ten points."""
FINE = 1000
"""From here on shares have a decimal; of fewer reports it would pretend to know."""


def html(content: "Published", language: str) -> str:
    """One self-contained page: no script, no outside resource."""
    # Jinja costs 25 ms of start-up, and only digests draw pages.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    wording = Wording(language)
    environment.filters |= {"number": wording.number, "hours": wording.hours}
    template = environment.from_string(Path(__file__).with_name("page.html.j2").read_text())
    return template.render(
        content=content,
        period=wording.period(content.period),
        scope=_scope(content),
        parts={name: _largest_first(getattr(content, f"by_{name}")) for name in _SCOPES},
        counts=COUNTS,
        rates=RATES,
        enough=ENOUGH,
        share=wording.share,
        percent=wording.percent,
        language=language,
        say=wording.say,
    )


def csv(content: "Published") -> str:
    """One row a figure: scope, id, name, figure, value."""
    file = io.StringIO()
    rows = csv_format.writer(file)
    rows.writerow(["scope", "id", "name", "figure", "value"])
    rows.writerows(_rows("all", "", "", content.figures))
    for scope in _SCOPES:
        parts: list[Part] = getattr(content, f"by_{scope}")
        for part in parts:
            rows.writerows(_rows(scope, part.id, _harmless(part.name), part.figures))
    return file.getvalue()


def plain(content: "Published", language: str) -> str:
    """The counts, one a line, for readers of plain mail."""
    wording, submitted = Wording(language), content.figures.submitted
    lines = [f"{content.city}: {content.name}, {wording.period(content.period)}", ""]
    for name in COUNTS:
        count = getattr(content.figures, name)
        share = wording.share(count, submitted) if name in RATES else None
        line = f"{wording.say(f'figure.{name}')}: {wording.number(count)}"
        lines.append(f"{line} ({share})" if share else line)
    return "\n".join(lines) + "\n"


class Wording:
    """Numbers, shares, durations and dates as readers of one language write them."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, key: str, **facts: object) -> str:
        """The text of `key`."""
        return texts.say(key, self.language, **facts)

    def number(self, value: float | None) -> str:
        """1,234.5 in English and 1.234,5 in Indonesian; a dash for None."""
        text = "\u2013" if value is None else f"{value:,}"
        return text.translate(str.maketrans(",.", ".,")) if self.language == "id" else text

    def percent(self, share: float | None, of: int) -> str:
        """A share of `of` things, 0 to 1, as a percentage; a dash for None."""
        if share is None:
            return "\u2013"
        return f"{self.number(round(100 * share, 1) if of >= FINE else round(100 * share))}\u00a0%"

    def share(self, count: int, of: int) -> str | None:
        """`count` of `of` as a percentage; None when `of` is too few for one."""
        return self.percent(count / of, of) if of >= ENOUGH else None

    def hours(self, value: float | None) -> str:
        """A duration given in hours, in the unit that suits it."""
        if value is None:
            return "\u2013"
        if value < 1:
            return self.say("digest.minutes", n=round(value * 60))
        if value < 48:
            return self.say("digest.hours", n=self.number(round(value, 1)))
        return self.say("digest.days", n=self.number(round(value / 24, 1)))

    def period(self, label: str) -> str:
        """24 November 2026; week 48 of 2026 with its days; November 2026; 2026."""
        if "W" in label:
            monday, sunday = (date.fromisoformat(f"{label}-{day}") for day in (1, 7))
            days = f"{self.day(monday)} \u2013 {self.day(sunday)}"
            return self.say("digest.week", n=int(label[-2:]), year=label[:4], days=days)
        if len(label) == 7:
            return f"{self._month(int(label[5:]))} {label[:4]}"
        return self.day(date.fromisoformat(label)) if len(label) == 10 else label

    def day(self, day: date) -> str:
        """24 November 2026."""
        return f"{day.day} {self._month(day.month)} {day.year}"

    def _month(self, number: int) -> str:
        return self.say("digest.months").split()[number - 1]


_SCOPES = ("area", "agency", "category")


def _scope(content: "Published") -> list[tuple[str, str]]:
    """(kind, name) of what the digest is limited to."""
    found = []
    for kind in _SCOPES:
        if id := getattr(content.scope, kind):
            parts: list[Part] = getattr(content, f"by_{kind}")
            found.append((kind, next((part.name for part in parts if part.id == id), id)))
    return found


def _largest_first(parts: list[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: (-part.figures.submitted, part.name))


def _rows(scope: str, id: str, name: str, figures: Figures) -> list[list[Any]]:
    named = flat(msgspec.to_builtins(figures)).items()
    return [[scope, id, name, figure, value] for figure, value in named]


def flat(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures by name, those of several numbers as `first_response_hours.median`."""
    found: dict[str, Any] = {}
    for figure, value in figures.items():
        numbers = value.items() if isinstance(value, dict) else [("", value)]
        found |= {f"{figure}.{part}".rstrip("."): one for part, one in numbers}
    return found


def _harmless(text: str) -> str:
    # A spreadsheet runs a cell that begins like a formula (OWASP: CSV injection).
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
