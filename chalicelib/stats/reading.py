"""Figures from the counters: a few small queries for each scope, however many reports there are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.events import counters
from chalicelib.events.counters import Range
from chalicelib.events.counting import fold
from chalicelib.stats.accounts import Numbers
from chalicelib.stats.figures import Ages, Backlog, Figures, figures
from chalicelib.stats.periods import Period
from chalicelib.stats.scopes import Place, Scope
from chalicelib.stats.tallies import (
    FLOWS,
    OLDEST_AGE,
    PARTS,
    day_time,
    month_time,
    part_series,
    time_and_end,
)

Rows = list[tuple[str, Numbers]]
Read = Callable[[Sequence[Range]], list[Rows]]

# Ages are told apart by the days on which the reports were created.
_YOUNGER_THAN = (7, 30, OLDEST_AGE)

_DAY = timedelta(days=1)

SNAPSHOTS = 5
"""How often backlog and ages are read until both are of one moment."""


class Compared(Struct, frozen=True):
    """The figures of a period and of the one before."""

    now: Figures
    then: Figures


class Correction(Struct, frozen=True):
    """What is to be added to the sums of a place, for both periods, where days are not the city's.

    `*_open` are added to the backlogs.
    """

    now: Numbers
    then: Numbers
    now_open: int = 0
    then_open: int = 0

    def __add__(self, other: "Correction") -> "Correction":
        return Correction(
            _sum([self.now, other.now]),
            _sum([self.then, other.then]),
            self.now_open + other.now_open,
            self.then_open + other.then_open,
        )


class Known(Struct, frozen=True):
    """A part that has figures; `level` of an area."""

    kind: str
    id: str
    level: int | None = None


def compared(
    scopes: Sequence[Scope],
    period: Period,
    earlier: Period,
    corrections: Mapping[Place, Correction] | None = None,
    read: Read = counters.shown,
) -> list[Compared]:
    """The figures of each scope, without ages of the backlog."""
    wanted = [_ranges(scope, period, earlier) for scope in scopes]
    # Several scopes of an area are read from the same rows.
    ranges = list(dict.fromkeys(one for some in wanted for one in some))
    found = dict(zip(ranges, read(ranges), strict=True))
    return [
        _compared(
            [row for one in some for row in _admitted(scope, found[one])],
            period,
            earlier,
            _correction(scope, corrections or {}),
        )
        for scope, some in zip(scopes, wanted, strict=True)
    ]


def with_ages(
    of: Sequence[Figures], scope: Scope, periods: Sequence[Period], read: Read = counters.shown
) -> list[Figures]:
    """The figures of these periods with the ages of their backlogs, all of one moment.

    The backlogs are read again after their days; while reports arrive in between, so are those.
    """
    days = _days(scope, [period.last for period in periods])
    months = _months(scope, max(period.last for period in periods))
    told = list(of)
    for _ in range(SNAPSHOTS):
        rows = _read(scope, days, read)
        aged = [_with(one, rows, period.last) for one, period in zip(told, periods, strict=True)]
        found = _read(scope, [months], read)
        opened = [_open(found, period.last) for period in periods]
        if opened == [one.backlog for one in told]:
            return aged
        told = [
            replace(one, backlog=open, backlog_by_age=None)
            for one, open in zip(told, opened, strict=True)
        ]
    rows = _read(scope, days, read)
    return [_with(one, rows, period.last) for one, period in zip(told, periods, strict=True)]


def _with(of: Figures, rows: Rows, last: date) -> Figures:
    return replace(of, backlog_by_age=_ages(rows, last, of.backlog))


def _ages(rows: Rows, last: date, open: int) -> Ages:
    """The ages of so many open reports at a day's end: never negative, and as many together.

    Were more opened meanwhile than `open` knows of, the youngest are left out.
    """
    younger = [sum(_open_then(row, last, limit) for row in rows) for limit in _YOUNGER_THAN]
    older = max(0, open - younger[2])
    middle = min(younger[2] - younger[1], open - older)
    young = min(younger[1] - younger[0], open - older - middle)
    return Ages(open - older - middle - young, young, middle, older)


def _days(scope: Scope, ends: Iterable[date]) -> list[Range]:
    """The days on which those were created whose ages at these days' ends are told apart."""
    ranges, read_from = list[Range](), date.max
    for last in sorted(ends, reverse=True):
        first, high = last - timedelta(days=OLDEST_AGE - 1), min(last, read_from - _DAY)
        if first <= high:
            ranges.append(_range(scope, day_time(first), day_time(high)))
        read_from = first
    return ranges


def _read(scope: Scope, ranges: Sequence[Range], read: Read) -> Rows:
    return [row for found in read(ranges) for row in _admitted(scope, found)]


def by_time(scope: Scope, period: Period, read: Read = counters.shown) -> dict[str, Numbers]:
    """The numbers of a year's months, or of the days of anything shorter, by label."""
    time = month_time if period.kind == "year" else day_time
    (found,) = read([_range(scope, time(period.first), time(period.last))])
    summed = fold({("", time[1:]): numbers} for time, numbers in _admitted(scope, found))
    return {time: numbers for (_, time), numbers in summed.items()}


def parts(kind: str) -> list[Known]:
    """The areas, agencies or categories that have ever had a report; also those deleted since."""
    # A key cannot be empty; the last character of Unicode stands behind every name.
    everything = Range(part_series(kind), " ", chr(0x10FFFF))
    (rows,) = counters.shown([everything])
    ids = [id for id, numbers in rows if numbers]
    if kind != "area":
        return [Known(kind, id) for id in ids]
    # An area whose level has changed is listed with both.
    levels = {id: int(level) for level, _, id in (one.partition("#") for one in ids)}
    return [Known(kind, id, level) for id, level in levels.items()]


def all_parts() -> list[Known]:
    """The same of all three kinds."""
    return [part for kind in PARTS for part in parts(kind)]


def _ranges(scope: Scope, period: Period, earlier: Period) -> list[Range]:
    """All months until the period's end, for the backlog, and the days where it is of days."""
    months = _months(scope, period.last)
    if not _daily(period):
        return [months]
    return [months, _range(scope, day_time(earlier.first), day_time(period.last))]


def _months(scope: Scope, last: date) -> Range:
    return _range(scope, month_time(date.min), month_time(last))


def _daily(period: Period) -> bool:
    return period.kind in ("day", "week")


def _range(scope: Scope, low: str, high: str) -> Range:
    """From one time to another, with all ends."""
    return Range(scope.series, low, f"{high}#{chr(0x10FFFF)}")


def _admitted(scope: Scope, rows: Rows) -> Rows:
    """The rows that belong to the scope, by their time."""
    parted = ((*time_and_end(id), numbers) for id, numbers in rows)
    return [(time, numbers) for time, end, numbers in parted if scope.admits(end)]


def _correction(scope: Scope, corrections: Mapping[Place, Correction]) -> Correction:
    of_series = (
        one
        for place, one in corrections.items()
        if place.series == scope.series and scope.admits(place.end)
    )
    return sum(of_series, Correction({}, {}))


def _compared(rows: Rows, period: Period, earlier: Period, more: Correction) -> Compared:
    time = day_time if _daily(period) else month_time

    def created(within: Period) -> list[Numbers]:
        low, high = time(within.first), time(within.last)
        return [numbers for id, numbers in rows if low <= id <= high]

    return Compared(
        figures(
            _sum([*created(period), more.now]), Backlog(_open(rows, period.last) + more.now_open)
        ),
        figures(
            _sum([*created(earlier), more.then]),
            Backlog(_open(rows, earlier.last) + more.then_open),
        ),
    )


def _open(rows: Rows, last: date) -> int:
    """How many were open at the end of a day: all that came before, day by day."""
    month = month_time(last)
    return sum(
        numbers.get(name, 0)
        for id, numbers in rows
        if id[0] == month[0] and id <= month
        for name in (FLOWS[: last.day] if id == month else FLOWS)
    )


def _open_then(row: tuple[str, Numbers], last: date, younger_than: int) -> int:
    """How many of a day's reports were open at the end of `last`; none if they were too old."""
    id, numbers = row
    age = (last - date.fromisoformat(id[1:])).days
    if age >= younger_than:
        return 0
    return sum(numbers.get(f"open{days}", 0) for days in range(age + 1))


def _sum(all_numbers: Iterable[Numbers]) -> Numbers:
    some = [numbers for numbers in all_numbers if numbers]
    if len(some) == 1:
        return some[0]
    return fold({("", ""): numbers} for numbers in some).get(("", ""), {})
