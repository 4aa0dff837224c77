"""Whatever is sent, the answer is a refusal that says what is wrong; nothing breaks or is kept."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.city import CITIZEN, KENANGA, ROADS, RUBBISH, Answer, City, new_report, officer
from tests.reports.quick import QuickIndexes
from tests.reports.storage import ids_asked_for, stored

# One city for all examples of a test: what they leave behind is counted, not cleared away.
many = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
few = settings(many, max_examples=50)

numbers = st.one_of(
    st.integers(-10, 200),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e-300, -0.0, 1e308, 2**63, -(2**63) - 1]),
)
texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "\x00", "\ud800", "\U0001f6a7" * 20, "null", "NaN", "x" * 5000, "}{"]),
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture
def report(city: City) -> Any:
    return city.report()


def refused(answer: Answer) -> None:
    """A refusal in full: RFC 9457 with a code and the request's id, faults with their fields."""
    assert 400 <= answer.status < 500, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == answer.status
    assert problem["code"]
    assert problem["title"]
    assert problem["detail"]
    assert len(problem["request_id"]) == 26
    if problem["code"] in ("InvalidInput", "Unprocessable"):
        assert problem["errors"]
        assert all(fault["message"] for fault in problem["errors"])
        assert all(isinstance(fault["field"], str) for fault in problem["errors"])


def fields(answer: Answer) -> set[str]:
    return {fault["field"] for fault in answer.json["errors"]}


def reports() -> int:
    return sum(item.get("item") == {"S": "report"} for item in stored())


def wire(value: Any) -> bytes:
    """JSON as careless clients write it: NaN, Infinity and lone surrogates included."""
    return json.dumps(value).encode()


@few
@given(data=st.data())
def test_a_report_of_any_fields_is_taken_whole_or_refused_whole(
    city: City, data: st.DataObject
) -> None:
    location = st.fixed_dictionaries(
        {"lat": values | st.just(KENANGA.lat), "lon": values | st.just(KENANGA.lon)},
        optional={"accuracy_m": values, "alt": values},
    )
    good = new_report(answers={"sejak": 1}, category=RUBBISH)
    other = dict.fromkeys((*good, "accuracy_m", "address", "photos", "client_id"), values)
    other |= dict.fromkeys(("anonymous", "private", "observed_at", "share_identity"), values)
    other["location"] = values | location
    other["answers"] = values | st.dictionaries(texts, values, max_size=3)
    names = data.draw(st.sets(st.sampled_from([*other, "lain"]), min_size=1, max_size=4))
    body = {**good, **{name: data.draw(other.get(name, values)) for name in names}}
    before = reports()
    answer = city.post("/v1/reports", wire(body))
    if answer.status != 201:
        refused(answer)
    assert reports() - before == (answer.status == 201)


@many
@given(body=st.binary(max_size=60) | values.map(wire))
@example(body=b"")
@example(body=b"null")
@example(body=b"[]")
@example(body=b"{")
@example(body=b"\xff\xfe{}")
@example(body=b"[" * 60_000)
@example(body=b'{"answers":' + b"[" * 60_000)
@example(body=b'{"a":' * 10_000 + b"1" + b"}" * 10_000)
@example(body=b'"\\ud800"')
@example(body=b"9" * 60_000)
def test_what_is_no_report_at_all_is_refused(city: City, body: bytes) -> None:
    refused(city.post("/v1/reports", body))
    assert reports() == 0


ROAD_BODY = json.dumps(new_report())


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (ROAD_BODY.replace("106.875", "NaN"), "Malformed"),
        (ROAD_BODY.replace("106.875", "Infinity"), "Malformed"),
        (ROAD_BODY.replace("Lubang", "\\ud800"), "Malformed"),
        (ROAD_BODY.replace('"jalan-rusak"', "7") + "}", "Malformed"),
        (ROAD_BODY.replace('"jalan-rusak"', "7")[:-1], "Malformed"),
        (ROAD_BODY.replace('"jalan-rusak"', "7").replace("Lubang", "\\ud800"), "Malformed"),
        (ROAD_BODY.replace('"jalan-rusak"', "[" * 5000), "Malformed"),
    ],
)
def test_what_is_not_json_is_malformed_also_behind_a_wrong_field(
    city: City, sent: str, code: str
) -> None:
    answer = city.post("/v1/reports", sent.encode())
    refused(answer)
    assert answer.json["code"] == code
    assert stored() == []


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (ROAD_BODY.replace("106.875", "1e999"), "location.lon"),
        (ROAD_BODY.replace("106.875", "9" * 5000), "location.lon"),
        (ROAD_BODY.replace('"jalan-rusak"', "1e999"), "category"),
        (ROAD_BODY.replace('"jalan-rusak"', '7, "category": "jalan-rusak"'), "category"),
        (ROAD_BODY.replace("106.875", "true"), "location.lon"),
        (ROAD_BODY.replace("106.875", "180.1"), "location.lon"),
        (ROAD_BODY.replace("-6.225", "-85.06"), "location.lat"),
        (ROAD_BODY.replace('{"lat"', '{"alt": 1, "lat"'), "location.alt"),
        (ROAD_BODY.replace("Lubang", "\\u0000"), "description"),
        ("[]", ""),
        ("7", ""),
        ("null", ""),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(
    city: City, sent: str, named: str
) -> None:
    answer = city.post("/v1/reports", sent.encode())
    refused(answer)
    assert fields(answer) == {named}
    assert stored() == []


def test_a_body_of_70_kilobytes_is_too_large_whatever_it_says(city: City) -> None:
    for body in (wire(new_report(address="x" * 70_000)), b"\xff" * 70_000, b"[" * 70_000):
        answer = city.post("/v1/reports", body)
        refused(answer)
        assert answer.status == 413
    assert stored() == []


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "", "x"])
def test_only_json_is_taken(city: City, media_type: str) -> None:
    answer = city.post("/v1/reports", new_report(), headers={"content-type": media_type})
    refused(answer)
    assert (answer.status, answer.json["code"]) == (415, "WrongMediaType")


STEPS = ("acknowledged", "in_progress", "referred", "rejected", "duplicate", "resolved")
steps = st.fixed_dictionaries(
    {"status": st.sampled_from(STEPS) | values},
    optional={
        "note": values,
        "reason": values | st.just("fixed"),
        "refer_to": values,
        "duplicate_of": values,
        "proof_photo_ids": values | st.lists(texts, max_size=7),
        "lain": values,
    },
)


@few
@given(body=steps | values)
def test_a_step_of_any_fields_is_taken_whole_or_refused_whole(
    city: City, report: Any, body: Any
) -> None:
    before = stored()
    answer = city.post(f"/v1/reports/{report['id']}/status", wire(body), by=officer(ROADS))
    if answer.status != 200:
        refused(answer)
        assert stored() == before


words = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("fixed", "rating", "comment", "lain"), values)
)


@few
@given(body=words | values)
def test_any_word_on_an_unresolved_report_is_refused(city: City, report: Any, body: Any) -> None:
    before = stored()
    refused(city.post(f"/v1/reports/{report['id']}/confirmation", wire(body), by=CITIZEN))
    assert stored() == before


NAMES = (
    *("near", "radius", "bbox", "category", "status", "colour", "agency"),
    *("since", "until", "limit", "cursor", "x"),
)
PLAUSIBLE = ("-6.2,106.8", "106.8,-6.2,106.9,-6.1", "nan", "inf", "red", "2026-01-01T00:00Z")
parameters = st.one_of(
    texts.map(lambda text: text.encode(errors="replace").decode()),
    numbers.map(str),
    st.lists(numbers.map(str), max_size=5).map(",".join),
    st.sampled_from(PLAUSIBLE),
)


@many
@given(asked=st.lists(st.tuples(st.sampled_from(NAMES), parameters), max_size=5))
def test_a_list_is_given_or_the_query_refused(city: City, asked: list[tuple[str, str]]) -> None:
    with QuickIndexes():
        answer = city.get(f"/v1/reports?{urlencode(asked)}")
    if answer.status == 200:
        assert answer.json == {"items": [], "next": None}
    else:
        refused(answer)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", {"near"}),
        ("near=-6.2,106.8&bbox=106.8,-6.2,106.9,-6.1", {"near"}),
        ("near=nan,106.8", {"near"}),
        ("near=-6.2,inf", {"near"}),
        ("near=-85.06,0", {"near"}),
        ("near=0,180.5", {"near"}),
        ("near=0", {"near"}),
        ("near=0,0,0", {"near"}),
        ("near=0,0&radius=0", {"radius"}),
        ("near=0,0&radius=50001", {"radius"}),
        ("near=0,0&radius=nan", {"radius"}),
        ("near=0,0&radius=inf", {"radius"}),
        ("near=0,0&radius=1e999", {"radius"}),
        ("bbox=0,0,1,1&radius=5", {"radius"}),
        ("bbox=0,1,1,0", {"bbox"}),
        ("bbox=0,0,1", {"bbox"}),
        ("bbox=0,0,nan,1", {"bbox"}),
        ("bbox=-181,0,1,1", {"bbox"}),
        ("bbox=0,-91,1,1", {"bbox"}),
        ("near=0,0&limit=0", {"limit"}),
        ("near=0,0&limit=201", {"limit"}),
        ("near=0,0&limit=ten", {"limit"}),
        ("near=0,0&limit=1.5", {"limit"}),
        ("near=0,0&status=selesai", {"status"}),
        ("near=0,0&status=", {"status"}),
        ("near=0,0&colour=biru", {"colour"}),
        ("near=0,0&since=kemarin", {"since"}),
        ("near=0,0&since=2026-01-01", {"since"}),
        ("near=0,0&until=0001-01-01T00:00:00%2B14:00", {"until"}),
        ("near=0,0&near=1,1", {"near"}),
        ("near=0,0&warna=merah", {"warna"}),
        ("near=0,0&limit=0&limit=1&colour=biru&warna=x", {"limit", "warna"}),
        ("near=x&radius=-1&limit=0&since=x&warna=1", {"radius", "limit", "warna"}),
        ("near=x&status=x&colour=x&until=x", {"near", "status", "colour", "until"}),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(city: City, query: str, named: set[str]) -> None:
    answer = city.get(f"/v1/reports?{query}")
    refused(answer)
    assert (answer.status, answer.json["code"]) == (400, "InvalidInput")
    assert fields(answer) == named


@many
@given(id=st.text(min_size=1, max_size=60))
@example(id="x" * 3000)
@example(id="\x00" * 26)
@example(id="number#UJI-AAAAAA")
@example(id="../reports")
@example(id="01ARZ3NDEKTSV4RRFFQ69G5FAV")
@example(id="é" * 26)
def test_an_id_of_no_report_is_not_found(city: City, id: str) -> None:
    path = f"/v1/reports/{quote(id, safe='')}"
    for method, action, body in (
        ("GET", "", None),
        ("GET", "/updates", None),
        ("POST", "/status", {"status": "acknowledged"}),
        ("POST", "/confirmation", {"fixed": True}),
    ):
        answer = city.call(method, f"{path}{action}", body, by=officer(ROADS))
        refused(answer)
        assert (answer.status, answer.json["code"]) == (404, "ReportNotFound")


def test_the_database_is_asked_for_possible_ids_only(city: City, report: Any) -> None:
    # A key of more than 2,048 bytes is an error there, though not on the tests' own AWS.
    with ids_asked_for() as ids:
        assert city.get(f"/v1/reports/{'x' * 3000}").status == 404
        assert city.get(f"/v1/reports/{report['id']}").status == 200
    assert report["id"] in ids
    assert max(len(id) for id in ids) <= 26


@many
@given(
    name=st.sampled_from(["authorization", "x-tracking-code", "accept-language", "if-none-match"]),
    value=st.text(st.characters(max_codepoint=255), max_size=60),
    scheme=st.sampled_from(["", "Bearer ", "Basic ", "Bearer eyJhbGciOiJub25lIn0.", "Bearer a.b."]),
)
def test_no_header_breaks_a_public_read(city: City, name: str, value: str, scheme: str) -> None:
    sent = scheme + value if name == "authorization" else value
    with QuickIndexes():
        answer = city.get("/v1/reports?near=-6.2,106.8", headers={name: sent})
    if name == "authorization":
        refused(answer)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    else:
        assert answer.status == 200
