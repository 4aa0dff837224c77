"""Why a report was closed: a code for programs, a sentence for people in their language."""

import pytest

from chalicelib.reports import lifecycle
from tests.city import CITIZEN, City
from tests.reports.steps import fixed, moved


def test_every_reason_has_its_sentence_in_both_languages(city: City) -> None:
    items = city.get("/v1/reasons").json["items"]
    assert [(one["status"], one["code"]) for one in items] == [
        (status, code) for status, codes in lifecycle.REASONS.items() for code in codes
    ]
    for one in items:
        assert one["text"]["id"] != one["text"]["en"]
        assert one["code"] not in one["text"].values()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "The place is private property."), ("id", "Lokasinya milik pribadi.")],
)
def test_a_rejection_says_why_in_the_language_of_the_caller(
    city: City, language: str, sentence: str
) -> None:
    report = moved(city, city.report(), "rejected", reason="private_property")
    path, headers = f"/v1/reports/{report['id']}", {"accept-language": language}
    assert city.get(path, headers=headers).json["reason_text"] == sentence
    updates = city.get(f"{path}/updates", headers=headers).json["items"]
    assert [one["reason_text"] for one in updates] == [None, sentence]


def test_a_report_without_a_reason_has_no_sentence(city: City) -> None:
    assert city.report()["reason_text"] is None


def test_a_confirmed_report_still_says_what_was_done(city: City) -> None:
    report = fixed(city, city.report())
    path = f"/v1/reports/{report['id']}"
    city.post(f"{path}/confirmation", {"fixed": True}, by=CITIZEN)
    shown = city.get(path).json
    assert (shown["reason"], shown["reason_text"]) == ("fixed", "The problem is fixed.")
