"""What GET /v1/stats answers: definitions, comparisons, and what it cannot be asked."""

from datetime import timedelta
from typing import Any

from chalicelib.agencies import directory
from chalicelib.clock import now
from chalicelib.settings import settings
from chalicelib.stats import periods
from tests.city import KENANGA, MELATI, ROAD, RUBBISH, City
from tests.events.stream import bring_all

YEAR = str(now().astimezone(settings.time_zone).year)


def refusal(city: City, words: str) -> tuple[int, list[str]]:
    answer = city.get(f"/v1/stats?{words}")
    return answer.status, [fault["field"] for fault in answer.json.get("errors", [])]


REFUSED: dict[str, tuple[int, list[str]]] = {
    "period=2026-13": (400, ["period"]),
    "period=2026-W60": (400, ["period"]),
    "period=gestern": (400, ["period"]),
    "period=9999": (400, ["period"]),
    "period=0001-01-01": (400, ["period"]),
    "period=%D9%A2%D9%A0%D9%A2%D9%A6": (400, ["period"]),
    "period=2999-01": (422, ["period"]),
    "period=2026&area=atlantis": (422, ["area"]),
    "area=%00&agency=-&category=*": (422, ["area", "agency", "category"]),
    "period=2026&zone=UTC": (400, ["zone"]),
    "period=2026&period=2025": (400, ["period"]),
}


def test_what_cannot_be_asked_is_refused_by_name(city: City) -> None:
    assert {words: refusal(city, words) for words in REFUSED} == REFUSED


def test_an_empty_period_has_figures_of_nought_and_no_shares(city: City) -> None:
    answer = city.get("/v1/stats?period=2019-W01").json
    assert (answer["period"], answer["previous"]["period"]) == ("2019-W01", "2018-W52")
    assert answer["scope"] == {"area": None, "agency": None, "category": None}
    figures: dict[str, Any] = answer["figures"]
    assert figures["submitted"] == figures["backlog"] == 0
    assert figures["first_response_hours"] == {"median": None, "p90": None, "n": 0}
    nobody = {"share": None, "satisfied": 0, "n": 0, "low": None, "high": None}
    assert figures["satisfaction"] == nobody
    assert set(answer["rates"].values()) == {None}
    assert figures.keys() == answer["definitions"].keys()


def test_definitions_come_in_the_callers_language(city: City) -> None:
    said = [
        city.get("/v1/stats", headers={"accept-language": language}).json["definitions"]["spam"]
        for language in ("id", "en")
    ]
    assert "moderator" in said[0]
    assert said[0] != said[1]


def test_figures_are_compared_with_the_period_before(city: City) -> None:
    for place in (KENANGA, KENANGA, MELATI):
        city.report(place)
    bring_all()
    today = periods.current("day", now(), settings.time_zone)
    answer = city.get(f"/v1/stats?period={today.label}&area=kenanga&category={ROAD}").json
    assert answer["figures"]["submitted"] == 2
    assert answer["figures"]["backlog_by_age"]["under_7_days"] == 2
    assert answer["change"]["submitted"] == answer["change"]["backlog"] == 2
    assert answer["previous"]["figures"]["submitted"] == 0
    tomorrow = periods.current("day", now() + timedelta(days=1), settings.time_zone)
    assert refusal(city, f"period={tomorrow.label}") == (422, ["period"])


def test_the_same_figures_are_not_sent_twice(city: City) -> None:
    first = city.get(f"/v1/stats?period={YEAR}")
    assert "max-age" in first.headers["cache-control"]
    known = {"if-none-match": first.headers["etag"]}
    assert city.get(f"/v1/stats?period={YEAR}", headers=known).status == 304
    city.report()
    bring_all()
    assert city.get(f"/v1/stats?period={YEAR}", headers=known).status == 200


def test_a_category_deleted_since_keeps_its_figures(city: City) -> None:
    city.report(category=RUBBISH, answers={"sejak": 1})
    bring_all()
    directory.remove("category", RUBBISH)
    answer = city.get(f"/v1/stats?period={YEAR}&category={RUBBISH}")
    assert answer.json["figures"]["submitted"] == 1
