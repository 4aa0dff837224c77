"""Whose endpoints a caller deals with."""

from chalicelib.errors import NotAllowed
from chalicelib.people.identity import Caller
from chalicelib.webhooks.models import owner_of


def owner_for(caller: Caller) -> str:
    """An officer's are the agency's, an administrator's those of the whole city; NotAllowed."""
    if caller.role == "officer" and caller.agency_id is None:
        raise NotAllowed(roles=["officer"])
    return owner_of(agency_for(caller))


def agency_for(caller: Caller) -> str | None:
    """The agency of an officer's endpoints; None for an administrator's, also of one with an
    agency."""
    return caller.agency_id if caller.role == "officer" else None
