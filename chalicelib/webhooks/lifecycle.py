"""The life of an endpoint: pending, active, paused, disabled; and what it missed on its way back.

Every change is conditional on the state it starts from, so that nothing wakes a deleted endpoint.
"""

from datetime import datetime
from typing import Any, Literal

from pynamodb.exceptions import UpdateError

from chalicelib.clock import first_id
from chalicelib.observability import logger
from chalicelib.webhooks import orders
from chalicelib.webhooks.models import Endpoint

Reason = Literal["gone", "failing"]


def answered(to: Endpoint, failed_from: str | None, at: datetime) -> None:
    """A receiver has said 2xx: an endpoint that waited for it is active, and one whose breaker was
    open gets what is on its way at once, instead of after each delivery's own wait."""
    if to.state in ("pending", "disabled"):
        activate(to, at)
    elif failed_from and to.state == "active":
        orders.place(to, "resume", failed_from, first_id(at), at)


def activate(to: Endpoint, at: datetime) -> bool:
    """Make the endpoint active, and order whatever it has missed; False when it has changed."""
    state, url = to.state, to.url
    while to.state == state and to.url == url:
        first = to.recover_from
        actions = [
            Endpoint.state.set("active"),
            Endpoint.active_from.set(first or first_id(at)),
            Endpoint.recover_from.remove(),
            Endpoint.disabled_reason.remove(),
        ]
        known = Endpoint.recover_from == first if first else Endpoint.recover_from.does_not_exist()
        # With another URL it must be asked again: this answer came from the old one.
        if _changed(to, actions, known & (Endpoint.url == url)):
            logger.info("endpoint active", endpoint=to.id)
            if first:
                orders.place(to, "recover", first, first_id(at), at)
            return True
        try:
            to.refresh(consistent_read=True)
        except Endpoint.DoesNotExist:
            return False
    return False


def pause(to: Endpoint, at: datetime) -> bool:
    """Send nothing until it is activated again; False when it has changed."""
    if not _changed(to, [Endpoint.state.set("paused")]):
        return False
    missed(to, first_id(at))
    return True


def disable(to: Endpoint, reason: Reason, first: str, at: datetime) -> None:
    """Send nothing more until a ping is answered, and give notice. `first` is the oldest event that
    it has not got."""
    actions = [Endpoint.state.set("disabled"), Endpoint.disabled_reason.set(reason)]
    if to.state == "disabled" or not _changed(to, actions):
        return
    missed(to, first)
    orders.give_notice(to, reason, at)
    logger.warning("endpoint disabled", endpoint=to.id, reason=reason, first=first)


def move(to: Endpoint, url: str, at: datetime) -> bool:
    """Send to another URL once that has answered a ping; False when it has changed."""
    was_active = to.state == "active"
    if not _changed(to, [Endpoint.url.set(url), Endpoint.state.set("pending")]):
        return False
    if was_active:
        missed(to, first_id(at))
    return True


def missed(to: Endpoint, event_id: str) -> bool:
    """Remember the oldest event that is to wait for the endpoint's return; False when it is back
    already, so that the event need not wait."""
    older = Endpoint.recover_from.does_not_exist() | (Endpoint.recover_from > event_id)
    if to.recover_from and to.recover_from <= event_id:
        return still_away(to)
    if _changed(to, [Endpoint.recover_from.set(event_id)], older):
        return True
    # Somebody changed it meanwhile. Whatever the state is now, what is older stays noted.
    away = still_away(to)
    if away:
        _update(to, [Endpoint.recover_from.set(event_id)], (Endpoint.state != "active") & older)
    return away


def still_away(to: Endpoint) -> bool:
    """Whether the endpoint, read anew, takes nothing; a deleted one does not either."""
    try:
        to.refresh(consistent_read=True)
    except Endpoint.DoesNotExist:
        return True
    return bool(to.state != "active")


def _changed(to: Endpoint, actions: list[Any], condition: Any = None) -> bool:
    unchanged = Endpoint.state == to.state
    return _update(to, actions, unchanged if condition is None else unchanged & condition)


def _update(to: Endpoint, actions: list[Any], condition: Any) -> bool:
    try:
        to.update(actions=actions, condition=Endpoint.id.exists() & condition)
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True
