"""Texts for people: numbers, days and times as they are written in the language, by city clocks."""

from datetime import UTC, datetime

import pytest

from chalicelib import texts
from chalicelib.texts import city_form

EVE = datetime(2026, 12, 31, 18, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "day", "time", "limit", "open_reports"),
    [
        ("en", "1 January 2027", "1 January 2027, 01:05", "65,536", "1 open report still"),
        ("id", "1 Januari 2027", "1 Januari 2027 pukul 01.05", "65.536", "ada 1 laporan"),
    ],
)
def test_a_language_has_its_own_forms(
    language: str, day: str, time: str, limit: str, open_reports: str
) -> None:
    assert city_form.local_day(EVE, language) == day
    assert city_form.local_time(EVE, language) == time
    assert limit in texts.say("BodyTooLarge", language, limit=65536)
    assert open_reports in texts.say("fault.open_reports", language, count=1)
    assert "1.234" in texts.say("fault.open_reports", "id", count=1234)
    assert texts.number(1234.5, "id") == "1.234,5"
