"""The counters of the figures: which rows an event moves, and by how much. Pure.

In each place where a report is added up there are two rows: `d{day}` and `m{month}` add up the
reports created then, as they are now. A month's row also holds, under `flow{day}`, how many more
reports, whenever created, were open at the end of that day than at its beginning; a day's row,
under `open{age}`, how many more of its own were open at the end of their age-th day than before it.

A geohash cell has a row for each day and for each month, of the reports created in it then.
"""

from datetime import date

from chalicelib.events.counters import Counter
from chalicelib.events.counting import Deltas, fold, negative
from chalicelib.events.models import Envelope
from chalicelib.stats.accounts import Account, after, before, day_of, numbers
from chalicelib.stats.scopes import places_of

OLDEST_AGE = 90
"""Days after which an open report's age is no longer told apart."""

PARTS = ("area", "agency", "category")

CELL_FIGURES = ("submitted", "followed_up", "claimed_resolved", "confirmed_resolved")
"""The counts that there are of each geohash cell."""

FLOWS = tuple(f"flow{day:02}" for day in range(1, 32))
"""What the flow of a month's first, second, ... last day is called."""


def moves(event: Envelope) -> Deltas:
    """What the event changes: its report leaves where and as what it counted for what it is now."""
    now, was = after(event.data), before(event.data)
    if now is None:
        return {}
    day = day_of(event.timestamp)
    return fold([_rows(now, day), negative(_rows(was, day)) if was else {}])


def _rows(one: Account, today: date) -> Deltas:
    created, counted = day_of(one.reported_at), numbers(one)
    on_day = {**counted, **_open_by_age(one, created, today)}
    rows: list[Deltas] = [
        {part: {"reports": 1} for part in _parts(one)},
        _cell(one, created, counted),
    ]
    for place in places_of(one):
        rows += [
            {(place.series, row_id(day_time(created), place.end)): on_day},
            {(place.series, row_id(month_time(created), place.end)): counted},
        ]
        if one.waits:
            flow = {FLOWS[today.day - 1]: 1}
            rows += [{(place.series, row_id(month_time(today), place.end)): flow}]
    return fold(rows)


def day_time(day: date) -> str:
    """The time of a day's row."""
    return f"d{day}"


def month_time(day: date) -> str:
    """The time of the row of a day's month."""
    return f"m{day.isoformat()[:7]}"


def row_id(time: str, end: str) -> str:
    """The id of a row of a time and an end."""
    return f"{time}#{end}" if end else time


def time_and_end(id: str) -> tuple[str, str]:
    """Time and end of a row's id."""
    time, _, end = id.partition("#")
    return time, end


def _open_by_age(one: Account, created: date, today: date) -> dict[str, int]:
    age = max(0, (today - created).days)
    return {f"open{age}": 1} if one.waits and age < OLDEST_AGE else {}


def _parts(one: Account) -> list[Counter]:
    """Where it is noted that there are figures of this area, agency and category."""
    areas = [(part_series("area"), f"{area.level:02d}#{area.id}") for area in one.areas]
    agency = [(part_series("agency"), one.agency_id)] if one.agency_id else []
    return [*areas, *agency, (part_series("category"), one.category)]


def _cell(one: Account, created: date, counted: dict[str, int]) -> Deltas:
    """What it adds to its geohash cell."""
    if one.cell is None or not one.counts:
        return {}
    told = {name: counted[name] for name in CELL_FIGURES if name in counted}
    times = (day_time(created), month_time(created))
    return {(cell_series(time), one.cell): told for time in times}


def cell_series(time: str) -> str:
    """The series of all geohash cells at a time of rows."""
    return f"geohash#{time}"


def part_series(kind: str) -> str:
    """The series that lists the areas, agencies or categories that have figures."""
    return f"parts#{kind}"
