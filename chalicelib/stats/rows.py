"""A digest as rows of a table, for spreadsheets and programs."""

import csv as csv_format
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from chalicelib.stats.content import Part, Published

# Also the wide forms, which some spreadsheets take for the narrow ones.
_BEGINNINGS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_SCOPES = ("area", "agency", "category")


def csv(content: "Published") -> str:
    """One row a figure: scope, id, name, figure, value (RFC 4180).

    A cell's name is its centre, as programs for maps read it (OGC 06-103r4, well-known text).
    """
    rows = [["scope", "id", "name", "figure", "value"], *_rows("all", "", "", content.figures)]
    for scope in _SCOPES:
        parts: list[Part] = getattr(content, f"by_{scope}")
        rows += [row for part in parts for row in _rows(scope, part.id, part.name, part.figures)]
    for one in content.by_cell or []:
        where = f"POINT ({one.centre.lon} {one.centre.lat})"
        rows += _rows("cell", one.cell, where, one.figures)
    rows += [["time", one.label, "", "submitted", one.submitted] for one in content.by_time]
    return written(rows)


def written(rows: Iterable[Iterable[Any]]) -> str:
    """The rows as CSV whose texts no spreadsheet takes for formulas."""
    file = io.StringIO()
    csv_format.writer(file).writerows([harmless(cell) for cell in row] for row in rows)
    return file.getvalue()


def harmless(cell: Any) -> Any:
    """A text that a spreadsheet would run, behind an apostrophe (OWASP: CSV injection)."""
    runs = isinstance(cell, str) and cell.lstrip(" ")[:1] in _BEGINNINGS
    return f"'{cell}" if runs else cell


def flat(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures by name, those of several numbers as `first_response_hours.median`."""
    found: dict[str, Any] = {}
    for figure, value in figures.items():
        numbers = value.items() if isinstance(value, dict) else [("", value)]
        found |= {f"{figure}.{part}".rstrip("."): one for part, one in numbers}
    return found


def _rows(scope: str, id: str, name: str, figures: Struct) -> list[list[Any]]:
    named = flat(msgspec.to_builtins(figures)).items()
    return [[scope, id, name, figure, value] for figure, value in named]
