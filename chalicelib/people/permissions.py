"""Who may make which call: one table, which the gate obeys and docs/permissions.md prints.

A route without an entry here cannot be registered.
"""

from typing import Literal, get_args

from msgspec import Struct

Actor = Literal[
    "nobody", "holder", "citizen", "reporter", "officer", "foreign", "moderator", "admin"
]
"""`holder` has the report's tracking code, `reporter` sent it with an account, `officer` is of the
agency that has the report (or owns the thing), `foreign` is an officer of another agency."""

Scope = Literal[
    "reports:create",
    "reports:read",
    "reports:write",
    "events:read",
    "webhooks:manage",
    "open311:write",
]
"""What an API key may be good for: the calls that name the scope, as an officer of its agency."""

WITHOUT_AGENCY: frozenset[Scope] = frozenset({"reports:create", "open311:write"})
"""The scopes that make sense for a key of no agency."""


class Rule(Struct, frozen=True):
    """Who may make a call, and the scope that lets a key make it (None: no key may).

    With `keys_only` a key of that scope is all that counts: no person may, whoever it is. To those
    in `hidden` the very thing does not exist; all others are told that they may not.
    """

    to: frozenset[Actor]
    scope: Scope | None = None
    hidden: frozenset[Actor] = frozenset()
    keys_only: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that pass the gate; none when the report decides, or anybody may."""
        if self.to & {"nobody", "holder"}:
            return ()
        roles = {_ROLE_OF[actor] for actor in self.to | self.hidden}
        return tuple(role for role in ("citizen", "officer", "moderator", "admin") if role in roles)

    @property
    def of_staff(self) -> bool:
        """Whether who makes the call does so as one of the staff, and not as a citizen."""
        return "citizen" not in self.to and bool(self.to & {"officer", "moderator", "admin"})


def _of(*actors: Actor) -> frozenset[Actor]:
    return frozenset(actors)


_ROLE_OF: dict[Actor, str] = {
    "citizen": "citizen",
    "reporter": "citizen",
    "officer": "officer",
    "foreign": "officer",
    "moderator": "moderator",
    "admin": "admin",
}

EVERYBODY = frozenset(get_args(Actor))
ACCOUNTS = EVERYBODY - {"nobody", "holder"}
REPORTER = _of("holder", "reporter")
"""Who sent the report."""
AGENCY = _of("officer")
OFFICERS = _of("officer", "foreign")
"""All officers; each gets what is of the own agency."""
MODERATORS = _of("moderator", "admin")
STAFF = AGENCY | MODERATORS
ADMINS = _of("admin")
PRIVATE = REPORTER | STAFF
"""Who may know of a private report; to all others it does not exist."""

_BY_KEY = Rule(frozenset(), "open311:write", keys_only=True)
_OWN_ENDPOINT = Rule(AGENCY, "webhooks:manage", hidden=_of("foreign", "admin"))
_OWN_KEY = Rule(AGENCY, hidden=_of("foreign"))

PERMISSIONS: dict[str, Rule] = {
    "GET /v1/health": Rule(EVERYBODY),
    "GET /v1/openapi.json": Rule(EVERYBODY),
    "GET /v1/docs": Rule(EVERYBODY),
    # Reports
    "POST /v1/reports": Rule(EVERYBODY, "reports:create"),
    "GET /v1/reports": Rule(EVERYBODY),
    "GET /v1/reports/duplicates": Rule(EVERYBODY),
    "GET /v1/map": Rule(EVERYBODY),
    "GET /v1/stats": Rule(EVERYBODY),
    "GET /v1/stats/cells": Rule(EVERYBODY),
    "GET /v1/reports/{report_id}": Rule(EVERYBODY, "reports:read"),
    "GET /v1/reports/{report_id}/updates": Rule(EVERYBODY, "reports:read"),
    "GET /v1/reports/{report_id}/share": Rule(EVERYBODY),
    "PATCH /v1/reports/{report_id}": Rule(REPORTER | STAFF, "reports:write"),
    "POST /v1/reports/{report_id}/withdraw": Rule(REPORTER),
    "POST /v1/reports/{report_id}/confirmation": Rule(REPORTER),
    "GET /v1/reports/{report_id}/question": Rule(REPORTER),
    "POST /v1/reports/{report_id}/answers": Rule(REPORTER),
    "POST /v1/reports/{report_id}/questions": Rule(STAFF, "reports:write"),
    # By an account that shows the code too: `reporter` is who has it already.
    "POST /v1/reports/{report_id}/claim": Rule(_of("reporter")),
    "POST /v1/reports/{report_id}/photos": Rule(REPORTER | STAFF, "reports:write"),
    "POST /v1/reports/{report_id}/status": Rule(STAFF, "reports:write"),
    "POST /v1/reports/{report_id}/merge": Rule(STAFF, "reports:write"),
    "POST /v1/reports/{report_id}/unmerge": Rule(STAFF, "reports:write"),
    "POST /v1/reports/{report_id}/assignee": Rule(STAFF, "reports:write"),
    "POST /v1/reports/{report_id}/notes": Rule(STAFF, "reports:write"),
    "GET /v1/reports/{report_id}/notes": Rule(STAFF, "reports:read"),
    "PUT /v1/reports/{report_id}/support": Rule(ACCOUNTS),
    "DELETE /v1/reports/{report_id}/support": Rule(ACCOUNTS),
    "PUT /v1/reports/{report_id}/follow": Rule(ACCOUNTS),
    "DELETE /v1/reports/{report_id}/follow": Rule(ACCOUNTS),
    "POST /v1/reports/{report_id}/comments": Rule(ACCOUNTS | _of("holder"), "reports:write"),
    # In the table the reporter has written it; it is always its author who may.
    "DELETE /v1/reports/{report_id}/comments/{comment_id}": Rule(REPORTER),
    "POST /v1/reports/{report_id}/flags": Rule(ACCOUNTS | _of("holder")),
    "POST /v1/reports/{report_id}/comments/{comment_id}/flags": Rule(ACCOUNTS | _of("holder")),
    "DELETE /v1/reports/{report_id}": Rule(REPORTER),
    # Oneself
    "GET /v1/me/data": Rule(ACCOUNTS),
    "DELETE /v1/me": Rule(ACCOUNTS),
    "POST /v1/me/export": Rule(ACCOUNTS),
    "GET /v1/me/export": Rule(ACCOUNTS),
    "GET /v1/me": Rule(ACCOUNTS),
    "PATCH /v1/me": Rule(ACCOUNTS),
    "GET /v1/me/preferences": Rule(ACCOUNTS),
    "PATCH /v1/me/preferences": Rule(ACCOUNTS),
    "GET /v1/me/notifications": Rule(ACCOUNTS),
    "PATCH /v1/me/notifications": Rule(ACCOUNTS),
    "POST /v1/me/alerts": Rule(ACCOUNTS),
    "GET /v1/me/alerts": Rule(ACCOUNTS),
    "DELETE /v1/me/alerts/{id}": Rule(ACCOUNTS),
    "PUT /v1/me/devices": Rule(ACCOUNTS),
    "GET /v1/me/devices": Rule(ACCOUNTS),
    "DELETE /v1/me/devices/{id}": Rule(ACCOUNTS),
    "GET /v1/leaderboard": Rule(EVERYBODY),
    "GET /v1/unsubscribe": Rule(EVERYBODY),
    "POST /v1/unsubscribe": Rule(EVERYBODY),
    "GET /v1/email-confirmation": Rule(EVERYBODY),
    "GET /v1/me/reports": Rule(ACCOUNTS),
    # Agencies
    "GET /v1/agency/reports": Rule(OFFICERS | MODERATORS, "reports:read"),
    "POST /v1/agency/reports/status": Rule(OFFICERS | MODERATORS, "reports:write"),
    "GET /v1/agency/templates": Rule(OFFICERS | MODERATORS, "reports:read"),
    "GET /v1/events": Rule(OFFICERS | ADMINS, "events:read"),
    "POST /v1/webhooks": Rule(OFFICERS | ADMINS, "webhooks:manage"),
    "GET /v1/webhooks": Rule(OFFICERS | ADMINS, "webhooks:manage"),
    "GET /v1/webhooks/{id}": _OWN_ENDPOINT,
    "PATCH /v1/webhooks/{id}": _OWN_ENDPOINT,
    "DELETE /v1/webhooks/{id}": _OWN_ENDPOINT,
    "POST /v1/webhooks/{id}/ping": _OWN_ENDPOINT,
    "POST /v1/webhooks/{id}/rotate": _OWN_ENDPOINT,
    "POST /v1/webhooks/{id}/replay": _OWN_ENDPOINT,
    "GET /v1/webhooks/{id}/deliveries": _OWN_ENDPOINT,
    "POST /v1/agency/keys": Rule(OFFICERS),
    "GET /v1/agency/keys": Rule(OFFICERS),
    "GET /v1/agency/keys/{id}": _OWN_KEY,
    "DELETE /v1/agency/keys/{id}": _OWN_KEY,
    # The directory
    "GET /v1/categories": Rule(EVERYBODY),
    "GET /v1/areas": Rule(EVERYBODY),
    "GET /v1/reasons": Rule(EVERYBODY),
    "PUT /v1/admin/areas": Rule(ADMINS),
    "GET /v1/admin/areas": Rule(ADMINS),
    "PUT /v1/admin/holidays": Rule(ADMINS),
    "GET /v1/admin/holidays": Rule(ADMINS),
    "DELETE /v1/admin/holidays": Rule(ADMINS),
    "PUT /v1/admin/working-hours": Rule(ADMINS),
    "GET /v1/admin/working-hours": Rule(ADMINS),
    "DELETE /v1/admin/working-hours": Rule(ADMINS),
    "GET /v1/admin/areas/versions": Rule(ADMINS),
    "GET /v1/admin/areas/versions/{version}": Rule(ADMINS),
    "POST /v1/admin/areas/versions/{version}/restore": Rule(ADMINS),
    "GET /v1/admin/areas/{id}": Rule(ADMINS),
    "DELETE /v1/admin/areas/{id}": Rule(ADMINS),
    "POST /v1/admin/areas/imports": Rule(ADMINS),
    "GET /v1/admin/areas/imports/{id}": Rule(ADMINS),
    "PUT /v1/admin/areas/imports/{id}/parts/{number}": Rule(ADMINS),
    "POST /v1/admin/areas/imports/{id}/commit": Rule(ADMINS),
    "GET /v1/admin/agencies": Rule(OFFICERS | MODERATORS),
    "GET /v1/admin/routes": Rule(ADMINS),
    "PUT /v1/admin/categories/{id}": Rule(ADMINS),
    "GET /v1/admin/categories/{id}": Rule(ADMINS),
    "DELETE /v1/admin/categories/{id}": Rule(ADMINS),
    "PUT /v1/admin/agencies/{id}": Rule(ADMINS),
    "GET /v1/admin/agencies/{id}": Rule(ADMINS),
    "DELETE /v1/admin/agencies/{id}": Rule(ADMINS),
    "POST /v1/admin/agencies/{id}/status-map/check": Rule(ADMINS),
    "PUT /v1/admin/routes/{id}": Rule(ADMINS),
    "GET /v1/admin/routes/{id}": Rule(ADMINS),
    "DELETE /v1/admin/routes/{id}": Rule(ADMINS),
    "GET /v1/admin/word-lists": Rule(MODERATORS),
    "PUT /v1/admin/word-lists/{id}": Rule(MODERATORS),
    "GET /v1/admin/word-lists/{id}": Rule(MODERATORS),
    "DELETE /v1/admin/word-lists/{id}": Rule(MODERATORS),
    "POST /v1/admin/reroute": Rule(ADMINS),
    "GET /v1/admin/templates": Rule(ADMINS),
    "PUT /v1/admin/templates/{id}": Rule(ADMINS),
    "GET /v1/admin/templates/{id}": Rule(ADMINS),
    "DELETE /v1/admin/templates/{id}": Rule(ADMINS),
    "GET /v1/admin/reasons": Rule(ADMINS),
    "PUT /v1/admin/reasons/{status}/{code}": Rule(ADMINS),
    "GET /v1/admin/reasons/{status}/{code}": Rule(ADMINS),
    "DELETE /v1/admin/reasons/{status}/{code}": Rule(ADMINS),
    # Open311: reading takes no key, and writing takes nothing else.
    "GET /open311/discovery.json": Rule(EVERYBODY),
    "GET /open311/discovery.xml": Rule(EVERYBODY),
    "GET /open311/discovery": Rule(EVERYBODY),
    "GET /open311/v2/discovery.json": Rule(EVERYBODY),
    "GET /open311/v2/discovery.xml": Rule(EVERYBODY),
    "GET /open311/v2/discovery": Rule(EVERYBODY),
    "GET /open311/v2/services.json": Rule(EVERYBODY),
    "GET /open311/v2/services.xml": Rule(EVERYBODY),
    "GET /open311/v2/services": Rule(EVERYBODY),
    "GET /open311/v2/services/{document}": Rule(EVERYBODY),
    "GET /open311/v2/requests.json": Rule(EVERYBODY),
    "GET /open311/v2/requests.xml": Rule(EVERYBODY),
    "GET /open311/v2/requests": Rule(EVERYBODY),
    "POST /open311/v2/requests.json": _BY_KEY,
    "POST /open311/v2/requests.xml": _BY_KEY,
    "POST /open311/v2/requests": _BY_KEY,
    "GET /open311/v2/requests/{document}": Rule(EVERYBODY),
    "GET /open311/v2/tokens/{document}": Rule(EVERYBODY),
    "GET /open311/v2/servicerequestupdates.json": Rule(EVERYBODY),
    "GET /open311/v2/servicerequestupdates.xml": Rule(EVERYBODY),
    "GET /open311/v2/servicerequestupdates": Rule(EVERYBODY),
    "POST /open311/v2/servicerequestupdates.json": _BY_KEY,
    "POST /open311/v2/servicerequestupdates.xml": _BY_KEY,
    "POST /open311/v2/servicerequestupdates": _BY_KEY,
    # Administration
    "POST /v1/admin/keys": Rule(ADMINS),
    "GET /v1/admin/keys": Rule(ADMINS),
    "GET /v1/admin/keys/{id}": Rule(ADMINS),
    "DELETE /v1/admin/keys/{id}": Rule(ADMINS),
    "PUT /v1/admin/users/{id}/role": Rule(ADMINS),
    "GET /v1/admin/users/{id}/role": Rule(ADMINS),
    "DELETE /v1/admin/users/{id}/role": Rule(ADMINS),
    "GET /v1/admin/users": Rule(ADMINS),
    "GET /v1/admin/deliveries": Rule(ADMINS),
    "GET /v1/admin/audit": Rule(ADMINS),
    "GET /v1/admin/retention": Rule(ADMINS),
    "POST /v1/admin/digests": Rule(ADMINS),
    "GET /v1/admin/digests": Rule(ADMINS),
    "GET /v1/admin/digests/{id}": Rule(ADMINS),
    "PUT /v1/admin/digests/{id}": Rule(ADMINS),
    "DELETE /v1/admin/digests/{id}": Rule(ADMINS),
    "POST /v1/admin/digests/{id}/runs": Rule(ADMINS),
    "GET /v1/admin/digests/{id}/runs": Rule(ADMINS),
    "GET /v1/admin/digests/{id}/runs/{run}": Rule(ADMINS),
    "GET /v1/admin/moderation/cases": Rule(MODERATORS),
    "GET /v1/admin/moderation/cases/{case_id}": Rule(MODERATORS),
    "GET /v1/admin/moderation/reports/{report_id}": Rule(MODERATORS),
    "POST /v1/admin/moderation/reports/{report_id}": Rule(MODERATORS),
    "GET /v1/admin/moderation/comments/{report_id}/{comment_id}": Rule(MODERATORS),
    "POST /v1/admin/moderation/comments/{report_id}/{comment_id}": Rule(MODERATORS),
    "POST /v1/admin/moderation/bans": Rule(MODERATORS),
    "GET /v1/admin/moderation/bans": Rule(MODERATORS),
    "DELETE /v1/admin/moderation/bans/{id}": Rule(MODERATORS),
    "POST /v1/admin/imports": Rule(ADMINS),
    "GET /v1/admin/imports": Rule(ADMINS),
    "GET /v1/admin/imports/{id}": Rule(ADMINS),
    "POST /v1/admin/moderation/photos/{report_id}/{photo_id}/redactions": Rule(MODERATORS),
}


def rule_of(method: str, path: str) -> Rule:
    """The rule of a call; LookupError for one that nobody has thought about."""
    call = f"{method} {path}"
    if call not in PERMISSIONS:
        raise LookupError(f"Say in people/permissions.py who may call {call}")
    return PERMISSIONS[call]


def refusal(call: str, actor: Actor, private: bool = False) -> int | None:
    """The HTTP status that refuses the actor; None where the call is theirs to make."""
    rule = PERMISSIONS[call]
    if rule.keys_only:
        return 403
    known = actor not in ("nobody", "holder")
    if rule.roles and not (known and _ROLE_OF[actor] in rule.roles):
        return 403 if known else 401
    if actor in rule.hidden or (private and actor not in PRIVATE):
        return 404
    if actor not in rule.to:
        return 403 if known else 401
    return None


def as_markdown() -> str:
    """The table of docs/permissions.md."""
    actors = get_args(Actor)
    lines = [
        f"| call | {' | '.join(actors)} | key |",
        f"| --- | {'--- | ' * len(actors)}--- |",
    ]
    for call, rule in PERMISSIONS.items():
        cells = " | ".join(_cell(call, actor) for actor in actors)
        lines.append(f"| `{call}` | {cells} | {f'`{rule.scope}`' if rule.scope else '403'} |")
    return "\n".join(lines) + "\n"


def _cell(call: str, actor: Actor) -> str:
    """`yes` or the refusal; of a report, also for a private one where that differs."""
    public = refusal(call, actor)
    private = refusal(call, actor, private=True) if "{report_id}" in call else public
    words = dict.fromkeys(str(status or "yes") for status in (public, private))
    return " / ".join(words)
