"""The queue of notifications: pointers to events to be told of, and to mails to be sent."""

from collections.abc import Sequence
from itertools import batched
from typing import Any

import msgspec
from msgspec import Struct

from chalicelib import aws
from chalicelib.settings import settings

# The events that people are told of; a new report only by alerts.
TOLD = frozenset(
    {
        "report.created",
        "report.routed",
        "report.status_changed",
        "report.comment_added",
        "report.question_asked",
        "report.question_answered",
        "report.confirmed",
        "report.disputed",
        "report.escalated",
        "report.merged",
        "report.unmerged",
    }
)


# Those that only change what a report deserves.
SETTLED = frozenset({"report.hidden", "report.shown"})


class Pointer(Struct, frozen=True, omit_defaults=True):
    """An event by its partition, to be told from this source and position of its people on; or with
    `person` its notification, to be mailed, or with `push` to be pushed."""

    event: str
    hour: str | None = None
    person: str | None = None
    push: bool = False
    source: int = 0
    after: str | None = None


def wake(images: Sequence[dict[str, Any]]) -> None:
    """Have people told of events, given as the stream's new images, and points settled."""
    told = [image for image in images if image["type"]["S"] in TOLD | SETTLED]
    send([Pointer(event=image["id"]["S"], hour=image["hour"]["S"]) for image in told])


def pointer(body: str) -> Pointer:
    """What a message points to."""
    return msgspec.json.decode(body, type=Pointer)


def send(pointers: Sequence[Pointer]) -> None:
    """Put pointers into the queue; RuntimeError when it refuses one."""
    for some in batched(pointers, 10):
        entries = [
            {"Id": str(number), "MessageBody": msgspec.json.encode(one).decode()}
            for number, one in enumerate(some)
        ]
        answer = aws.sqs().send_message_batch(
            QueueUrl=settings.notification_queue_url, Entries=entries
        )
        if answer.get("Failed"):
            raise RuntimeError(f"{len(answer['Failed'])} messages were not taken by the queue")
