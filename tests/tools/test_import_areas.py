"""Any GeoJSON of polygons becomes the body that the admin API takes."""

import socket
from pathlib import Path
from typing import Any

import pytest

from infra.tools import reroute
from infra.tools.import_areas import collection

RING = [[[107.0, -5.0], [107.1, -5.0], [107.1, -4.9], [107.0, -5.0]]]
FILE = {
    "features": [
        {
            "type": "Feature",
            "properties": {"kode": "31.71.04.1001", "nama": "Senen", "in": "31.71"},
            "geometry": {"type": "Polygon", "coordinates": RING},
        }
    ]
}


def test_id_and_name_come_from_the_named_properties() -> None:
    (feature,) = collection(FILE, "kode", "nama", 3, None)["features"]
    assert feature["id"] == "31.71.04.1001"
    assert feature["properties"] == {"name": "Senen", "level": 3, "parent": None}
    assert feature["geometry"]["coordinates"] == RING


@pytest.mark.parametrize(("parent", "found"), [("in", "31.71"), ("ID:8", "31.71.04")])
def test_a_parent_is_a_property_or_the_beginning_of_the_id(parent: str, found: str) -> None:
    (feature,) = collection(FILE, "kode", "nama", 3, parent)["features"]
    assert feature["properties"]["parent"] == found


def test_a_property_that_is_not_there_is_named_and_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"no property code; it has id, kode, nama, in"):
        collection(FILE, "code", "nama", 3, None)
    with pytest.raises(ValueError, match="no property desa"):
        collection(FILE, "kode", "nama", 3, "desa")
    bare = {"features": [{"type": "Feature", "properties": None, "geometry": None}]}
    with pytest.raises(ValueError, match="no property nama"):
        collection(bare, "id", "nama", 3, None)


@pytest.mark.parametrize("content", [[], {}, {"type": "Polygon", "coordinates": RING}])
def test_what_is_no_collection_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match="FeatureCollection"):
        collection(content, "id", "name", 1, None)


def test_a_tool_says_in_a_line_that_no_system_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setenv("DATA_DIR", str(tmp_path))
        monkeypatch.setattr("sys.argv", ["reroute", "--url", url])
        assert reroute.main() == 1
    said = capsys.readouterr().err
    assert (url in said, said.count("\n")) == (True, 1)
