"""The queue of notifications: pointers to events to be told of, and to mails to be sent."""

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
        "report.confirmed",
        "report.disputed",
        "report.escalated",
        "report.merged",
    }
)


# Those that only change what a report deserves.
SETTLED = frozenset({"report.hidden", "report.shown"})


class Pointer(Struct, frozen=True, omit_defaults=True):
    """An event by its partition; or with `person` its notification, to be mailed."""

    event: str
    hour: str | None = None
    person: str | None = None


def wake(image: dict[str, Any]) -> None:
    """Have people told of an event, given as the stream's new image, and points settled."""
    if image["type"]["S"] in TOLD | SETTLED:
        _send(Pointer(event=image["id"]["S"], hour=image["hour"]["S"]))


def wake_mail(person: str, event_id: str) -> None:
    """Have a notification mailed."""
    _send(Pointer(event=event_id, person=person))


def pointer(body: str) -> Pointer:
    """What a message points to."""
    return msgspec.json.decode(body, type=Pointer)


def _send(to: Pointer) -> None:
    body = msgspec.json.encode(to).decode()
    aws.sqs().send_message(QueueUrl=settings.notification_queue_url, MessageBody=body)
