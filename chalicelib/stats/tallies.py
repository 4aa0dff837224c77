"""The counters of the figures: which rows an event moves, and by how much. Pure.

In each place where a report is added up there are three rows: `d{day}` and `m{month}` add up the
reports created then, as they are now; `f{month}` holds, by day of that month, how many more were
open at the day's end than at its beginning. A day's row also has, under `open{age}`, how many more
of its reports were open at the end of their age-th day than before it.
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


def moves(event: Envelope) -> Deltas:
    """What the event changes: its report leaves where and as what it counted for what it is now."""
    now, was = after(event.data), before(event.data)
    if now is None:
        return {}
    day = day_of(event.timestamp)
    return fold([_rows(now, day), negative(_rows(was, day)) if was else {}])


def _rows(one: Account, today: date) -> Deltas:
    created, counted = day_of(one.reported_at), numbers(one)
    rows: Deltas = {}
    for place in places_of(one):
        on_day = {**counted, **_open_by_age(one, created, today)}
        rows[place.series, row_id(f"d{created}", place.end)] = on_day
        rows[place.series, row_id(f"m{created.isoformat()[:7]}", place.end)] = counted
        if one.waits:
            flow = row_id(f"f{today.isoformat()[:7]}", place.end)
            rows[place.series, flow] = {today.isoformat()[8:]: 1}
    return {**rows, **{part: {"reports": 1} for part in _parts(one)}}


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


def part_series(kind: str) -> str:
    """The series that lists the areas, agencies or categories that have figures."""
    return f"parts#{kind}"
