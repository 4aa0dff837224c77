"""Who may make a call at all; what a caller may do to one report is decided where it is known."""

from collections.abc import Mapping

from chalicelib.errors import NotAllowed, NotIdentified
from chalicelib.people import banned, standing
from chalicelib.people.identity import Caller, identify
from chalicelib.people.permissions import Rule


def admitted(headers: Mapping[str, str], method: str, path: str, rule: Rule) -> Caller:
    """As whom the call is made; NotIdentified or NotAllowed when it may not be made so."""
    caller = _limited(identify(headers), method, rule)
    if standing.decides(caller, path, rule.roles):
        caller = standing.applied(caller)
    if rule.roles:
        caller.require(*rule.roles)
    banned.must_not_be(caller, method, path)
    return caller


def _limited(caller: Caller, method: str, rule: Rule) -> Caller:
    """A key without the call's scope is nobody where anybody may read, and refused elsewhere."""
    if rule.keys_only and caller.scopes is None:
        raise NotIdentified if caller.sub is None else NotAllowed(scope=rule.scope)
    if caller.scopes is None or rule.scope in caller.scopes:
        return caller
    if method == "GET" and not rule.roles:
        return Caller(tracking_code=caller.tracking_code)
    raise NotAllowed(scope=rule.scope)
