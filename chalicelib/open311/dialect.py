"""How the protocol knows its callers and how it refuses: its keys, its errors."""

from collections.abc import Mapping

from chalicelib import texts
from chalicelib.errors import Fault, NotIdentified, Problem, RequestInProgress, TooManyRequests
from chalicelib.open311 import forms, writing
from chalicelib.web import Asked, Dialect, Reply

PREFIX = "/open311/"
LANGUAGE = "id"
FIXMYSTREET = "attribute[fixmystreet_id]"
# What clients call the fields that our faults name.
_NAMES = {
    "category": "service_code",
    "location": "lat, long",
    "location.lat": "lat",
    "location.lon": "long",
    "address": "address_string",
    "near": "lat, long",
    "code": "external_status_code",
    "note": "description",
    "text": "description",
}


def credentials(asked: Asked, method: str) -> Mapping[str, str]:
    """The key of who writes, wherever clients put it; who reads needs none, and is nobody."""
    if method != "POST":
        return {}
    key = (
        asked.headers.get("x-api-key") or _bearer(asked.headers) or forms.sent(asked).one("api_key")
    )
    return {"x-api-key": key.strip()} if key else {}


def _bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = (headers.get("authorization") or "").partition(" ")
    return token if scheme.lower() == "bearer" else None


def key(asked: Asked) -> str | None:
    """What a client calls the thing that it sends: sent again, it is the same thing."""
    form = forms.sent(asked)
    for name in ("update_id", FIXMYSTREET):
        if (given := form.one(name)) is not None:
            return f"{name} {given}"
    return None


def refusal(problem: Problem, asked: Asked) -> Reply[object]:
    """404, 403, 429 or 400 with at least one `{code, description}`; 500 when it is our fault."""
    status = status_of(problem)
    errors = [{"code": str(status), "description": one} for one in _sentences(problem, asked)]
    headers = {"Cache-Control": "no-store"}
    if status == 429:
        headers["Retry-After"] = str(problem.facts.get("retry_after", 1))
    return writing.written("errors", errors, asked, status, headers)


def status_of(problem: Problem) -> int:
    """By the protocol all that is neither unknown nor about a key is 400."""
    if isinstance(problem, TooManyRequests | RequestInProgress):
        return 429
    if problem.status in (401, 403):
        return 403
    return problem.status if problem.status == 404 or problem.status >= 500 else 400


def _sentences(problem: Problem, asked: Asked) -> list[str]:
    if problem.faults:
        return [_sentence(fault, asked.language) for fault in problem.faults]
    name = "open311.key" if isinstance(problem, NotIdentified) else type(problem).__name__
    return [texts.say(name, asked.language, **{"limit": "", **problem.facts})]


def _sentence(fault: Fault, language: str) -> str:
    field = _NAMES.get(fault.field, fault.field)
    if field.startswith("answers."):
        field = f"attribute[{field.removeprefix('answers.')}]"
    return f"{field}: {texts.say(fault.key, language, **fault.facts)}"


DIALECT = Dialect(PREFIX, LANGUAGE, ("*/*",), credentials, key, refusal, status_of)
