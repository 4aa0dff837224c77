"""The page at `/`: what a newcomer sees of the local system."""

import asyncio
import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.places.polygon import Polygon
from chalicelib.reports import lifecycle
from chalicelib.web import OPERATIONS
from infra.local import home
from infra.local.front import Front, Message, Receive, Scope, Send, Site, publish

PAGE = home.page(demo=True)
SCRIPT = re.findall(r"<script>(.*?)</script>", PAGE, re.DOTALL)[0]


def embedded(page: str, id: str) -> Any:
    """The JSON of one of the page's data elements."""
    (found,) = re.findall(
        rf'<script type="application/json" id="{id}">(.*?)</script>', page, re.DOTALL
    )
    return json.loads(found)


def visit(front: Front, path: str) -> tuple[int, dict[bytes, bytes], bytes]:
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        messages.append(message)

    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }
    asyncio.run(front(scope, receive, send))
    start, body = messages
    return start["status"], dict(start["headers"]), body["body"]


async def no_aws(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("the page is not AWS's affair")


def test_a_visitor_of_the_root_gets_the_page(tmp_path: Path) -> None:
    file = tmp_path / "data" / "home.html"
    home.write(file, demo=True)
    publish(Site("api", "api", "photos", str(file)), tmp_path / "front.json")
    status, headers, body = visit(Front(no_aws, tmp_path / "front.json"), "/")
    assert status == 200
    assert headers[b"content-type"].startswith(b"text/html")
    assert body.decode() == PAGE


def test_the_page_needs_nothing_from_any_other_host() -> None:
    # Names of namespaces are no addresses that anybody asks.
    asked = re.findall(r"(?:src|href|url\(|import|action)[=\s\"'(]+([^\"')\s>]+)", PAGE)
    assert asked
    assert [one for one in asked if re.match(r"(https?:)?//", one)] == []
    assert set(re.findall(r"https?://[^\"'\s]+", PAGE)) <= {"http://www.w3.org/2000/svg"}


def test_the_policy_allows_this_script_and_this_style_and_no_other() -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', PAGE)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (style,) = re.findall(r"<style>(.*?)</style>", PAGE, re.DOTALL)
    for name, text in (("script-src", SCRIPT), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"


def test_the_policy_would_refuse_attributes_that_hold_script_or_style() -> None:
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", PAGE, flags=re.DOTALL)
    assert re.findall(r"\s(?:on\w+|style)=", markup) == []


def test_data_never_become_markup() -> None:
    dangerous = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
    assert [word for word in dangerous if word in SCRIPT] == []


def test_every_text_is_there_in_both_languages() -> None:
    texts = embedded(PAGE, "texts")
    assert set(texts) == {"id", "en"}
    assert texts["id"].keys() == texts["en"].keys()
    for key, text in texts["en"].items():
        assert text
        assert texts["id"][key]
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", texts["id"][key])), key


def test_every_text_that_the_page_asks_for_is_there() -> None:
    asked = set(re.findall(r'data-(?:t|label)="([^"]+)"', PAGE))
    asked |= set(re.findall(r'say\("([^"]+)"', SCRIPT))
    commands = re.findall(r'command\("([^"]+)"', SCRIPT)
    asked |= {key for one in commands for key in (one, f"{one}.why")}
    assert asked
    assert asked - embedded(PAGE, "texts")["en"].keys() == set()


def test_every_status_and_colour_of_the_life_cycle_has_a_text() -> None:
    known = embedded(PAGE, "texts")["en"].keys()
    assert {*lifecycle.STATUSES, *lifecycle.COLOURS} - known == set()


def test_the_step_that_the_page_offers_is_legal_for_the_agency() -> None:
    (table,) = re.findall(r"const NEXT = {(.*?)}", SCRIPT)
    steps = re.findall(r'(\w+): "(\w+)"', table)
    assert steps
    for status, following in steps:
        assert following in lifecycle.legal_next(status, "agency"), status


def test_every_call_of_the_page_is_one_of_the_api() -> None:
    # Paths in the page and no further: `/v1/docs#...` would be the page's own business.
    assert app.app
    called = set(re.findall(r"[\"'](/v1/[\w/{}.-]+)[\"']", PAGE))
    assert len(called) >= 6
    assert called - {operation.path for operation in OPERATIONS} == set()


def test_the_city_lies_inside_the_box_that_is_asked_for() -> None:
    city = embedded(PAGE, "city")
    west, south, east, north = city["box"]
    assert {area["level"] for area in city["areas"]} == {1, 2, 3}
    for area in city["areas"]:
        for lon, lat in [point for ring in area["rings"] for point in ring]:
            assert west < lon < east
            assert south < lat < north


@pytest.mark.parametrize("name", ["Alun-Alun", "Kebun Melati", "Pelabuhan Lama"])
def test_a_name_is_written_inside_its_ward_and_outside_all_others(name: str) -> None:
    wards = [one for one in embedded(PAGE, "city")["areas"] if one["level"] == 3]
    (place,) = [one["middle"] for one in wards if one["name"] == name]
    assert [one["name"] for one in wards if Polygon(one["rings"]).contains(*place)] == [name]


def test_without_the_demo_the_page_asks_for_a_place() -> None:
    assert embedded(home.page(demo=False), "city") == {
        "name": "",
        "box": None,
        "areas": [],
        "make": "",
    }


def test_the_make_commands_name_the_system_they_are_for() -> None:
    page = home.page(demo=False, make="PORT=8001")
    assert embedded(page, "city")["make"] == " PORT=8001"


def test_no_fact_can_end_the_element_it_stands_in() -> None:
    page = home.page(demo=False, make="</script><script>alert(1)</script>")
    assert "alert(1)</script>" not in page
    assert embedded(page, "city")["make"].endswith("<script>alert(1)</script>")
