"""Messages of the import queue: S3's notifications of arrived files, and orders to go on."""

import msgspec
from msgspec import Struct

from chalicelib import aws
from chalicelib.arrivals import Arrival
from chalicelib.imports.uploads import PREFIX
from chalicelib.settings import settings


class Order(Struct, frozen=True):
    """A queue message of our own: go on with this upload."""

    import_id: str
    etag: str


class _Message(Struct):
    """What S3 sends when a file has arrived, or our own order; S3's test message has neither."""

    Records: list[Arrival] = []
    go_on: Order | None = None


def read(message: str) -> list[Order]:
    """What a message orders."""
    parsed = msgspec.json.decode(message, type=_Message)
    arrived = [Order(record.key.removeprefix(PREFIX), record.etag) for record in parsed.Records]
    return [*arrived, *([parsed.go_on] if parsed.go_on else [])]


def go_on(order: Order, seconds: int = 0) -> None:
    """Order the rest, in so many seconds."""
    body = msgspec.json.encode({"go_on": order}).decode()
    aws.sqs().send_message(
        QueueUrl=settings.import_queue_url, MessageBody=body, DelaySeconds=seconds
    )
