"""A digest as one page for people: self-contained, for a phone, a screen and paper."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.stats.cells import busiest
from chalicelib.stats.content import RANKED_FROM, Part, Slot
from chalicelib.stats.figures import COUNTS, RATES
from chalicelib.stats.outlines import Map
from chalicelib.stats.wording import ENOUGH, Wording

if TYPE_CHECKING:
    from chalicelib.stats.content import Published

HEADLINES = ("submitted", "followed_up", "claimed_resolved", "confirmed_resolved")
SCOPES = ("area", "agency", "category")


def html(content: "Published", language: str, map: Map | None) -> str:
    """The page; it has no script and asks for nothing from outside."""
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
        figures=content.figures,
        before=content.previous.figures,
        period=wording.period(content.period),
        earlier=wording.period(content.previous.period),
        scope=scope_of(content),
        parts=grouped(content),
        weeks=weeks(content.by_time),
        tallest=max((one.submitted for one in content.by_time), default=0),
        map=map,
        map_note=map and map_note(map, wording),
        cells=with_reports(content),
        busiest=busiest(content.by_cell or []),
        headlines=HEADLINES,
        counts=COUNTS,
        rates=RATES,
        enough=ENOUGH,
        ranked_from=RANKED_FROM,
        satisfied=content.figures.satisfaction.satisfied,
        words=wording,
        language=language,
        say=wording.say,
    )


def counts_by_area(content: "Published") -> Mapping[str, int]:
    """The submitted reports of each area."""
    return {part.id: part.figures.submitted for part in content.by_area}


def map_note(map: Map, words: Wording) -> str:
    """What the map shows, and how many reports it does not."""
    told = words.say("digest.map_note")
    if map.of_cells:
        told = words.say("digest.cells_note", size=words.across(map.outlines[0].id))
    return f"{told} {words.say('digest.beyond', n=map.beyond)}" if map.beyond else told


def with_reports(content: "Published") -> int:
    """How many cells had reports in the period."""
    return sum(one.figures.submitted > 0 for one in content.by_cell or [])


def scope_of(content: "Published") -> list[tuple[str, str]]:
    """(kind, name) of what the digest is limited to."""
    found = []
    for kind in SCOPES:
        if id := getattr(content.scope, kind):
            parts: list[Part] = getattr(content, f"by_{kind}")
            found.append((kind, next((part.name for part in parts if part.id == id), id)))
    return found


def grouped(content: "Published") -> list[tuple[str, list[Part]]]:
    """(kind, parts) with the largest first, areas apart by level."""
    levels = sorted({part.level or 0 for part in content.by_area})
    groups = [("area", [one for one in content.by_area if one.level == n]) for n in levels]
    groups += [("agency", content.by_agency), ("category", content.by_category)]
    return [(kind, _largest_first(parts)) for kind, parts in groups]


def weeks(days: list[Slot]) -> list[list[Slot | None]]:
    """The days as a calendar's rows, Monday first; the months of a year in rows of six."""
    if not days:
        return []
    width, blank = (6, 0) if len(days[0].label) == 7 else (7, _weekday(days[0]))
    cells: list[Slot | None] = [None] * blank + list(days)
    cells += [None] * (-len(cells) % width)
    return [list(row) for row in batched(cells, width)]


def _weekday(day: Slot) -> int:
    return date.fromisoformat(day.label).weekday()


def _largest_first(parts: Iterable[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: (-part.figures.submitted, part.name))
