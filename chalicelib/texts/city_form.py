"""How readers of a language write the city's days and times."""

from datetime import date, datetime

from chalicelib import texts
from chalicelib.settings import settings


def month(number: int, language: str) -> str:
    """November."""
    return texts.say("form.months", language).split()[number - 1]


def day(on: date, language: str) -> str:
    """24 November 2026."""
    return f"{on.day} {month(on.month, language)} {on.year}"


def local_day(at: datetime, language: str) -> str:
    """The city's day at that moment."""
    return day(at.astimezone(settings.time_zone).date(), language)


def local_time(at: datetime, language: str) -> str:
    """24 November 2026, 08:12; in Indonesian 24 November 2026 pukul 08.12: by the city's clocks."""
    local = at.astimezone(settings.time_zone)
    time = texts.say("form.time", language, hour=f"{local:%H}", minute=f"{local:%M}")
    return texts.say("form.moment", language, day=day(local.date(), language), time=time)
