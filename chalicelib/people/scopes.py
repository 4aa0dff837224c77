"""What an API key may be good for: every scope with the calls it opens, and no others."""

from typing import Literal

from msgspec import Struct

from chalicelib.errors import NotAllowed
from chalicelib.people.identity import Caller

Name = Literal["reports:create", "reports:read", "reports:write", "events:read", "webhooks:manage"]


class Scope(Struct, frozen=True):
    """The calls of a scope; one that `needs_agency` makes no sense for a key without any."""

    calls: tuple[str, ...]
    needs_agency: bool = True


SCOPES: dict[Name, Scope] = {
    "reports:create": Scope(("POST /v1/reports",), needs_agency=False),
    "reports:read": Scope(("GET /v1/reports/{report_id}", "GET /v1/reports/{report_id}/updates")),
    "reports:write": Scope(
        (
            "POST /v1/reports/{report_id}/photos",
            "POST /v1/reports/{report_id}/status",
            "POST /v1/reports/{report_id}/merge",
            "POST /v1/reports/{report_id}/unmerge",
        )
    ),
    "events:read": Scope(("GET /v1/events",)),
    "webhooks:manage": Scope(
        (
            "POST /v1/webhooks",
            "GET /v1/webhooks",
            "GET /v1/webhooks/{id}",
            "PATCH /v1/webhooks/{id}",
            "DELETE /v1/webhooks/{id}",
            "POST /v1/webhooks/{id}/ping",
            "POST /v1/webhooks/{id}/rotate",
            "POST /v1/webhooks/{id}/replay",
            "GET /v1/webhooks/{id}/deliveries",
        )
    ),
}

_SCOPE_OF = {call: name for name, scope in SCOPES.items() for call in scope.calls}


def scope_of(method: str, path: str) -> Name | None:
    """The scope that a key needs for a call; None for what no key may call."""
    return _SCOPE_OF.get(f"{method} {path}")


def limited(caller: Caller, method: str, path: str, roles: tuple[str, ...]) -> Caller:
    """As whom the caller makes this call.

    A key without the scope is nobody where anybody may read, and NotAllowed elsewhere.
    """
    if caller.scopes is None or (scope := scope_of(method, path)) in caller.scopes:
        return caller
    if method == "GET" and not roles:
        return Caller(tracking_code=caller.tracking_code)
    raise NotAllowed(scope=scope)
