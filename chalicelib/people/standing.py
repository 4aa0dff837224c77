"""What the city itself says of an account: its role, which goes before the token's.

Public reads, lists, and new reports of citizens never ask for it. It is looked up, and then taken
for true for half a minute, where a role decides: on calls that only staff may make, on calls about
one report, and whenever the token itself says staff, so that a role that was taken away is gone.
"""

from datetime import datetime

import msgspec
from pynamodb.expressions.update import Action

from chalicelib.audit import recording
from chalicelib.briefly import Briefly
from chalicelib.clock import text
from chalicelib.errors import NotAllowed
from chalicelib.people.identity import Caller
from chalicelib.people.models import Standing

known: Briefly[Standing | None] = Briefly()


def decides(caller: Caller, path: str, roles: tuple[str, ...]) -> bool:
    """Whether the stored role can matter to this call."""
    if caller.account is None:
        return False
    return caller.staff or "{report_id}" in path or bool(roles and "citizen" not in roles)


def applied(caller: Caller) -> Caller:
    """The caller with the role that is stored, if one is; NotAllowed for an officer of nobody."""
    row = known.get(str(caller.sub), _find)
    if row is not None and row.role is not None:
        caller = msgspec.structs.replace(caller, role=row.role, agency_id=row.agency)
    if caller.role == "officer" and not caller.agency_id:
        raise NotAllowed(roles=["officer"])
    return caller


def give_role(sub: str, role: str, agency: str | None, by: str | None, at: datetime) -> Standing:
    """Store the account's role, and return its standing as it is now."""
    before = _find(sub) or Standing(sub)
    after = Standing(sub, role=role, agency=agency, listed="roles", given_at=text(at), given_by=by)
    _store(before, after)
    return after


def take_role(sub: str) -> None:
    """From now on the account's token decides again."""
    _store(_find(sub) or Standing(sub), Standing(sub))


def _store(before: Standing, after: Standing) -> None:
    changed = recording.changes(before, after, ("role", "agency"))
    with recording.transaction(f"admin/users/{after.person}/role", changed) as transaction:
        transaction.update(after, [_set(name, getattr(after, name)) for name in _GIVEN])
    known.forget(str(after.person))


# The rest of the row says other things of the account, and stays.
_GIVEN = ("role", "agency", "listed", "given_at", "given_by")


def _set(name: str, value: str | None) -> Action:
    attribute = getattr(Standing, name)
    action: Action = attribute.remove() if value is None else attribute.set(value)
    return action


def _find(sub: str) -> Standing | None:
    return Standing.seek(sub, "standing")
