"""HTTP of roles: administrators say who works for the city, and for which agency."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib import clock, cursor
from chalicelib.agencies import directory
from chalicelib.clock import Time
from chalicelib.errors import Fault, RoleNotFound, Unprocessable
from chalicelib.people import standing
from chalicelib.people.identity import Caller
from chalicelib.people.models import Standing, given_roles, standing_of
from chalicelib.web import Routes

routes = Routes(__name__, "roles")

Role = Literal["citizen", "officer", "moderator", "admin"]


class NewRole(Struct, frozen=True, forbid_unknown_fields=True):
    """An account's role; an officer has an agency. `citizen` takes away what a token says."""

    role: Role
    agency: str | None = None


class RoleView(Struct, frozen=True):
    """The role that an account was given; it goes before the role in its token."""

    user: str
    role: str
    agency: str | None
    given_at: Time | None


class RoleQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None


class RolePage(Struct, frozen=True):
    """Accounts that were given a role, by id."""

    items: list[RoleView]
    next: str | None


@routes.put("/v1/admin/users/{id}/role", problems=(Unprocessable,))
def put_role(id: str, body: NewRole, caller: Caller) -> RoleView:
    """Give an account (`id` is its tokens' `sub`) a role; within half a minute it holds."""
    if faults := _faults(id, body, caller):
        raise Unprocessable(*faults)
    return _view(standing.give_role(id, body.role, body.agency, caller.sub, clock.now()))


@routes.get("/v1/admin/users/{id}/role", problems=(RoleNotFound,))
def show_role(id: str) -> RoleView:
    """The role that an account was given."""
    return _view(standing_of(id))


@routes.delete("/v1/admin/users/{id}/role", status=204, problems=(RoleNotFound, Unprocessable))
def delete_role(id: str, caller: Caller) -> None:
    """Take the given role away: the account is again what its token says."""
    standing_of(id)
    if id == caller.sub:
        raise Unprocessable(Fault("id", "fault.own_role"))
    standing.take_role(id)


@routes.get("/v1/admin/users")
def list_roles(query: RoleQuery) -> RolePage:
    """All accounts that were given a role."""
    after = str(cursor.unseal(["roles"], query.cursor)[0]) if query.cursor else None
    rows = given_roles(after, query.limit + 1)
    shown = rows[: query.limit]
    more = cursor.seal(["roles"], [shown[-1].person]) if rows[query.limit :] else None
    return RolePage([_view(row) for row in shown], more)


def _faults(id: str, body: NewRole, caller: Caller) -> list[Fault]:
    faults = []
    if id == caller.sub:
        # Nobody locks themselves out by a slip.
        faults.append(Fault("id", "fault.own_role"))
    if len(id) > 128:
        faults.append(Fault("id", "fault.too_long", {"limit": 128}))
    if id != id.strip():
        faults.append(Fault("id", "fault.invalid"))
    if body.role == "officer" and body.agency is None:
        faults.append(Fault("agency", "fault.role_needs_agency"))
    if body.role != "officer" and body.agency is not None:
        faults.append(Fault("agency", "fault.role_without_agency"))
    if body.role == "officer" and body.agency not in (None, *directory.current().agencies):
        faults.append(Fault("agency", "fault.no_agency"))
    return faults


def _view(row: Standing) -> RoleView:
    return RoleView(user=row.person, role=row.role, agency=row.agency, given_at=row.given_at)
