"""Areas in and out: by parts, all or nothing, in versions, with warnings that say where."""

from typing import Any

import pytest

from chalicelib.reports.models import find
from infra.tools.import_areas import PART_FEATURES, parts
from tests.city import ADMIN, MELATI, City
from tests.reports.steps import faults

AREAS, IMPORTS = "/v1/admin/areas", "/v1/admin/areas/imports"
OVERLAP = "[1][0] and coordinates[2][0] 5.5 5"


def feature(id: str, west: float, east: float, parent: str | None = "uji", **facts: Any) -> Any:
    ring = [[west, -6.2], [east, -6.2], [east, -6.15], [west, -6.15], [west, -6.2]]
    properties = {"name": id, "level": 2 if parent else 1, "parent": parent, **facts}
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "id": id, "properties": properties, "geometry": geometry}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [*features]}


def put(city: City, path: str, *features: Any) -> Any:
    return city.call("PUT", path, collection(*features), by=ADMIN)


def ids(city: City, path: str = AREAS) -> list[str]:
    return [area["id"] for area in city.get(path, by=ADMIN).json["items"]]


def begun(city: City) -> str:
    return f"{IMPORTS}/{city.post(IMPORTS, {}, by=ADMIN).json['id']}"


def test_parts_are_in_force_at_their_end_and_not_before(city: City) -> None:
    path = begun(city)
    assert faults(city.post(f"{path}/commit", {}, by=ADMIN)) == {"id"}
    # A child may come before its parent, in another part, and a part twice.
    assert put(city, f"{path}/parts/1", feature("a", 1, 2)).status == 200
    assert put(city, f"{path}/parts/2", feature("b", 106.8, 106.85)).status == 200
    kept = put(city, f"{path}/parts/1", feature("b1", 106.8, 106.82, "b", level=3))
    assert kept.json == {"number": 1, "features": 1, "errors": []}
    shown = city.get(path, by=ADMIN).json
    assert (shown["state"], shown["features"], len(shown["parts"])) == ("waiting", 2, 2)
    assert ids(city) == ["uji", "kenanga", "melati"]
    stored = city.post(f"{path}/commit", {}, by=ADMIN).json
    assert (stored["received"], stored["total"]) == (2, 5)
    assert ids(city) == ["uji", "b", "kenanga", "melati", "b1"]
    assert city.get(path, by=ADMIN).json["version"] == stored["version"]
    assert faults(put(city, f"{path}/parts/3", feature("c", 1, 2))) == {"id"}
    near = city.get("/v1/areas?near=-6.17,106.81").json["items"]
    assert [area["id"] for area in near] == ["uji", "b", "b1"]


def test_all_faults_of_all_parts_are_named_and_nothing_is_stored(city: City) -> None:
    path = begun(city)
    bow = feature("dasi", 1, 2)
    bow["geometry"]["coordinates"][0][1:3] = bow["geometry"]["coordinates"][0][2:0:-1]
    open_ring = feature("terbuka", 1, 2)
    open_ring["geometry"]["coordinates"][0].pop()
    told = put(city, f"{path}/parts/1", feature("baik", 3, 4), bow).json["errors"]
    assert [one["field"] for one in told] == ["parts[1].features[1]"]
    lost = feature("yatim", 5, 6, "tiada")
    round_about = [feature("x", 7, 8, "y"), feature("y", 8, 9, "x")]
    put(city, f"{path}/parts/2", open_ring, lost, feature("baik", 3, 4), *round_about)
    answer = city.post(f"{path}/commit", {}, by=ADMIN)
    assert faults(answer) == {
        "parts[1].features[1]",
        *(f"parts[2].features[{index}]" for index in range(5)),
    }
    assert ids(city) == ["uji", "kenanga", "melati"]
    assert city.get(path, by=ADMIN).json["state"] == "waiting"


def ring(west: float, south: float, side: float) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


BOW = [[1, 1], [2, 2], [2, 1], [1, 2], [1, 1]]


@pytest.mark.parametrize(
    ("type", "coordinates", "said"),
    [
        ("MultiPolygon", [[ring(1, 1, 1)], [ring(5, 5, 1)], [ring(5.5, 4.5, 1)]], OVERLAP),
        ("MultiPolygon", [[ring(1, 1, 4)], [ring(2, 3, 1)]], "[0][0] and coordinates[1][0] 2 3"),
        ("Polygon", [ring(1, 1, 9), ring(2, 2, 2), ring(3, 3, 3)], "[1] and coordinates[2] 3 4"),
        ("Polygon", [ring(1, 1, 3), ring(6, 6, 1)], "[1] 6 6"),
        ("Polygon", [ring(0, 0, 9), BOW], "[1] 1.5 1.5"),
        ("MultiPolygon", [[ring(5, 5, 1)], [ring(1, 1, 1)[:-1]]], "[1][0] 1 1"),
        ("Polygon", [[[1, 1], [200, 1], [200, 2], [1, 1]]], "[0] 200 1"),
        ("Polygon", [[[1, 1], [2, 2], [3, 3], [1, 1]]], "[0] 1 1"),
    ],
)
def test_a_fault_names_the_area_its_rings_and_the_place(
    city: City, type: str, coordinates: Any, said: str
) -> None:
    wrong = feature("baru", 1, 2, None, name="Kepulauan")
    wrong["geometry"] = {"type": type, "coordinates": coordinates}
    headers = {"accept-language": "en"}
    body = collection(feature("baik", 30, 31, None), wrong)
    answer = city.call("PUT", AREAS, body, by=ADMIN, headers=headers)
    assert faults(answer) == {"features[1]"}
    (fault,) = answer.json["errors"]
    *rings, lon, lat = said.split(" ")
    assert "baru (Kepulauan): " in fault["message"]
    assert f"coordinates{' '.join(rings)} " in fault["message"]
    assert f"longitude {lon}, latitude {lat}." in fault["message"]


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"id": None}, "id", "str"),
        ({"properties": {"level": 1, "kode": "31"}}, "properties.name", "required"),
        ({"geometry": {"type": "Point", "coordinates": [1, 2]}}, "geometry.type", "MultiPolygon"),
        ({"geometry": {"type": [[]], "coordinates": []}}, "geometry.type", "Polygon"),
        ({"geometry": {"coordinates": []}}, "geometry.type", "required"),
        (
            {"geometry": {"type": "MultiPolygon", "coordinates": [[[[1, 2], ["x", 3]]]]}},
            "geometry.coordinates[0][0][1][0]",
            "float",
        ),
    ],
)
def test_a_malformed_feature_has_the_faults_that_it_has_and_no_others(
    city: City, change: Any, field: str, said: str
) -> None:
    # Its geometry is one of two kinds; what is not asked for is ignored.
    area = {**feature("baru", 1, 2, None), "bbox": [1, 2, 3, 4]}
    area["geometry"] = {"type": "MultiPolygon", "coordinates": [[ring(1, 1, 1)]]}
    headers = {"accept-language": "en"}
    body = collection({**area, **change})
    refused = city.call("PUT", AREAS, body, by=ADMIN, headers=headers)
    (fault,) = refused.json["errors"]
    assert (refused.status, fault["field"]) == (400, f"features[0].{field}")
    assert said in fault["message"]


def test_a_past_version_is_restored_by_one_call_which_the_audit_tells(city: City) -> None:
    report = city.report(MELATI)
    first = city.get(f"{AREAS}/versions", by=ADMIN).json["items"][-1]["version"]
    path = begun(city)
    put(city, f"{path}/parts/1", feature("baru", 106.8, 106.9, None))
    city.call("DELETE", "/v1/admin/routes/melati", by=ADMIN)
    later = city.post(f"{path}/commit", {"replace": True}, by=ADMIN).json["version"]
    assert ids(city) == ["baru"]
    restored = city.post(f"{AREAS}/versions/{first}/restore", {}, by=ADMIN)
    assert restored.status == 200, restored.body
    assert (restored.json["total"], restored.json["version"] > later) == (3, True)
    assert ids(city) == ids(city, f"{AREAS}/versions/{first}") == ["uji", "kenanga", "melati"]
    near = f"/v1/areas?near={MELATI.lat},{MELATI.lon}"
    assert [area["id"] for area in city.get(near).json["items"]] == ["uji", "melati"]
    assert find(report["id"]).areas == report["areas"]
    (told,) = city.get("/v1/admin/audit?action=restore_area_version", by=ADMIN).json["items"]
    assert (told["object"], [*told["changed"]]) == ("areas", ["areas"])
    # Not what a route would lose its area by, and not what never was.
    route = {"category": "*", "area": "melati", "agency": "dinas-jalan"}
    city.call("PUT", "/v1/admin/routes/melati", route, by=ADMIN)
    assert faults(city.post(f"{AREAS}/versions/{later}/restore", {}, by=ADMIN)) == {
        "features.melati"
    }
    assert city.post(f"{AREAS}/versions/99999/restore", {}, by=ADMIN).status == 404


def test_a_whole_new_set_cannot_lose_what_routes_name(city: City) -> None:
    path = begun(city)
    put(city, f"{path}/parts/1", feature("baru", 106.8, 106.9, None))
    assert faults(city.post(f"{path}/commit", {"replace": True}, by=ADMIN)) == {"features.melati"}
    city.call("DELETE", "/v1/admin/routes/melati", by=ADMIN)
    assert city.post(f"{path}/commit", {"replace": True}, by=ADMIN).json["total"] == 1
    assert ids(city) == ["baru"]


def test_reports_keep_their_areas_and_past_versions_can_be_read(city: City) -> None:
    report = city.report(MELATI)
    before = city.get(f"{AREAS}/versions", by=ADMIN).json["items"]
    renamed = {**city.get(f"{AREAS}/melati", by=ADMIN).json}
    assert renamed["geometry"]["type"] == "MultiPolygon"
    renamed["properties"] = {**renamed["properties"], "name": "Melati Baru"}
    stored = put(city, AREAS, renamed).json
    assert find(report["id"]).chain[-1].name == "Melati"
    versions = city.get(f"{AREAS}/versions", by=ADMIN).json["items"]
    assert [one["areas"] for one in versions] == [3, 3]
    assert versions[-1]["version"] == stored["version"]
    names = {
        one["version"]: city.get(f"{AREAS}/versions/{one['version']}", by=ADMIN).json["items"][-1][
            "name"
        ]
        for one in versions
    }
    assert [*names.values()] == ["Melati", "Melati Baru"]
    assert before == versions[:1]
    for unknown in ("0", "99999999", "x", "-1"):
        assert city.get(f"{AREAS}/versions/{unknown}", by=ADMIN).status == 404


def test_gaps_and_overlaps_are_stored_and_told_with_a_place(city: City) -> None:
    answer = city.call(
        "PUT",
        AREAS,
        collection(feature("b", 106.8, 106.83), feature("c", 106.82, 106.85)),
        by=ADMIN,
        headers={"accept-language": "id"},
    ).json
    assert answer["total"] == 5
    found = {(one["kind"], *one["areas"]): one for one in answer["warnings"]}
    assert set(found) == {("overlap", "b", "c"), ("gap", "uji")}
    overlap = found["overlap", "b", "c"]
    assert 106.82 <= overlap["at"]["lon"] <= 106.83
    assert "tumpang tindih" in overlap["message"]


def test_an_area_that_is_needed_stays(city: City) -> None:
    for id in ("melati", "uji"):
        assert faults(city.call("DELETE", f"{AREAS}/{id}", by=ADMIN)) == {"id"}
    assert city.call("DELETE", f"{AREAS}/kenanga", by=ADMIN).status == 204
    assert ids(city) == ["uji", "melati"]
    for path in (f"{AREAS}/kenanga", f"{IMPORTS}/x"):
        assert city.get(path, by=ADMIN).status == 404
    for number in ("0", "201", "x"):
        assert put(city, f"{begun(city)}/parts/{number}", feature("a", 1, 2)).status == 400


def test_the_command_sends_parts_that_a_call_takes_in_the_order_of_the_file() -> None:
    small = [{"id": number} for number in range(PART_FEATURES + 1)]
    assert [len(part) for part in parts(small)] == [PART_FEATURES, 1]
    large = [{"id": number, "x": "y" * 1_400_000} for number in range(5)]
    assert [[one["id"] for one in part] for part in parts(large)] == [[0, 1], [2, 3], [4]]
