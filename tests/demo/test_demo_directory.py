"""The demo city's categories, agencies and routes: whole, bilingual, as the contract has them."""

import re
from typing import Any

import pytest

from infra.demo.seed import load

PARENTS = {f["id"]: f["properties"]["parent"] for f in load("city")["features"]}
WARDS = [f["id"] for f in load("city")["features"] if f["properties"]["level"] == 3]
CATEGORIES, AGENCIES, ROUTES = load("categories"), load("agencies"), load("routes")


def test_every_text_of_the_categories_is_there_in_both_languages() -> None:
    texts = list(texts_within(CATEGORIES))
    assert len(texts) > len(CATEGORIES)
    assert all(set(text) == {"id", "en"} and all(text.values()) for text in texts)


def test_all_ids_of_the_directory_are_lower_case_slugs() -> None:
    questions = [q for category in CATEGORIES.values() for q in category["questions"]]
    choices = [choice["id"] for q in questions for choice in q.get("choices", [])]
    ids = [*CATEGORIES, *AGENCIES, *ROUTES, *PARENTS, *choices, *(q["id"] for q in questions)]
    assert [id for id in ids if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", id)] == []


def test_categories_have_exactly_the_fields_of_the_contract() -> None:
    fields = {
        "name",
        "group",
        "keywords",
        "questions",
        "first_response_hours",
        "resolve_hours",
        "working_time",
        "proof_required",
        "duplicate_radius_m",
        "private",
        "emergency",
    }
    assert len(CATEGORIES) == 20
    assert all(set(category) == fields for category in CATEGORIES.values())


def test_some_category_is_private_and_some_is_an_emergency_with_a_number_to_call() -> None:
    assert any(category["private"] for category in CATEGORIES.values())
    assert CATEGORIES["fire"]["emergency"]["number"] == "112"


def test_agencies_of_every_tier_and_one_coordinator_of_the_city() -> None:
    assert {agency["tier"] for agency in AGENCIES.values()} == {
        "ward",
        "city",
        "central",
        "external",
    }
    assert [a["tier"] for a in AGENCIES.values() if a["coordinator"]] == ["city"]
    assert all(agency["email"].endswith("@example.org") for agency in AGENCIES.values())


def test_routes_name_only_what_exists() -> None:
    for route in ROUTES.values():
        assert route["category"] in {"*", *CATEGORIES}
        assert route["area"] in {"*", *PARENTS}
        assert route["agency"] in AGENCIES


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_reaches_an_agency_from_every_ward(category: str) -> None:
    assert all(routed(category, ward) for ward in WARDS)


def test_a_route_of_one_area_overrides_the_route_of_the_city() -> None:
    assert routed("garbage", "teluk-kirana-kampung-nelayan") == "kelurahan-kampung-nelayan"
    assert routed("garbage", "teluk-kirana-alun-alun") == "dinas-lingkungan"


def routed(category: str, ward: str) -> str | None:
    """The most specific route wins: area before category, deeper area first."""
    chain = [ward, PARENTS[ward], PARENTS[PARENTS[ward]], "*"]
    by_match = {(route["category"], route["area"]): route["agency"] for route in ROUTES.values()}
    found = (by_match.get((kind, area)) for area in chain for kind in (category, "*"))
    return next((agency for agency in found if agency), None)


def texts_within(value: Any) -> list[dict[str, str]]:
    """Every name, label and message, however deep."""
    if isinstance(value, list):
        return [text for item in value for text in texts_within(item)]
    if not isinstance(value, dict):
        return []
    own = [value[key] for key in ("name", "label", "message") if key in value]
    return own + [text for item in value.values() for text in texts_within(item)]
