"""A small client of the public HTTP API: JSON calls with a bearer token, signed uploads."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import urllib3

SEND_AGAIN = urllib3.Retry(
    total=8,
    connect=3,
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


class Answer(NamedTuple):
    """A good answer: its JSON, None if empty, and its headers."""

    content: Any
    headers: Mapping[str, str]


type Tokens = Callable[[str, str | None, str], str]  # role, agency, sub -> bearer token


class Refused(Exception):
    """The system said no; the message holds the call, the HTTP status and the problem document."""

    def __init__(self, message: str, status: int | None = None, problem: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem: dict[str, Any] = problem if isinstance(problem, dict) else {}

    @property
    def reasons(self) -> list[str]:
        """One line a fault, as `location: This point is outside Kota.`; at least one."""
        faults = [f"{one['field']}: {one['message']}" for one in self.problem.get("errors", [])]
        return faults or [str(self.problem.get("detail") or self)]


class Client:
    """Calls one running system; safe to share between threads. Repeats a call on 429 and 503.

    Raises ConnectionError, with a sentence for who runs a tool, when nothing answers.
    """

    def __init__(self, base_url: str, tokens: Tokens, connections: int = 4) -> None:
        self._base = base_url.rstrip("/")
        self._tokens = tokens
        self._http = urllib3.PoolManager(maxsize=connections, retries=SEND_AGAIN)

    def call(
        self, method: str, path: str, who: Person | None, body: Any = None, key: str | None = None
    ) -> Any:
        """The JSON answer, None if empty. `key` makes a POST safe to repeat. Raises Refused.

        `who` None is an anonymous call.
        """
        return self.ask(method, path, who, body, key).content

    def ask(
        self, method: str, path: str, who: Person | None, body: Any = None, key: str | None = None
    ) -> Answer:
        """As `call`, with the answer's headers."""
        headers = {}
        if who:
            headers["Authorization"] = f"Bearer {self._tokens(who.role, who.agency, who.sub)}"
        if key:
            headers["Idempotency-Key"] = key
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False).encode()
        try:
            answer = self._http.request(method, self._base + path, body=content, headers=headers)
        except urllib3.exceptions.MaxRetryError as error:
            asked = f"{self._base} does not answer. Is `make run` running, on that port?"
            raise ConnectionError(asked) from error
        _insist(answer, f"{method} {path}")
        return Answer(json.loads(answer.data) if answer.data else None, answer.headers)

    def upload(self, slot: dict[str, Any], picture: bytes, media_type: str = "image/jpeg") -> None:
        """Sends a picture to one of the `uploads` of an answer: `{photo_id, url, fields, ...}`."""
        fields = dict(slot["fields"])
        if "Content-Type" in fields:
            fields["Content-Type"] = media_type
        form = {**fields, "file": ("photo", picture, media_type)}
        answer = self._http.request("POST", slot["url"], fields=form)
        _insist(answer, f"upload of {slot['photo_id']}")


def _insist(answer: urllib3.BaseHTTPResponse, what: str) -> None:
    if not 200 <= answer.status < 300:
        text = answer.data.decode(errors="replace")
        raise Refused(f"{what}: {answer.status} {text}", answer.status, _problem(text))


def _problem(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
