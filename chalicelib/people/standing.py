"""What the city itself says of an account: its role, which goes before the token's.

Public reads, lists, and new reports of citizens never ask for it. It is looked up, and then taken
for true for half a minute, where a role decides: on calls that only staff may make, on calls about
one report, and whenever the token itself says staff, so that a role that was taken away is gone.
"""

from datetime import datetime

import msgspec
from pynamodb.exceptions import DoesNotExist

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
    row = Standing(sub)
    row.update(
        [
            Standing.role.set(role),
            Standing.agency.set(agency) if agency else Standing.agency.remove(),
            Standing.listed.set("roles"),
            Standing.given_at.set(text(at)),
            Standing.given_by.set(by or ""),
        ]
    )
    known.forget(sub)
    return row


def take_role(sub: str) -> None:
    """From now on the account's token decides again."""
    fields = (Standing.role, Standing.agency, Standing.listed, Standing.given_at, Standing.given_by)
    Standing(sub).update([field.remove() for field in fields])
    known.forget(sub)


def _find(sub: str) -> Standing | None:
    try:
        return Standing.get(sub, "standing", consistent_read=True)
    except DoesNotExist:
        return None
