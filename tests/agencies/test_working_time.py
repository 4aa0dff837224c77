"""Working time: hours are added and counted by the city's clock, its week and its holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.agencies.directory import USUAL_HOURS
from chalicelib.agencies.models import WorkingHours
from chalicelib.working_time import Calendar, after, between

HOUR, STEP = timedelta(hours=1), timedelta(minutes=15)
# Clocks are set forward and back at two, at midnight, by half an hour, never; a day was left out.
ZONES = ("America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Jakarta")
CHANGES = ("2015-03-08", "2015-11-01", "2015-09-06", "2016-05-15", "2015-04-05", "2015-10-04")


def calendar(zone: str, *holidays: date, hours: WorkingHours = USUAL_HOURS) -> Calendar:
    return Calendar(ZoneInfo(zone), hours.week(), frozenset(holidays))


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def every_day(hours: str) -> WorkingHours:
    return WorkingHours(*[[hours]] * 7)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-27T15:00", 2, "2026-11-30T09:00"),  # over a weekend
        ("2026-11-27T15:00", 1, "2026-11-27T16:00"),  # the end of the day is the day's
        ("2026-11-28T03:00", 8, "2026-11-30T16:00"),  # a weekend's day begins on Monday
        ("2026-11-24T06:00", 0.5, "2026-11-24T08:30"),
        ("2026-12-24T15:00", 1.5, "2026-12-29T08:30"),  # Christmas, a weekend, a day of mourning
        ("2026-11-28T03:00", 0, "2026-11-28T03:00"),
    ],
)
def test_hours_are_added_in_working_time(start: str, hours: float, end: str) -> None:
    here = calendar("Asia/Jakarta", date(2026, 12, 25), date(2026, 12, 28))
    ends = after(local(start, "Asia/Jakarta"), hours * HOUR, here)
    assert ends == local(end, "Asia/Jakarta")
    assert between(local(start, "Asia/Jakarta"), ends, here) == hours * HOUR


@pytest.mark.parametrize(
    ("day", "hours"), [("2015-03-07", 8), ("2015-03-08", 7), ("2015-11-01", 9)]
)
def test_a_night_shift_works_the_hours_that_really_pass(day: str, hours: int) -> None:
    zone = "America/New_York"
    nights = calendar(zone, hours=every_day("00:00-08:00"))
    start = local(f"{day}T00:00", zone)
    assert between(start, start + timedelta(days=1), nights) == hours * HOUR
    assert after(start, hours * HOUR, nights) == local(f"{day}T08:00", zone)


def test_calendar_time_takes_no_notice_of_clocks_on_the_wall() -> None:
    start = local("2015-03-07T12:00", "America/New_York")
    assert after(start, 24 * HOUR, None) == local("2015-03-08T13:00", "America/New_York")
    assert between(start, local("2015-03-08T12:00", "America/New_York"), None) == 23 * HOUR


def test_work_that_begins_at_an_hour_left_out_begins_when_there_is_one() -> None:
    early = calendar("America/New_York", hours=WorkingHours(sunday=["02:15-02:45", "03:00-05:00"]))
    start = local("2015-03-08T00:00", "America/New_York")
    day = between(start, start + timedelta(days=1), early)
    assert timedelta(hours=1, minutes=30) <= day <= 2 * HOUR


def test_a_day_that_an_island_left_out_has_no_work() -> None:
    here = calendar("Pacific/Apia", hours=every_day("08:00-16:00"))
    start, end = (local(f"{day}T00:00", "Pacific/Apia") for day in ("2011-12-29", "2012-01-01"))
    assert between(start, end, here) == 16 * HOUR


@st.composite
def weeks(draw: st.DrawFn) -> WorkingHours:
    """Up to two spans a day, with edges off the hours at which clocks are set."""
    edges = st.sampled_from([0, *range(4, 23), 24])

    def day() -> list[str]:
        hours = sorted(draw(st.sets(edges, min_size=0, max_size=4)))
        pairs = zip(hours[::2], hours[1::2], strict=False)
        return [f"{opens:02}:00-{closes:02}:00" for opens, closes in pairs]

    return WorkingHours(["09:00-17:00"], *[day() for _ in range(6)])


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar with holidays, and a moment of the days about a change of clocks."""
    zone = draw(st.sampled_from(ZONES))
    middle = date.fromisoformat(draw(st.sampled_from(CHANGES)))
    offsets = draw(st.sets(st.integers(-4, 8), max_size=4))
    holidays = [middle + timedelta(days=offset) for offset in offsets]
    start = datetime(middle.year, middle.month, middle.day, tzinfo=UTC)
    return calendar(zone, *holidays, hours=draw(weeks())), start + draw(
        st.integers(-300, 100)
    ) * STEP


@settings(max_examples=40, deadline=None)
@given(calendars(), st.integers(0, 400))
def test_what_passes_is_what_the_clock_on_the_wall_shows(
    given: tuple[Calendar, datetime], steps: int
) -> None:
    here, start = given

    def works(at: datetime) -> bool:
        wall = at.astimezone(here.zone)
        since = timedelta(hours=wall.hour, minutes=wall.minute)
        spans = here.week[wall.weekday()] if wall.date() not in here.holidays else ()
        return any(opens <= since < closes for opens, closes in spans)

    counted = sum(works(start + step * STEP) for step in range(steps))
    assert between(start, start + steps * STEP, here) == counted * STEP


@settings(max_examples=100, deadline=None)
@given(calendars(), st.integers(0, 200_000), st.integers(0, 200_000))
def test_adding_and_counting_are_inverse_and_add_up(
    given: tuple[Calendar, datetime], first_s: int, then_s: int
) -> None:
    here, start = given
    first, then = timedelta(seconds=first_s), timedelta(seconds=then_s)
    middle = after(start, first, here)
    end = after(middle, then, here)
    assert between(start, middle, here) == first
    assert between(start, end, here) == first + then
    assert end == after(start, first + then, here)
    assert start <= middle <= end
    assert between(end, start, here) == timedelta(0)
