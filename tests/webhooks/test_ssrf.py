"""Tricks to make us post to our own network: refused when registered, and again when delivered.

The second refusal is tried with endpoints that are in the table already, as if the first rule had
been laxer when they were registered. Tricks of the name server are found out at delivery only; such
an endpoint never answers its ping, so it never becomes active.
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.webhooks import delivery, outbound
from chalicelib.webhooks.models import Delivery
from tests.city import ROADS, City, officer
from tests.webhooks.postal import Post

OFFICER = officer(ROADS)

TRICKS = {
    "loopback": "https://127.0.0.1/",
    "loopback, another of its addresses": "https://127.8.9.1/",
    "loopback by name": "https://localhost/",
    "loopback by a name of the system": "https://localhost.localdomain:22/",
    "decimal number": "https://2130706433/",
    "hexadecimal number": "https://0x7f000001/",
    "octal number": "https://017700000001/",
    "octal parts": "https://0177.0.0.1/",
    "hexadecimal parts": "https://0x7f.0.0.1/",
    "too few parts": "https://127.1/",
    "one zero": "https://0/",
    "unspecified": "https://0.0.0.0/",
    "private network 10": "https://10.0.0.1/",
    "private network 172": "https://172.16.0.1/",
    "private network 192": "https://192.168.1.1/",
    "carrier's network": "https://100.64.0.1/",
    "link-local, the metadata of instances": "https://169.254.169.254/latest/meta-data/",
    "link-local, the credentials of containers": "https://169.254.170.2/v2/credentials",
    "multicast": "https://224.0.0.1/",
    "broadcast": "https://255.255.255.255/",
    "IPv6 loopback": "https://[::1]/",
    "IPv6 unspecified": "https://[::]/",
    "IPv4-mapped": "https://[::ffff:127.0.0.1]/",
    "IPv4-mapped in hexadecimal": "https://[::ffff:a9fe:a9fe]/",
    "IPv4-compatible": "https://[::127.0.0.1]/",
    "NAT64": "https://[64:ff9b::a9fe:a9fe]/",
    "local NAT64": "https://[64:ff9b:1::7f00:1]/",
    "6to4": "https://[2002:7f00:1::]/",
    "Teredo": "https://[2001::1]/",
    "unique local, metadata of instances": "https://[fd00:ec2::254]/",
    "IPv6 link-local": "https://[fe80::1]/",
    "IPv6 zone": "https://[fe80::1%25eth0]/",
    "IPv6 multicast": "https://[ff02::1]/",
    "the runtime of the function": "https://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
    "credentials before the host": "https://agency.example@127.0.0.1/",
    "credentials that look like a host": "https://agency.example:443@127.0.0.1/",
    "backslash for a slash": "https://127.0.0.1\\@agency.example/",
    "full-width dots": "https://127\u30020\u30020\u30021/",
    "circled digits": "https://\u2460\u2461\u2466.0.0.1/",
    "line break for a second header": "https://agency.example/\r\nHost: 127.0.0.1",
    "tab in the host": "https://127.0.\t0.1/",
    "no encryption": "http://agency.example/",
    "no encryption, to the metadata": "http://169.254.169.254/",
    "file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:6379/_FLUSHALL",
    "port of a mail server": "https://agency.example:25/",
    "port of a database": "https://agency.example:6379/",
    "port zero": "https://agency.example:0/",
    "name without a dot": "https://intranet/",
    "dot at the end": "https://127.0.0.1./",
}

NAME_TRICKS: dict[str, Sequence[str]] = {
    "a name for loopback": ["127.0.0.1"],
    "a name for the metadata": ["169.254.169.254"],
    "a name for an IPv6 inside": ["fd00:ec2::254"],
    "a name for an IPv4-mapped inside": ["::ffff:10.0.0.1"],
    "a name for NAT64": ["64:ff9b::a9fe:a9fe"],
    "one inside answer after a public one": ["8.8.8.8", "10.0.0.1"],
    "one inside answer before a public one": ["10.0.0.1", "8.8.8.8"],
    "an IPv6 inside beside a public IPv4": ["8.8.8.8", "::1"],
}


def tried(post: Post, url: str, answers: Sequence[str] = ()) -> tuple[str | None, str]:
    """The error of a delivery's attempt, and the endpoint's state, with the real sender."""
    to = post.endpoint(url, state="pending")
    event = post.event()
    row = Delivery(
        owner=f"deliveries#{to.id}",
        item=event,
        endpoint_owner=to.owner,
        event_id=event,
        event_type="endpoint.ping",
        created_at="2026-11-24T01:00:00.000Z",
        ping="{}",
    )
    row.save()

    def send(url: str, body: bytes, headers: dict[str, str], **facts: Any) -> outbound.Answer:
        return outbound.post(url, body, headers, **facts, resolver=lambda host, port: answers)

    delivery.deliver(json.dumps({"owner": row.owner, "item": row.item}), post.now, send)
    to.refresh()
    return post.row(to, event).tries[0].error, to.state


def test_there_are_thirty_and_more() -> None:
    assert len(TRICKS) >= 30


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_is_refused_at_registration(city: City, trick: str) -> None:
    answer = city.post("/v1/webhooks", {"url": TRICKS[trick]}, by=OFFICER)
    assert answer.status == 422, answer.body
    assert [fault["field"] for fault in answer.json["errors"]] == ["url"]


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_is_refused_when_an_endpoint_is_changed(city: City, trick: str) -> None:
    id = city.post("/v1/webhooks", {"url": "https://agency.example/"}, by=OFFICER).json["id"]
    answer = city.call("PATCH", f"/v1/webhooks/{id}", {"url": TRICKS[trick]}, by=OFFICER)
    assert answer.status == 422


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_is_refused_at_delivery(post: Post, trick: str) -> None:
    error, state = tried(post, TRICKS[trick])
    assert error
    assert error.startswith("forbidden_")
    assert state == "pending"


@pytest.mark.parametrize("trick", NAME_TRICKS)
def test_a_trick_of_the_name_server_is_refused_at_delivery(post: Post, trick: str) -> None:
    assert tried(post, "https://agency.example/", NAME_TRICKS[trick]) == (
        "forbidden_address",
        "pending",
    )
