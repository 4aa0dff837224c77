"""Orders: work for the minute's sweep that takes longer than a request, as rows that remember."""

from datetime import datetime
from typing import Literal

from pynamodb.attributes import UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.clock import new_id
from chalicelib.webhooks.models import Endpoint, WebhooksTable

Kind = Literal["replay", "recover", "resume"]


class Order(Table):
    """Work that takes longer than a request: send a period's events again, or give notice.

    `kind` is one of Kind, with `first` and `last` (ids of events, `last` excluded; `first` moves on
    as the work is done), or `notice`, with the `reason` why the endpoint is disabled.
    """

    class Meta(WebhooksTable):
        pass

    owner = UnicodeAttribute(hash_key=True, default="orders")
    item = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    endpoint_owner = UnicodeAttribute()
    endpoint_id = UnicodeAttribute()
    first = UnicodeAttribute(null=True)
    last = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)


def place(to: Endpoint, kind: Kind, first: str, last: str, at: datetime) -> str:
    """Order the events with first <= id < last to be sent to the endpoint; the order's id.

    `replay` sends all of them, `recover` those that have not arrived, `resume` those that are
    still on their way, without giving them new attempts.
    """
    id = new_id(at)
    Order(
        item=id,
        kind=kind,
        endpoint_owner=to.owner,
        endpoint_id=to.id,
        first=first,
        last=last,
    ).save()
    return id


def give_notice(to: Endpoint, reason: str, at: datetime) -> None:
    """Order the agency to be told that its endpoint is disabled."""
    Order(
        item=new_id(at),
        kind="notice",
        endpoint_owner=to.owner,
        endpoint_id=to.id,
        reason=reason,
    ).save()
