"""A digest as a page, as rows and as plain text, in the language of its readers."""

import csv as csv_format
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib import texts
from chalicelib.stats.figures import RATES, Figures

if TYPE_CHECKING:
    from chalicelib.stats.digests import Content, Part

_COUNTS = [name for name, kind in Figures.__annotations__.items() if kind in (int, "int")]


def html(content: "Content", language: str) -> str:
    """One self-contained page: no script, no outside resource."""
    # Jinja costs 25 ms of start-up, and only digests draw pages.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["percent"] = _percent
    environment.filters["number"] = _number(language)
    template = environment.from_string(Path(__file__).with_name("page.html.j2").read_text())
    return template.render(
        content=content,
        counts=_COUNTS,
        rates=RATES,
        language=language,
        say=lambda key, **facts: texts.say(key, language, **facts),
    )


def csv(content: "Content") -> str:
    """One row a figure: scope, id, name, figure, value."""
    file = io.StringIO()
    rows = csv_format.writer(file)
    rows.writerow(["scope", "id", "name", "figure", "value"])
    rows.writerows(_rows("all", "", "", content.figures))
    for scope in ("area", "agency", "category"):
        parts: list[Part] = getattr(content, f"by_{scope}")
        for part in parts:
            rows.writerows(_rows(scope, part.id, _harmless(part.name), part.figures))
    return file.getvalue()


def plain(content: "Content", language: str) -> str:
    """The counts, one a line, for readers of plain mail."""
    lines = [f"{content.city}: {content.name}, {content.period}", ""]
    for name in _COUNTS:
        share = content.rates.get(name)
        value = f"{getattr(content.figures, name)}"
        lines.append(
            f"{texts.say(f'figure.{name}', language)}: {value}"
            + (f" ({_percent(share)})" if share is not None else "")
        )
    return "\n".join(lines) + "\n"


def _rows(scope: str, id: str, name: str, figures: Figures) -> list[list[Any]]:
    flat: dict[str, Any] = {}
    for figure, value in msgspec.to_builtins(figures).items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        flat |= {f"{figure}.{part}".rstrip("."): one for part, one in parts}
    return [[scope, id, name, figure, value] for figure, value in flat.items()]


def _harmless(text: str) -> str:
    # A spreadsheet runs a cell that begins like a formula (OWASP: CSV injection).
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _percent(share: float | None) -> str:
    return "\u2013" if share is None else f"{100 * share:.1f} %"


def _number(language: str) -> Any:
    def write(value: float | None) -> str:
        text = "\u2013" if value is None else f"{value:,}"
        return text.translate(str.maketrans(",.", ".,")) if language == "id" else text

    return write
