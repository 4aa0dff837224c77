"""Files are read as records whose ids follow from their content."""

import gzip
import json
from pathlib import Path

import pytest

from infra.tools.records import identified, read


def test_geojson_tables_and_gzip_are_read(tmp_path: Path) -> None:
    geojson, table = tmp_path / "a.geojson", tmp_path / "a.csv.gz"
    geojson.write_text(json.dumps({"type": "FeatureCollection", "features": [{"id": 1}]}))
    table.write_bytes(gzip.compress("\ufefflat,text\n-5.2,Banjir\n".encode()))
    assert read(geojson) == [{"id": 1}]
    assert read(table) == [{"lat": "-5.2", "text": "Banjir"}]


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("[1, 2]")
    with pytest.raises(ValueError, match="FeatureCollection"):
        read(file)


def test_the_same_record_has_the_same_id_wherever_it_stands() -> None:
    ids = {record["n"]: id for id, record in identified([{"n": 1}, {"n": 2}])}
    again = {record["n"]: id for id, record in identified([{"n": 0}, {"n": 2}, {"n": 1}])}
    assert ids[1] == again[1]
    assert ids[2] == again[2]


def test_equal_records_of_one_file_are_two() -> None:
    ids = [id for id, _ in identified([{"n": 1}, {"n": 1}])]
    assert len(set(ids)) == 2


def test_another_run_has_other_ids() -> None:
    assert next(identified([{"n": 1}], "a"))[0] != next(identified([{"n": 1}], "b"))[0]
