"""What runs behind the queues, the stream and the clock: unpack, delegate, report what failed.

Messages of a batch stand alone: one that fails is named to the event source, which brings only
that one again, and in the end puts it among the dead letters.
"""

from collections.abc import Callable
from typing import Any

from chalicelib import clock
from chalicelib.observability import logger

Event = dict[str, Any]


def process_photo(event: Event) -> Event:
    """S3's notifications of arrived originals."""
    from chalicelib.photos import processing

    return _each_message(event, lambda body: processing.process(body, clock.now()))


def deliver_webhook(event: Event) -> Event:
    """Pointers to deliveries, tried side by side: a slow agency delays its neighbours' not."""
    from concurrent.futures import ThreadPoolExecutor

    from chalicelib.webhooks import delivery

    with ThreadPoolExecutor(max_workers=10) as pool:
        return _each_message(event, lambda body: delivery.deliver(body, clock.now()), pool.map)


def run_digest(event: Event) -> Event:
    """Orders to compute scheduled reports."""
    from chalicelib.stats import digests

    return _each_message(event, lambda body: digests.compute(body, clock.now()))


def publish_events(event: Event) -> Event:
    """New events of the log, in order; a failed one is where the stream goes on."""
    from chalicelib.webhooks import fanout

    for record in event["Records"]:
        if record["eventName"] != "INSERT":
            continue
        try:
            fanout.publish(record["dynamodb"]["NewImage"], clock.now())
        except Exception:
            sequence = record["dynamodb"]["SequenceNumber"]
            logger.exception("event not published", sequence=sequence)
            return {"batchItemFailures": [{"itemIdentifier": sequence}]}
    return {"batchItemFailures": []}


def compute_digests() -> None:
    """Plan the scheduled reports that are due."""
    from chalicelib.stats import digests

    planned = digests.plan_due(clock.now())
    logger.info("digests planned", runs=[run.id for run in planned])


def sweep_due_deliveries() -> None:
    """Wake the deliveries that are due."""
    from chalicelib.webhooks import fanout

    logger.info("deliveries swept", woken=fanout.sweep(clock.now()))


def _each_message(
    event: Event, handle: Callable[[str], None], map_all: Callable[..., Any] = map
) -> Event:
    failed = [id for id in map_all(lambda one: _failed(one, handle), event["Records"]) if id]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}


def _failed(record: Event, handle: Callable[[str], None]) -> str | None:
    """The message's id when handling it failed on our side."""
    try:
        handle(record["body"])
    except Exception:
        logger.exception("message not handled", message_id=record["messageId"])
        id: str = record["messageId"]
        return id
    return None
