"""A small client of the public HTTP API: JSON calls with a bearer token, signed uploads."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import urllib3

SEND_AGAIN = urllib3.Retry(
    total=8,
    status_forcelist={429, 503},
    allowed_methods=None,
    backoff_factor=0.2,
    raise_on_status=False,
)


class Person(NamedTuple):
    """Who calls: a role of the API, the agency of an officer, and a stable name."""

    role: str
    sub: str
    agency: str | None = None


type Tokens = Callable[[str, str | None, str], str]  # role, agency, sub -> bearer token


class Refused(Exception):
    """The system said no; the message holds the call, the HTTP status and the problem document."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """Calls one running system; safe to share between threads. Repeats a call on 429 and 503."""

    def __init__(self, base_url: str, tokens: Tokens, connections: int = 4) -> None:
        self._base = base_url.rstrip("/")
        self._tokens = tokens
        self._http = urllib3.PoolManager(maxsize=connections, retries=SEND_AGAIN)

    def call(
        self, method: str, path: str, who: Person, body: Any = None, key: str | None = None
    ) -> Any:
        """The JSON answer, None if empty. `key` makes a POST safe to repeat. Raises Refused."""
        headers = {"Authorization": f"Bearer {self._tokens(who.role, who.agency, who.sub)}"}
        if key:
            headers["Idempotency-Key"] = key
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False).encode()
        answer = self._http.request(method, self._base + path, body=content, headers=headers)
        _insist(answer, f"{method} {path}")
        return json.loads(answer.data) if answer.data else None

    def upload(self, slot: dict[str, Any], jpeg: bytes) -> None:
        """Sends a picture to one of the `uploads` of an answer: `{photo_id, url, fields, ...}`."""
        form = {**slot["fields"], "file": ("photo.jpg", jpeg, "image/jpeg")}
        answer = self._http.request("POST", slot["url"], fields=form)
        _insist(answer, f"upload of {slot['photo_id']}")


def _insist(answer: urllib3.BaseHTTPResponse, what: str) -> None:
    if not 200 <= answer.status < 300:
        problem = answer.data.decode(errors="replace")
        raise Refused(f"{what}: {answer.status} {problem}", answer.status)
