"""Open311 GeoReport v2, written: a request becomes a report, once, by whoever has a key."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.photos.models import photos_of
from chalicelib.settings import settings
from tests.city import (
    ADMIN,
    COORDINATOR,
    FIRE,
    KENANGA,
    NORTH,
    OUTSIDE,
    ROAD,
    RUBBISH,
    Answer,
    City,
    officer,
    told,
)
from tests.open311.test_documents import parsed

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
PATH = "/open311/v2/requests"
PICTURE = b"\xff\xd8\xff\xe0 a picture \x00\xff"
PLACE = {"lat": str(KENANGA.lat), "long": str(KENANGA.lon)}


@pytest.fixture
def key(city: City) -> str:
    return new_key(city, "open311:write")


def new_key(city: City, scope: str, agency: str | None = None) -> str:
    asked = {"name": "FixMyStreet", "scopes": [scope], "agency": agency}
    answer = city.post("/v1/admin/keys", asked, by=ADMIN)
    assert answer.status == 201, answer.body
    return str(answer.json["key"])


def send(city: City, fields: Mapping[str, Any], end: str = ".json", **facts: Any) -> Answer:
    headers = {**FORM, **facts.pop("headers", {})}
    return city.post(f"{PATH}{end}", fields, headers=headers, **facts)


def road(key: str, **more: Any) -> dict[str, Any]:
    fields = {"api_key": key, "service_code": ROAD, **PLACE, "description": "Lubang di lajur kiri"}
    return {**fields, **more}


def faults(answer: Answer) -> list[str]:
    assert answer.status == 400, answer.body
    return [one["description"].partition(": ")[0] for one in answer.json]


def test_a_form_becomes_a_report(city: City, key: str) -> None:
    fields = {
        "api_key": key,
        "jurisdiction_id": "uji.example.id",
        "service_code": RUBBISH,
        "lat": str(NORTH.lat),
        "long": str(NORTH.lon),
        "address_string": "Depan halte, Jl. Melati",
        "description": "Tumpukan sampah\nsejak Senin",
        "attribute[sejak]": "3",
        "attribute[jenis][]": "puing",
        "attribute[patokan]": "",
        "attribute[warna]": "merah",
        "first_name": "Budi",
        "email": "budi@example.id",
        "device_id": "ios-7f3c",
    }
    answer = send(city, fields)
    assert answer.status == 201, answer.body
    ((id, notice, account),) = [tuple(one.values()) for one in answer.json]
    assert (next(iter(answer.json[0])), account) == ("service_request_id", None)
    code = {"x-tracking-code": answer.headers["x-tracking-code"]}
    report = city.get(f"/v1/reports/{id}", headers=code).json
    assert report["number"] in notice
    assert (report["category"], report["mine"]) == (RUBBISH, True)
    assert report["answers"] == {"sejak": 3.0, "jenis": "puing"}
    assert report["address"] == "Depan halte, Jl. Melati"
    assert city.get(f"{PATH}/{id}.json").json[0]["description"] == "Tumpukan sampah\nsejak Senin"
    # What the client knows of the person stays with the client.
    assert "budi" not in json.dumps([told(id), report]).lower()
    assert [one["type"] for one in told(id)] == ["report.created"]


def test_xml_answers_a_form_in_xml_and_a_description_may_be_left_out(city: City, key: str) -> None:
    answer = send(city, road(key, description=""), ".xml")
    assert answer.status == 201
    id = parsed(answer).findtext("request/service_request_id")
    assert parsed(answer).find("request/token") is None
    assert city.get(f"{PATH}/{id}.json").json[0]["description"] == "Jalan rusak"


def test_the_key_is_taken_wherever_clients_put_it(city: City, key: str) -> None:
    bare = road("")
    for headers in ({"x-api-key": key}, {"authorization": f"Bearer {key}"}):
        assert send(city, bare, headers=headers).status == 201
    query = f".json?api_key={key}&jurisdiction_id=&service_code={ROAD}"
    assert send(city, PLACE, query).status == 201


def test_without_a_good_key_it_is_403_and_nothing_is_stored(city: City, key: str) -> None:
    wrong = ["", key[:-1] + ("0" if key[-1] != "0" else "1"), "é", "x\ny", "x" * 9000]
    wrong += [new_key(city, "reports:create"), new_key(city, "reports:write", COORDINATOR)]
    for one in wrong:
        answer = send(city, road(one))
        assert (answer.status, answer.json[0]["code"]) == (403, "403")
    for by in (officer(COORDINATOR), ADMIN):
        assert send(city, road(""), by=by).status == 403
    assert parsed(send(city, road(""), ".xml")).findtext("error/code") == "403"
    assert city.get(f"{PATH}.json").json == []


def test_each_fault_is_named_as_the_client_calls_it(city: City, key: str) -> None:
    nothing = {"api_key": key}
    assert faults(send(city, nothing)) == ["service_code", "lat, long"]
    assert faults(send(city, road(key, lat="", long="", address_string="Jl. Melati 5"))) == [
        "lat, long"
    ]
    assert faults(send(city, road(key, lat="utara", long=""))) == ["lat", "long"]
    assert faults(send(city, road(key, lat="nan", long="inf"))) == ["lat", "long"]
    assert faults(send(city, road(key, lat="99", long="999"))) == ["lat", "long"]
    assert faults(send(city, road(key, lat=OUTSIDE.lat, long=OUTSIDE.lon))) == ["lat, long"]
    assert faults(send(city, road(key, description="a" * 4001))) == ["description"]
    assert faults(send(city, road(key, description="a\x07b"))) == ["description"]
    asked = road(key, service_code=RUBBISH) | {"attribute[jenis]": "kayu"}
    assert faults(send(city, asked)) == ["attribute[sejak]", "attribute[jenis]"]
    assert faults(send(city, asked | {"attribute[sejak]": "lama"})) == [
        "attribute[sejak]",
        "attribute[jenis]",
    ]
    assert send(city, road(key, service_code="tiada")).status == 404
    emergency = send(city, road(key, service_code=FIRE))
    assert (emergency.status, "113" in emergency.json[0]["description"]) == (400, True)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("text/xml", b"<x/>"),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: no\r\n\r\na\r\n--x--"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(400))),
    ],
)
def test_what_is_no_form_is_refused_in_the_protocol_s_form(
    city: City, key: str, kind: str, body: bytes
) -> None:
    headers = {"content-type": kind, "x-api-key": key}
    answer = city.post(f"{PATH}.json", body, headers=headers)
    assert answer.status == 400
    assert list(answer.json[0]) == ["code", "description"]


def multipart(fields: Mapping[str, str], *files: bytes) -> tuple[bytes, dict[str, str]]:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = '--b\r\nContent-Disposition: form-data; name="media"; filename="a.jpg"\r\n'
    parts += [f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + one + b"\r\n" for one in files]
    return b"".join([*parts, b"--b--\r\n"]), {"content-type": "multipart/form-data; boundary=b"}


def originals(report_id: str) -> list[bytes]:
    keys = [f"originals/{photo.id}/{photo.photo_id}" for photo in photos_of(report_id)]
    objects = [aws.s3().get_object(Bucket=settings.uploads_bucket, Key=one) for one in keys]
    return [one["Body"].read() for one in objects]


def test_photos_come_with_the_form_or_written_into_it(city: City, key: str) -> None:
    inline = f"data:image/jpeg;base64,{base64.b64encode(PICTURE).decode()}"
    body, headers = multipart(road(key, media_url=inline), PICTURE + b"1", PICTURE + b"2")
    answer = city.post(f"{PATH}.json", body, headers=headers)
    assert answer.status == 201, answer.body
    id = answer.json[0]["service_request_id"]
    assert originals(id) == [PICTURE + b"1", PICTURE + b"2", PICTURE]
    many, headers = multipart(road(key), *[PICTURE] * 7)
    id = city.post(f"{PATH}.json", many, headers=headers).json[0]["service_request_id"]
    assert len(originals(id)) == 5


def test_a_photo_that_cannot_be_had_keeps_no_report_away(city: City, key: str) -> None:
    inside = ["http://169.254.169.254/latest/meta-data", "https://10.0.0.1/a.jpg", "file:///a"]
    inside += ["data:image/jpeg;base64,?", "data:,x", "http://127.0.0.1:9/a.jpg"]
    for address in inside:
        answer = send(city, road(key, media_url=address))
        assert answer.status == 201
        assert photos_of(answer.json[0]["service_request_id"]) == []


@pytest.mark.parametrize("by", ["header", "attribute[fixmystreet_id]"])
def test_sent_again_it_is_the_same_report(city: City, key: str, by: str) -> None:
    def again(mine: str = key, **more: str) -> Answer:
        headers = {"idempotency-key": "kunci-klien-1234567"} if by == "header" else {}
        named = {} if by == "header" else {by: "4711"}
        return send(city, road(mine, **named, **more), headers=headers)

    first, second = again(), again()
    assert second.headers == {**first.headers, "idempotent-replayed": "true"}
    assert (second.status, second.body) == (first.status, first.body)
    other = again(description="Lain sama sekali")
    # FixMyStreet's own id names the report whatever is sent with it; a key of ours, one body.
    assert other.status == (400 if by == "header" else 201)
    if by != "header":
        assert other.json == first.json
    theirs = again(new_key(city, "open311:write"))
    assert theirs.json != first.json
    assert len(city.get(f"{PATH}.json").json) == 2
