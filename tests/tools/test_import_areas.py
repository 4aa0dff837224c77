"""Any GeoJSON of polygons becomes the body that the admin API takes."""

import pytest

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


def test_a_property_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="code"):
        collection(FILE, "code", "nama", 3, None)
