"""What endpoints answered: it may repeat an event's words, and goes when they do."""

from chalicelib.events.models import Event
from chalicelib.webhooks.models import CITY, Delivery, delivery_key, endpoints_of, owner_of


def forget(event: Event) -> None:
    """Empty the excerpts of all answers to the event."""
    owners = [CITY, *(owner_of(agency) for agency in sorted(event.agency_ids or ()))]
    keys = [delivery_key(to.id, event.id) for owner in owners for to in endpoints_of(owner)]
    for row in Delivery.batch_get(keys, consistent_read=True) if keys else ():
        if any(one.excerpt for one in row.tries):
            for one in row.tries:
                one.excerpt = None
            row.update([Delivery.tries.set(row.tries)], Delivery.owner.exists())
