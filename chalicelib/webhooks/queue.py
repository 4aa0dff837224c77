"""The queue that wakes the worker: pointers to rows, never the work itself."""

from collections.abc import Iterable
from math import ceil

import msgspec
from msgspec import Struct

from chalicelib import aws
from chalicelib.settings import settings
from chalicelib.webhooks.models import Delivery

DELAY_LIMIT_S = 900


class Pointer(Struct, frozen=True):
    """A queue message: which delivery to look at. The row decides what is done."""

    owner: str
    item: str


def wake(deliveries: Iterable[Delivery], delay_s: float = 0) -> None:
    """Wake the worker for these deliveries after `delay_s` seconds (15 minutes at most)."""
    send([(Pointer(one.owner, one.item), delay_s) for one in deliveries])


def send(pointers: list[tuple[Pointer, float]]) -> None:
    """Send each pointer with its delay in seconds; RuntimeError when the queue refuses one."""
    for start in range(0, len(pointers), 10):
        entries = [
            {
                "Id": str(number),
                "MessageBody": msgspec.json.encode(pointer).decode(),
                "DelaySeconds": min(DELAY_LIMIT_S, ceil(delay_s)),
                # A standard queue is fair between groups: one slow receiver delays no other.
                "MessageGroupId": pointer.owner.removeprefix("deliveries#"),
            }
            for number, (pointer, delay_s) in enumerate(pointers[start : start + 10])
        ]
        answer = aws.sqs().send_message_batch(QueueUrl=settings.delivery_queue_url, Entries=entries)
        if answer.get("Failed"):
            raise RuntimeError(f"{len(answer['Failed'])} messages were not taken by the queue")
