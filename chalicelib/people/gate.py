"""Who may make a call at all; what a caller may do to one report is decided where it is known."""

from collections.abc import Mapping

from chalicelib.people import scopes, standing
from chalicelib.people.identity import Caller, identify


def admitted(headers: Mapping[str, str], method: str, path: str, roles: tuple[str, ...]) -> Caller:
    """As whom the call is made; NotIdentified or NotAllowed when it may not be made so."""
    caller = scopes.limited(identify(headers), method, path, roles)
    if standing.decides(caller, path, roles):
        caller = standing.applied(caller)
    if roles:
        caller.require(*roles)
    return caller
