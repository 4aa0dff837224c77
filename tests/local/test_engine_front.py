"""The addresses people use on one machine."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.front import Front, Message, Receive, Scope, Send, Site, publish
from tests.local.engines import Engine, create_api, running

# Its tests share engines.
pytestmark = pytest.mark.xdist_group("engine_front")

ECHO = """
import json
def handler(event, context):
    headers = {"X-Method": event["httpMethod"]}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(event)}
"""
PHOTO = bytes(range(256)) * 20


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with running(tmp_path_factory.mktemp("engine")) as engine:
        api, stage = create_api(engine, ECHO)
        store = engine.client("s3")
        store.create_bucket(Bucket="city-photos")
        kept = {"ContentType": "image/jpeg", "CacheControl": "public, max-age=31536000"}
        store.put_object(Bucket="city-photos", Key="photos/a b/640.jpg", Body=PHOTO, **kept)
        store.put_object(Bucket="city-photos", Key="originals/secret.jpg", Body=PHOTO)
        publish(Site(api, stage, "city-photos"), engine.data / "front.json")
        yield engine


def event(site: Engine, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
    """What the API's function got."""
    status, _, answer = site.ask(method, path, body, {"Content-Type": "application/json"})
    assert status == 200
    got: dict[str, Any] = json.loads(answer)
    return got


@pytest.mark.parametrize("path", ["/v1/reports", "/open311/v2/requests.json"])
def test_the_api_answers_under_its_own_paths(site: Engine, path: str) -> None:
    assert event(site, "GET", path)["path"] == path


def test_repeated_and_encoded_parameters_reach_the_api(site: Engine) -> None:
    got = event(site, "GET", "/v1/reports?status=new&status=done&q=jalan%20%26%20air&empty=")
    assert got["multiValueQueryStringParameters"] == {
        "status": ["new", "done"],
        "q": ["jalan & air"],
        "empty": [""],
    }


def test_a_body_of_a_megabyte_reaches_the_api(site: Engine) -> None:
    body = json.dumps("x" * 1_000_000).encode()
    assert event(site, "POST", "/v1/reports", body)["body"].encode() == body


def test_nobody_makes_up_the_address_they_call_from(site: Engine) -> None:
    made_up = {"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.9"}
    _, _, answer = site.ask("GET", "/v1/reports", None, made_up)
    assert json.loads(answer)["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"


def test_a_head_request_gets_headers_alone(site: Engine) -> None:
    status, headers, body = site.ask("HEAD", "/v1/reports")
    assert (status, headers["x-method"], body) == (200, "HEAD", b"")


def test_a_photo_comes_as_from_a_cdn(site: Engine) -> None:
    status, headers, body = site.ask("GET", "/photos/a%20b/640.jpg?anything=1")
    assert (status, body) == (200, PHOTO)
    assert headers["content-type"] == "image/jpeg"
    assert headers["cache-control"] == "public, max-age=31536000"
    assert headers["x-content-type-options"] == "nosniff"
    assert not [name for name in headers if name.startswith("x-amz")]


def test_a_photo_can_be_asked_for_in_part_and_only_if_new(site: Engine) -> None:
    path = "/photos/a%20b/640.jpg"
    status, headers, body = site.ask("GET", path, headers={"Range": "bytes=10-19"})
    assert (status, body) == (206, PHOTO[10:20])
    tag = {"If-None-Match": headers["etag"]}
    assert site.ask("GET", path, headers=tag)[0] == 304
    status, headers, body = site.ask("HEAD", path)
    assert (status, headers["content-length"], body) == (200, str(len(PHOTO)), b"")


@pytest.mark.parametrize(
    "path",
    [
        "/photos/none.jpg",
        "/photos/",
        "/photos/../originals/secret.jpg",
        "/photos/%2e%2e/originals/secret.jpg",
        "/photos//city-photos/originals/secret.jpg",
    ],
)
def test_nothing_but_photos_is_shown(site: Engine, path: str) -> None:
    status, headers, body = site.ask("GET", path)
    assert status == 404
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["detail"] == "There is no such photo."


def test_the_bucket_itself_stays_closed(site: Engine) -> None:
    assert site.ask("GET", "/city-photos/photos/a%20b/640.jpg")[0] == 403


def test_aws_clients_still_find_everything_at_the_root(site: Engine) -> None:
    (bucket,) = site.client("s3").list_buckets()["Buckets"]
    assert bucket["Name"] == "city-photos"


def test_visitors_are_led_to_the_documentation(site: Engine) -> None:
    status, headers, _ = site.ask("GET", "/")
    assert (status, headers["location"]) == (302, "/v1/docs")


def test_a_home_page_is_shown_when_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "home.html").write_text("<p>Kota")
    publish(Site("a", "s", "b", str(tmp_path / "home.html")), tmp_path / "front.json")
    start, end = answers(Front(refuse, tmp_path / "front.json"), "/")
    assert dict(start["headers"])[b"content-type"] == b"text/html; charset=utf-8"
    assert end["body"] == b"<p>Kota"


def test_before_the_deployment_the_api_says_that_it_is_being_set_up(tmp_path: Path) -> None:
    front = Front(echo, tmp_path / "front.json")
    start, end = answers(front, "/v1/reports")
    assert start["status"] == 503
    assert json.loads(end["body"])["title"] == "Service Unavailable"
    publish(Site("abc", "prod", "b"), tmp_path / "front.json")
    assert answers(front, "/v1/reports")[0]["status"] == 200


def test_encoded_bytes_of_a_path_arrive_as_they_were_sent(tmp_path: Path) -> None:
    publish(Site("abc", "prod", "b"), tmp_path / "front.json")
    front = Front(echo, tmp_path / "front.json")
    (_, end) = answers(front, "/v1/a/b c", raw=b"/v1/a%2Fb%20c")
    prefix = "/restapis/abc/prod/_user_request_"
    assert end["body"] == f"{prefix}/v1/a%2Fb%20c".encode()


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers with the path it was asked for."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["raw_path"]})


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("nobody was to ask")


def answers(front: Front, path: str, raw: bytes | None = None) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    request = {"type": "http", "method": "GET", "path": path, "raw_path": raw or path.encode()}
    asyncio.run(front({**request, "query_string": b"", "headers": []}, receive, send))
    return sent
