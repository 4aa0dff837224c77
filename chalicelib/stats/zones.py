"""Periods of another time zone than the city's, by which the counters' days begin and end.

Such a period differs from the city's of the same name by some hours at each end. The reports
created in these hours are looked up, with what was opened and closed in them, and the counters'
sums corrected; it is exact, and costs what happened in a day or two, however long the period.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Self
from zoneinfo import ZoneInfo

from msgspec import Struct

from chalicelib.events import models as events
from chalicelib.events.counting import fold
from chalicelib.events.models import Envelope
from chalicelib.reports.models import Report
from chalicelib.settings import settings
from chalicelib.stats import periods
from chalicelib.stats.accounts import Account, Numbers, after, before, numbers, of_report
from chalicelib.stats.periods import Period
from chalicelib.stats.reading import Correction
from chalicelib.stats.scopes import Place, places_of

READ_AT_ONCE = 100

# Sums by place; under OPEN how many more are open.
_Sums = dict[tuple[str, str], Numbers]
OPEN = "open"


class Spans(Struct, frozen=True):
    """A period and the one before: as it was asked for, and as the city's calendar has them."""

    asked: tuple[Period, Period]
    city: tuple[Period, Period]

    @classmethod
    def of(cls, label: str, zone: ZoneInfo) -> Self:
        """ValueError when the label names no period."""
        return cls(_with_earlier(label, zone), _with_earlier(label, settings.time_zone))

    @property
    def of_the_city(self) -> bool:
        """Whether the counters' own days are asked for."""
        return all(
            (asked.start, asked.end) == (own.start, own.end)
            for asked, own in zip(self.asked, self.city, strict=True)
        )


def corrections(spans: Spans) -> dict[Place, Correction]:
    """What is to be added to the city's sums; nothing where they are right."""
    if spans.of_the_city:
        return {}
    now, then = (_difference(*pair) for pair in zip(spans.asked, spans.city, strict=True))
    return {
        Place(*place): Correction(*_split(now.get(place, {}), then.get(place, {})))
        for place in now.keys() | then.keys()
    }


def _split(now: Numbers, then: Numbers) -> tuple[Numbers, Numbers, int, int]:
    return (
        {name: number for name, number in now.items() if name != OPEN},
        {name: number for name, number in then.items() if name != OPEN},
        now.get(OPEN, 0),
        then.get(OPEN, 0),
    )


def _with_earlier(label: str, zone: ZoneInfo) -> tuple[Period, Period]:
    period = periods.parse(label, zone)
    return period, periods.before(period, zone)


def _difference(asked: Period, city: Period) -> _Sums:
    """The asked period's sums less the city's."""
    starts = _created_between(asked.start, city.start)
    ends = _created_between(city.end, asked.end)
    return fold([starts, ends, _opened_between(city.end, asked.end)])


def _created_between(first: datetime, last: datetime) -> _Sums:
    """The sums of what was created from one moment to another; negative if the second is first."""
    sign = 1 if first <= last else -1
    told = (envelope for _, envelope in events.between(*sorted((first, last))))
    ids = [one.data.report_id for one in told if one.type == "report.created"]
    return fold(_rows(one, numbers(one), sign) for one in _accounts(ids))


def _opened_between(first: datetime, last: datetime) -> _Sums:
    """How many more were open at the end; as above."""
    sign = 1 if first <= last else -1
    told = (envelope for _, envelope in events.between(*sorted((first, last))))
    return fold(rows for one in told for rows in _opened(one, sign))


def _opened(event: Envelope, sign: int) -> Iterator[_Sums]:
    for account, direction in ((after(event.data), sign), (before(event.data), -sign)):
        if account is not None and account.waits:
            yield _rows(account, {OPEN: 1}, direction)


def _rows(one: Account, counted: Numbers, sign: int) -> _Sums:
    signed = {name: sign * number for name, number in counted.items()}
    return dict.fromkeys(places_of(one), signed)


def _accounts(ids: Iterable[str]) -> Iterator[Account]:
    """The reports as they count now; those that are not stored any more are left out."""
    for some in batched(ids, READ_AT_ONCE):
        for report in Report.batch_get([(id, "report") for id in some]):
            yield of_report(report.account(), report.created_at)
