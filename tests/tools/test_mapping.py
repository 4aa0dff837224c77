"""A small mapping file says which field of a record is what of a report."""

from pathlib import Path
from typing import Any

import pytest

from infra.tools import mapping

POINT = {"type": "Point", "coordinates": [107.9, -5.2, 12.0]}


def mapped(rules: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return mapping.report({"geometry": POINT, "properties": properties}, rules)


def test_a_geojson_point_is_the_location() -> None:
    assert mapped({}) == {"location": {"lat": -5.2, "lon": 107.9}}


def test_a_table_names_the_columns_of_its_location() -> None:
    rules = {"location.lat": {"from": "y"}, "location.lon": {"from": "x"}}
    record = {"x": "107.9", "y": "-5.2"}
    assert mapping.report(record, rules) == {"location": {"lat": -5.2, "lon": 107.9}}


def test_the_first_field_that_is_not_empty_is_taken() -> None:
    rules = {"description": {"from": ["text", "title"], "otherwise": "nothing said"}}
    assert mapped(rules, text=" ", title="Banjir")["description"] == "Banjir"
    assert mapped(rules, text=None)["description"] == "nothing said"


def test_what_no_rule_fills_is_left_out() -> None:
    assert "address" not in mapped({"address": {"from": "street"}}, street="")


def test_fields_inside_others_are_named_with_dots() -> None:
    rules = {"answers.depth-cm": {"from": "report_data.flood_depth"}}
    assert mapped(rules, report_data={"flood_depth": 39})["answers"] == {"depth-cm": 39}
    assert "answers" not in mapped(rules, report_data=None)


def test_choices_translate_and_the_rest_is_otherwise() -> None:
    rules = {"category": {"from": "type", "choices": {"Pothole": "road"}, "otherwise": "other"}}
    assert mapped(rules, type="Pothole")["category"] == "road"
    assert mapped(rules, type="Noise")["category"] == "other"


def test_a_time_without_a_zone_gets_the_rules() -> None:
    rules = {"observed_at": {"from": "at", "zone": "Asia/Jakarta"}}
    assert mapped(rules, at="2017-02-21T06:34:07")["observed_at"] == "2017-02-21T06:34:07+07:00"
    assert mapped(rules, at="2017-02-21T06:34:07Z")["observed_at"] == "2017-02-21T06:34:07+00:00"


def test_what_is_no_time_is_said() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        mapped({"observed_at": {"from": "at", "zone": "Asia/Jakarta"}}, at="yesterday")


def test_a_rule_with_a_misspelt_word_is_refused_by_its_field(tmp_path: Path) -> None:
    file = tmp_path / "map.yaml"
    file.write_text("category: {form: type}\n")
    with pytest.raises(ValueError, match="category"):
        mapping.load(file)


def test_every_mapping_that_comes_along_can_be_loaded() -> None:
    files = list((Path(mapping.__file__).parent / "mappings").iterdir())
    assert files
    assert all(mapping.load(file) for file in files)
