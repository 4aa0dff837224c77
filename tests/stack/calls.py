"""Calling a running system and waiting for what it does behind the answers."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

SECONDS = 180


def call(
    url: str,
    method: str,
    path: str,
    token: str | None = None,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> Any:
    """The JSON answer; AssertionError with the problem document when it is refused."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", content, sent, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        raise AssertionError(f"{method} {path}: {refusal.read().decode()}") from None


def until[Found](condition: Callable[[], Found]) -> Found:
    """What the condition gives once it is true; AssertionError after three minutes."""
    end = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, f"still {found}"
        threading.Event().wait(0.05)
    return found


def until_state(read: Callable[[], dict[str, Any]], state: str) -> dict[str, Any]:
    """What `read` gives once its `state` is this one."""
    last = read()

    def reached() -> bool:
        nonlocal last
        last = read()
        return bool(last["state"] == state)

    until(reached)
    return last


def digest_of_today(url: str, admin: str, day: str, **wishes: Any) -> dict[str, Any]:
    """A finished run of a new daily digest for `day`."""
    digest = call(
        url, "POST", "/v1/admin/digests", admin, {"name": "Harian", "period": "day", **wishes}
    )
    runs = f"/v1/admin/digests/{digest['id']}/runs"
    run = call(url, "POST", runs, admin, {"period": day})
    return until_state(lambda: call(url, "GET", f"{runs}/{run['id']}", admin), "done")
