"""A pattern is of the whole text: not even a newline may follow, which Python's `$` would let."""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Annotated, Any, get_args, get_type_hints
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct

import chalicelib
from chalicelib.docs import openapi
from chalicelib.web import OPERATIONS
from tests.city import ADMIN, CITIZEN, ROAD, ROADS, City, new_report


def structs(above: type[Struct] = Struct) -> Iterator[type[Struct]]:
    for struct in above.__subclasses__():
        if struct.__module__.startswith("chalicelib."):
            yield struct
        yield from structs(struct)


def shapes() -> Iterator[Any]:
    """The types of all fields of our structs, and of all that views take."""
    for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        import_module(module.name)
    for struct in structs():
        yield from (field.type for field in msgspec.structs.fields(struct))
    for operation in OPERATIONS:
        yield from get_type_hints(operation.view, include_extras=True).values()


def patterns_in(shape: Any) -> Iterator[str]:
    for part in get_args(shape):
        if isinstance(part, Meta) and part.pattern is not None:
            yield part.pattern
        yield from patterns_in(part)


def described(part: Any) -> Iterator[str]:
    """The patterns in a piece of the OpenAPI document."""
    if isinstance(part, dict) and isinstance(part.get("pattern"), str):
        yield part["pattern"]
    children = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for child in children:
        yield from described(child)


PATTERNS = sorted({pattern for shape in shapes() for pattern in patterns_in(shape)})


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=20)
@given(data=st.data())
def test_nothing_may_follow_a_text_of_the_pattern(pattern: str, data: st.DataObject) -> None:
    shape = Annotated[str, Meta(pattern=pattern)]
    text = data.draw(st.from_regex(pattern))
    assert msgspec.convert(text, shape) == text
    for longer in (f"{text}\n", f"\n{text}"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(longer, shape)


def test_the_document_has_the_same_patterns_as_ecma_writes_them() -> None:
    found = set(described(openapi.document()))
    assert found
    assert {pattern.removesuffix("$") + r"\Z" for pattern in found} <= set(PATTERNS)
    # What ECMA does not know, and what in Python is digits and letters of all scripts.
    foreign = re.compile(r"\\[AZzdDwWbB]|\(\?[^:=!]")
    assert [pattern for pattern in found if foreign.search(pattern)] == []


BOTH = {"id": "Sudah.", "en": "Done."}
RING = [[106.8, -6.2], [106.85, -6.2], [106.85, -6.15], [106.8, -6.2]]
AREA = {
    "type": "Feature",
    "id": "anggrek",
    "properties": {"name": "Anggrek", "level": 2, "parent": "uji"},
    "geometry": {"type": "Polygon", "coordinates": [RING]},
}
DIGEST = {"name": "Harian", "period": "day"}


def test_nothing_is_put_under_a_name_with_a_newline_at_its_end(city: City) -> None:
    report = {"report_id": city.report()["id"]}
    digest = {"id": city.post("/v1/admin/digests", DIGEST, by=ADMIN).json["id"]}
    part = {"id": city.post("/v1/admin/areas/imports", {}, by=ADMIN).json["id"], "number": "1"}
    areas = {"type": "FeatureCollection", "features": [AREA]}
    puts: dict[str, tuple[dict[str, str], Any]] = {
        "/v1/admin/categories/{id}": ({"id": "taman"}, {"name": BOTH, "group": "hijau"}),
        "/v1/admin/agencies/{id}": ({"id": "taman"}, {"name": "Dinas Taman", "tier": "city"}),
        "/v1/admin/routes/{id}": ({"id": "t"}, {"category": ROAD, "area": "*", "agency": ROADS}),
        "/v1/admin/word-lists/{id}": ({"id": "id"}, {"words": ["bodoh"]}),
        "/v1/admin/templates/{id}": ({"id": "selesai"}, {"name": "Selesai", "text": BOTH}),
        "/v1/admin/reasons/{status}/{code}": (
            {"status": "resolved", "code": "new_asphalt"},
            {"text": BOTH},
        ),
        "/v1/admin/users/{id}/role": ({"id": "ani"}, {"role": "moderator"}),
        "/v1/admin/areas/imports/{id}/parts/{number}": (part, areas),
        "/v1/admin/digests/{id}": (digest, DIGEST),
        "/v1/reports/{report_id}/support": (report, None),
        "/v1/reports/{report_id}/follow": (report, None),
    }
    assert puts.keys() == {
        one.path for one in OPERATIONS if one.method == "PUT" and "{" in one.path
    }
    for path, (names, body) in puts.items():
        by = ADMIN if "/admin/" in path else CITIZEN._replace(sub="lain")
        for name, value in names.items():
            longer = path.format(**names | {name: f"{value}%0A"})
            assert city.call("PUT", longer, body, by=by).status in (400, 404, 422), longer
        assert city.call("PUT", path.format(**names), body, by=by).status in (200, 204), path


def test_digits_of_other_scripts_are_no_digits(city: City) -> None:
    indic = "\u0662\u0660\u0662\u0666-11"
    assert city.get(f"/v1/leaderboard?area=uji&month={quote(indic)}").status == 400
    hours = {"monday": ["0\u0668:00-16:00"]}
    assert city.call("PUT", "/v1/admin/working-hours", hours, by=ADMIN).status == 400


def test_neither_bodies_nor_queries_take_a_newline_at_the_end(city: City) -> None:
    def refused(method: str, path: str, body: Any = None) -> list[str]:
        answer = city.call(method, path, body, by=ADMIN)
        assert answer.status == 400, answer.body
        return [error["field"] for error in answer.json["errors"]]

    agency = {"name": "Dinas Taman", "tier": "city", "email": "taman@city.example\n"}
    assert refused("PUT", "/v1/admin/agencies/taman", agency) == ["email"]
    digest = {**DIGEST, "recipients": ["wali@city.example\n"]}
    assert refused("POST", "/v1/admin/digests", digest) == ["recipients[0]"]
    wishes = {"email": "ani@city.example\n"}
    assert refused("PATCH", "/v1/me/preferences", wishes) == ["email"]
    report = new_report(client_id="0f8fad5b-d9cb-469f-a165-70867728950e\n")
    assert refused("POST", "/v1/reports", report) == ["client_id"]
    answer = city.call("PUT", "/v1/admin/agencies/taman", agency, by=ADMIN)
    assert answer.json["errors"][0]["message"].endswith(r"it must match ^[^@\s]+@[^@\s]+$")
    assert refused("GET", "/v1/leaderboard?area=uji&month=2026-11%0A") == ["month"]
