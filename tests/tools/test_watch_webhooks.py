"""The receiver believes what is signed with its secret, and shows each event once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from standardwebhooks import Webhook

from infra.client import Client, Person
from infra.tools.watch_webhooks import Receiver, fetched, line

SECRET = "whsec_" + "c2VjcmV0" * 4
EVENT = {
    "type": "report.status_changed",
    "timestamp": "2026-11-24T01:12:09.123Z",
    "data": {
        "number": "TGP-7F3K2M",
        "status": "resolved",
        "previous_status": "in_progress",
        "category": "flooding",
        "areas": [{"id": "city", "level": 1}, {"id": "ward", "level": 2}],
    },
}


@pytest.fixture
def shown() -> list[Any]:
    return []


@pytest.fixture
def receiver(shown: list[Any]) -> Iterator[Receiver]:
    receiver = Receiver(lambda id, event: shown.append((id, event)))
    yield receiver
    receiver.close()


def post(receiver: Receiver, id: str, secret: str = SECRET, body: str | None = None) -> int:
    text = json.dumps(EVENT)
    at = datetime.now(UTC)
    headers = {
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id, at, text),
    }
    return urllib3.request("POST", receiver.url, body=body or text, headers=headers).status


def test_an_event_that_comes_twice_is_shown_once(receiver: Receiver, shown: list[Any]) -> None:
    receiver.trust(SECRET)
    assert [post(receiver, "one"), post(receiver, "one")] == [204, 204]
    assert shown == [("one", EVENT)]
    assert receiver.counts == {"report.status_changed": 1, "again": 1}


def test_another_secret_or_another_body_is_refused(receiver: Receiver, shown: list[Any]) -> None:
    receiver.trust(SECRET)
    assert post(receiver, "one", secret="whsec_" + "b3RoZXIh" * 4) == 401
    assert post(receiver, "one", body='{"type": "report.created"}') == 401
    assert shown == []


def test_what_was_fetched_is_not_shown_again_when_it_comes(
    receiver: Receiver, shown: list[Any]
) -> None:
    receiver.trust(SECRET)
    receiver.note("one", EVENT)
    assert post(receiver, "one") == 204
    assert shown == [("one", EVENT)]


class Pages(Client):
    """A system with two pages of events."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def call(self, method: str, path: str, who: Person | None, *_: Any, **__: Any) -> Any:
        self.asked.append(path)
        last = len(self.asked) == 2
        items = [{"id": f"{len(self.asked)}", **EVENT}]
        return {"items": items, "next": "there", "more": not last}


def test_everything_is_fetched_page_by_page() -> None:
    client = Pages()
    found = list(fetched(client, Person("admin", "x"), "2026-11-24T00:00:00+07:00"))
    assert found == [("1", EVENT), ("2", EVENT)]
    assert client.asked == [
        "/v1/events?since=2026-11-24T00%3A00%3A00%2B07%3A00",
        "/v1/events?after=there",
    ]


def test_a_line_says_what_moved_and_where() -> None:
    text = line("01M8", EVENT)
    assert "TGP-7F3K2M" in text
    assert "in_progress -> resolved" in text
    assert " ward " in text
