"""What is told of a period: the figures of a scope and of its parts, compared and ranked."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any, Self
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from chalicelib import texts
from chalicelib.agencies import directory
from chalicelib.agencies.directory import Directory
from chalicelib.clock import Time, text
from chalicelib.settings import settings
from chalicelib.stats import cell_map, outlines, periods, reading, zones
from chalicelib.stats.cells import CellFigures, cells, coarser
from chalicelib.stats.figures import COUNTS, Figures, change, rates
from chalicelib.stats.reading import Compared, Known
from chalicelib.stats.scopes import Scope
from chalicelib.visible import visible

RANKED_FROM = 20
"""Of fewer reports there is no rank: chance would decide it."""

Shares = dict[str, float | None]
_Value = Callable[["Part"], float | None]


class Earlier(Struct, frozen=True):
    """The figures of the period before."""

    period: str
    figures: Figures
    rates: Shares


class Told(Struct, frozen=True):
    """The figures of a scope, and what has changed since the period before."""

    figures: Figures
    rates: Shares
    previous: Earlier
    change: Shares


class Part(Struct, frozen=True):
    """The figures of one area, agency or category; `ranks` among areas of its level, or agencies.

    A rank is None below RANKED_FROM reports, or fixes where it goes by the time that they took.
    """

    id: str
    name: str
    level: int | None
    figures: Figures
    rates: Shares
    change: Shares
    ranks: dict[str, int | None] = {}


class Slot(Struct, frozen=True):
    """The reports of one day `2026-11-24`, or of one month `2026-11` of a year."""

    label: str
    submitted: int
    followed_up: int
    claimed_resolved: int
    confirmed_resolved: int


class Content(Struct, frozen=True, omit_defaults=True):
    """A digest as published: nothing in it but what the events of its period's reports say.

    `by_cell` is there where the map is of cells.
    """

    city: str
    name: str
    period: str
    start: Time
    end: Time
    time_zone: str
    scope: Scope
    figures: Figures
    rates: Shares
    previous: Earlier
    change: Shares
    by_area: list[Part]
    by_agency: list[Part]
    by_category: list[Part]
    by_time: list[Slot]
    definitions: dict[str, str]
    by_cell: list[CellFigures] | None = None


class Difference(Struct, frozen=True):
    """A figure that is another than in the revision before; None where there was or is none.

    `scope` is `all`, or the kind of a part, which `id` names.
    """

    scope: str
    id: str
    figure: str
    before: Any
    after: Any


class Published(Content, frozen=True, kw_only=True, omit_defaults=True):
    """A digest's file: its content, which revision it is, and what that has changed."""

    revision: int
    differences: list[Difference]

    @classmethod
    def of(cls, content: Content, revision: int, differences: list[Difference]) -> Self:
        """The file that tells this content."""
        named = {name: getattr(content, name) for name in Content.__struct_fields__}
        return cls(**named, revision=revision, differences=differences)


def told(scope: Scope, period: str, zone: ZoneInfo) -> Told:
    """The figures of a period; ValueError when it is none."""
    spans = zones.Spans.of(period, zone)
    (compared,) = reading.compared([scope], *spans.city, zones.corrections(spans))
    return _told(compared, scope, spans)


def content(name: str, scope: Scope, period: str, zone: ZoneInfo, language: str) -> Content:
    """The same with its parts; the same counters give the same content."""
    spans = zones.Spans.of(period, zone)
    book, known = directory.current(), reading.all_parts()
    parts = [part for part in known if _belongs(part, scope, book)]
    scopes = [scope, *(_narrowed(scope, part) for part in parts)]
    whole, *each = reading.compared(scopes, *spans.city, zones.corrections(spans))
    overall = _told(whole, scope, spans)
    kinds = _parts(parts, each, book, language)
    return Content(
        city=settings.city_name,
        name=visible(name),
        period=period,
        start=text(spans.asked[0].start),
        end=text(spans.asked[0].end),
        time_zone=zone.key,
        scope=scope,
        figures=overall.figures,
        rates=overall.rates,
        previous=overall.previous,
        change=overall.change,
        by_area=_ranked_by_level(kinds["area"]),
        by_agency=ranked(kinds["agency"]),
        by_category=kinds["category"],
        by_time=_slots(scope, spans),
        definitions=definitions(language),
        by_cell=_cells(scope, spans, book),
    )


def definitions(language: str) -> dict[str, str]:
    """What each figure means, in words."""
    return {
        name: texts.say(f"figure.{name}.definition", language) for name in Figures.__struct_fields__
    }


def ranked(parts: Iterable[Part]) -> list[Part]:
    """The parts with their ranks among each other."""
    every = list(parts)
    confirmed, speed = _ranks(every, _unconfirmed), _ranks(every, _speed)
    return [
        replace(part, ranks={"confirmed_resolved": confirmed[part.id], "speed": speed[part.id]})
        for part in every
    ]


def _told(compared: Compared, scope: Scope, spans: zones.Spans) -> Told:
    now, then = compared.now, compared.then
    if spans.of_the_city:
        now, then = reading.with_ages((now, then), scope, spans.city)
    previous = Earlier(spans.asked[1].label, then, rates(then))
    return Told(now, rates(now), previous, change(now, then))


def _slots(scope: Scope, spans: zones.Spans) -> list[Slot]:
    """The days of a week or month, or the months of a year; in the city's own zone alone."""
    period = spans.city[0]
    if not spans.of_the_city or period.kind == "day":
        return []
    counted = reading.by_time(scope, period)
    names = Slot.__struct_fields__[1:]
    return [
        Slot(label, **{name: counted.get(label, {}).get(name, 0) for name in names})
        for label in periods.parts(period)
    ]


def _cells(scope: Scope, spans: zones.Spans, book: Directory) -> list[CellFigures] | None:
    """Where the reports of the whole city were, if it has no areas to draw; in its own zone."""
    if scope != Scope() or not spans.of_the_city or outlines.drawable(book.areas):
        return None
    found = cells(*spans.city).cells
    while cell_map.sprawl(found):
        found = coarser(found)
    return found


def _belongs(part: Known, scope: Scope, book: Directory) -> bool:
    """Whether the part is one of the scope; of an area, itself and what lies in it."""
    wanted = getattr(scope, part.kind)
    if wanted is None or part.id == wanted:
        return True
    return part.kind == "area" and wanted in _around(part.id, book)


def _around(area: str, book: Directory) -> list[str]:
    parents = {one.id: one.parent for one in book.areas.areas}
    found: list[str] = []
    above = parents.get(area)
    while above is not None:
        found.append(above)
        above = parents.get(above)
    return found


def _narrowed(scope: Scope, part: Known) -> Scope:
    match part.kind:
        case "area":
            return replace(scope, area=part.id)
        case "agency":
            return replace(scope, agency=part.id)
        case _:
            return replace(scope, category=part.id)


def _parts(
    known: list[Known], compared: list[Compared], book: Directory, language: str
) -> dict[str, list[Part]]:
    """The parts of each kind that have something to tell, by id."""
    names = _names(book, language)
    levels = {area.id: area.level for area in book.areas.areas}
    found: dict[str, list[Part]] = {"area": [], "agency": [], "category": []}
    for one, of in zip(known, compared, strict=True):
        if any(getattr(of.now, count) for count in COUNTS):
            found[one.kind].append(
                Part(
                    id=one.id,
                    name=visible(names[one.kind].get(one.id, one.id)),
                    level=levels.get(one.id, one.level) if one.kind == "area" else None,
                    figures=of.now,
                    rates=rates(of.now),
                    change=change(of.now, of.then),
                )
            )
    return {kind: sorted(parts, key=lambda part: part.id) for kind, parts in found.items()}


def _names(book: Directory, language: str) -> dict[str, dict[str, str]]:
    return {
        "area": {area.id: area.name for area in book.areas.areas},
        "agency": {id: agency.name for id, agency in book.agencies.items()},
        "category": {id: one.name.say(language) for id, one in book.categories.items()},
    }


def _ranked_by_level(areas: list[Part]) -> list[Part]:
    levels = sorted({part.level or 0 for part in areas})
    return [part for level in levels for part in ranked(one for one in areas if one.level == level)]


def _unconfirmed(part: Part) -> float | None:
    share = part.rates["confirmed_resolved"]
    return None if share is None or part.figures.submitted < RANKED_FROM else 1 - share


def _speed(part: Part) -> float | None:
    took = part.figures.resolve_hours
    return took.median if took.n >= RANKED_FROM else None


def _ranks(parts: list[Part], value: _Value) -> dict[str, int | None]:
    """1 for the least; equal ones share a rank, and the next one counts them all."""
    values = {part.id: value(part) for part in parts}
    given = sorted(one for one in values.values() if one is not None)
    return {id: None if own is None else 1 + bisect_left(given, own) for id, own in values.items()}
