"""What docs/webhooks.md says and shows is so: its snippets run, its tables are the code's."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook

from chalicelib.events.models import TYPES, Envelope
from chalicelib.stats.ready import DigestEnvelope
from chalicelib.webhooks import signature
from chalicelib.webhooks.retries import DELAYS_S
from infra.tools.watch_webhooks import Receiver
from tests.city import ROADS, City, officer, told

TEXT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
BODY = '{"type":"report.created","data":{"note":"jalan berlubang, café"}}'.encode()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


EXAMPLES = {one["type"]: one for one in map(json.loads, blocks("json"))}


def in_python(secret: str, headers: dict[str, str], body: bytes) -> bool:
    scope: dict[str, Any] = {}
    (snippet,) = blocks("python")
    exec(snippet, scope)
    answer: bool = scope["verified"](secret, headers, body)
    return answer


def in_javascript(secret: str, headers: dict[str, str], body: bytes) -> bool:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    (snippet,) = blocks("javascript")
    given = json.dumps([secret, headers, body.decode()])
    call = f"const [s, h, b] = {given}; console.log(verified(s, h, Buffer.from(b)));"
    done = subprocess.run([node, "-e", snippet + call], capture_output=True, text=True, check=True)
    return json.loads(done.stdout) is True


@pytest.mark.parametrize("verified", [in_python, in_javascript])
def test_the_snippets_take_what_is_signed_and_nothing_else(
    verified: Callable[[str, dict[str, str], bytes], bool],
) -> None:
    old, new, other = (signature.new_secret() for _ in range(3))
    now = int(time.time())
    headers = signature.headers([new, old], "01M8", now, BODY)
    assert verified(new, headers, BODY)
    assert verified(old, headers, BODY)
    assert not verified(other, headers, BODY)
    assert not verified(new, headers, BODY.replace(b"created", b"deleted"))
    assert not verified(new, {**headers, "webhook-id": "01M9"}, BODY)
    assert not verified(new, signature.headers([new], "01M8", now - 301, BODY), BODY)


@pytest.mark.skipif(not (shutil.which("openssl") and shutil.which("curl")), reason="no openssl")
def test_the_curl_snippet_signs_what_a_receiver_takes() -> None:
    (snippet,) = blocks("bash")
    shown: list[tuple[str, Any]] = []
    receiver = Receiver(lambda id, event: shown.append((id, event)))
    secret = signature.new_secret()
    receiver.trust(secret)
    facts = {"SECRET": secret, "URL": receiver.url, "BODY": BODY.decode()}
    subprocess.run(["bash", "-euc", snippet], env={**os.environ, **facts}, check=True)
    receiver.close()
    ((_, event),) = shown
    assert event == json.loads(BODY)


def test_the_library_takes_it_too() -> None:
    secret = signature.new_secret()
    headers = signature.headers([secret], "01M8", int(time.time()), BODY)
    assert Webhook(secret).verify(BODY, headers)


def test_the_retry_table_is_the_schedule() -> None:
    units = {"s": 1, "min": 60, "h": 3600}
    rows = re.findall(r"^\| (\d+) \| (?:at once|(\d+) (s|min|h)) \|$", TEXT, re.MULTILINE)
    table = [int(amount) * units[unit] if amount else 0 for _, amount, unit in rows]
    assert tuple(table) == DELAYS_S
    assert [int(number) for number, *_ in rows] == list(range(1, 11))


def test_every_event_type_has_an_example() -> None:
    assert sorted(EXAMPLES) == sorted(TYPES)


@pytest.mark.parametrize("type", [one for one in TYPES if one.startswith("report.")])
def test_an_example_is_a_body_that_the_code_would_send(type: str) -> None:
    body = msgspec.convert(EXAMPLES[type], Envelope)
    assert msgspec.to_builtins(body) == EXAMPLES[type]


def test_events_have_the_fields_of_their_examples(city: City) -> None:
    report = city.report()
    path = f"/v1/reports/{report['id']}"
    by = officer(ROADS)
    for step in ("acknowledged", "in_progress"):
        city.post(f"{path}/status", {"status": step, "note": "Baik"}, by=by)
    events = told(report["id"])
    assert {one["type"] for one in events} >= {"report.created", "report.status_changed"}
    for event in events:
        assert set(event) == {"type", "timestamp", "data"}
        assert set(event["data"]) <= set(EXAMPLES[event["type"]]["data"]), event["type"]


def test_the_example_of_a_digest_has_its_fields() -> None:
    told = msgspec.convert(EXAMPLES["digest.ready"], DigestEnvelope)
    assert msgspec.to_builtins(told) == EXAMPLES["digest.ready"]
