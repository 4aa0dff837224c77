"""From one event to a delivery for each endpoint that asked for it. Runs twice harmlessly."""

from datetime import datetime
from typing import Any

import msgspec
from pynamodb.exceptions import PutError

from chalicelib.events.models import DIGEST_READY, Envelope, Event
from chalicelib.observability import logger
from chalicelib.stats import ready
from chalicelib.webhooks.lifecycle import missed
from chalicelib.webhooks.models import (
    CITY,
    Delivery,
    Endpoint,
    endpoints_of,
    new_delivery,
    owner_of,
)
from chalicelib.webhooks.queue import wake


def publish(image: dict[str, Any], at: datetime) -> None:
    """Create and send the deliveries of an event, given as the stream's new image."""
    event = Event.from_raw_data(image)
    wanted = [to for to in _endpoints(event) if admits(to, event) and takes(to, event)]
    deliveries = [new_delivery(to, event.id, event.type, at) for to in wanted]
    created = [store(delivery) for delivery in deliveries]
    # Also those that were there: an earlier run may have ended before it could send them.
    wake(deliveries)
    logger.info("event published", event=event.id, type=event.type, deliveries=sum(created))


def admits(to: Endpoint, event: Event) -> bool:
    """Whether the event concerns the endpoint's agency and passes its filters."""
    if to.agency and to.agency not in (event.agency_ids or ()):
        return False
    if event.type == DIGEST_READY:
        # Not among "everything": who waits for reports would not know what to do with it.
        chosen = DIGEST_READY in to.event_types
        return chosen and to.admits(event.type, event.category, ready.areas(event.body))
    data = msgspec.json.decode(event.body, type=Envelope).data
    # What an import brings has happened long ago, in another system.
    if data.imported:
        return False
    return to.admits(event.type, event.category, {area.id for area in data.areas})


def takes(to: Endpoint, event: Event) -> bool:
    """Whether the endpoint is to get the event now; if not, its return will bring it."""
    if to.state == "active":
        return True
    if not to.active_from or (to.recover_from and to.recover_from <= event.id):
        return False  # it has never been active, or the event is among those noted
    return not missed(to, event.id)


def store(delivery: Delivery) -> bool:
    """Save a new delivery; False when the endpoint has one of this event already."""
    try:
        delivery.save(condition=Delivery.owner.does_not_exist())
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _endpoints(event: Event) -> list[Endpoint]:
    owners = [CITY, *(owner_of(agency) for agency in sorted(event.agency_ids or ()))]
    return [endpoint for owner in owners for endpoint in endpoints_of(owner)]
