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
    """S3's notifications of arrived originals, and orders to redact a photo."""
    from chalicelib.photos import processing

    def handle(message: Event) -> None:
        received = int(message["attributes"]["ApproximateReceiveCount"])
        processing.process(message["body"], clock.now(), received)

    return _each_message(event, handle)


def deliver_webhook(event: Event) -> Event:
    """Pointers to deliveries, tried side by side: a slow agency delays its neighbours' not."""
    from concurrent.futures import ThreadPoolExecutor

    from chalicelib.webhooks import delivery

    with ThreadPoolExecutor(max_workers=10) as pool:
        return _each_message(
            event, lambda one: delivery.deliver(one["body"], clock.now()), pool.map
        )


def notify_people(event: Event) -> Event:
    """Pointers to events that people are told of, and to what is mailed and pushed."""
    from chalicelib.notifications import mail, pushing, telling, waking
    from chalicelib.reputation import points

    def handle(message: Event) -> None:
        to = waking.pointer(message["body"])
        if to.person is not None and to.push:
            pushing.push_one(to.person, to.event, clock.now())
        elif to.person is not None:
            mail.mail_one(to.person, to.event, clock.now())
        elif to.hour is not None:
            report_id = telling.tell(to, clock.now())
            if report_id is not None:
                points.settle(report_id, clock.now())

    return _each_message(event, handle)


def mail_daily() -> None:
    """Send the daily mails."""
    from chalicelib.notifications import mail

    logger.info("daily mails sent", mails=mail.mail_daily())


def run_digest(event: Event) -> Event:
    """Orders to compute scheduled reports."""
    from chalicelib.stats import digests

    def handle(message: Event) -> None:
        try:
            digests.compute(message["body"], clock.now())
        except Exception:
            if int(message["attributes"]["ApproximateReceiveCount"]) >= digests.TRIES:
                digests.give_up(message["body"], clock.now())
            raise

    return _each_message(event, handle)


def run_import(event: Event) -> Event:
    """Files of history that have arrived, and orders to go on with one."""
    from chalicelib.imports import running

    def handle(message: Event) -> None:
        try:
            running.run(message["body"], clock.now(), clock.for_seconds(180))
        except Exception:
            if int(message["attributes"]["ApproximateReceiveCount"]) >= running.TRIES:
                running.give_up(message["body"], clock.now())
            raise

    return _each_message(event, handle)


def run_export(event: Event) -> Event:
    """Orders of people to have their data."""
    from chalicelib.privacy import exporting

    def handle(message: Event) -> None:
        try:
            exporting.make(message["body"], clock.now())
        except Exception:
            if int(message["attributes"]["ApproximateReceiveCount"]) >= exporting.TRIES:
                exporting.give_up(message["body"])
            raise

    return _each_message(event, handle)


def publish_events(event: Event) -> Event:
    """New events of the log, in order, to people and to agencies; a failed one is where the stream
    goes on."""
    from chalicelib.notifications import waking
    from chalicelib.webhooks import fanout

    records = [one["dynamodb"] for one in event["Records"] if one["eventName"] == "INSERT"]
    try:
        # Before the webhooks: an agency's trouble is no reason to tell people late.
        waking.wake([one["NewImage"] for one in records])
    except Exception:
        return _from_here(records[0])
    for record in records:
        try:
            fanout.publish(record["NewImage"], clock.now())
        except Exception:
            return _from_here(record)
    return {"batchItemFailures": []}


def _from_here(record: Event) -> Event:
    """The stream is to go on with this record, which could not be published."""
    sequence = record["SequenceNumber"]
    logger.exception("event not published", sequence=sequence)
    return {"batchItemFailures": [{"itemIdentifier": sequence}]}


def count_events(event: Event) -> Event:
    """New events of the log into the counters.

    Raises when the database refuses them: then the stream brings each half of the batch again,
    down to the one event that cannot be counted. What was counted before is not counted again.
    """
    from chalicelib.stats import counters

    # An event whose words were erased is no new one: its marker may be gone already.
    new = [one for one in event["Records"] if one["eventName"] == "INSERT"]
    images = [one["dynamodb"]["NewImage"] for one in new]
    logger.info("events counted", events=len(images), new=counters.count(images, clock.now()))
    return {"batchItemFailures": []}


def check_service_levels() -> None:
    """Do what time alone does to reports: clocks, unanswered questions and claims, moves."""
    from chalicelib.reports import settling

    swept = settling.sweep(clock.now(), clock.for_seconds(240))
    logger.info(
        "reports settled", **{name: getattr(swept, name) for name in swept.__struct_fields__}
    )


def sweep_due_deliveries() -> None:
    """Wake the deliveries that are due, and work off what was ordered to be sent again."""
    from chalicelib.webhooks import resending, sweeping

    woken = sweeping.sweep(clock.now())
    sent_again = resending.work_off(clock.now(), clock.for_seconds(30))
    logger.info("deliveries swept", woken=woken, sent_again=sent_again)


def erase_people() -> None:
    """Erase what people ordered to be erased."""
    from chalicelib.privacy import erasing

    erased = erasing.work_off(clock.now(), clock.for_seconds(240))
    logger.info("people erased", done=erased.done, left=erased.left)


def enforce_retention() -> None:
    """Order what time alone erases."""
    from chalicelib.privacy import retention

    logger.info(
        "retention enforced", reports=retention.enforce(clock.now(), clock.for_seconds(240))
    )


def reconcile_events() -> None:
    """Find events without deliveries, and make them."""
    from chalicelib.webhooks import reconciling

    reconciling.reconcile(clock.now(), clock.for_seconds(40))


def seal_audit() -> None:
    """Put the heads of the days that have ended under lock."""
    from chalicelib.audit import sealing

    logger.info("audit sealed", days=sealing.seal_days(clock.now()))


def publish_open_data() -> None:
    """By night, publish the months of reports that changed; those that are left, an hour later."""
    from chalicelib.open_data import publishing

    at = clock.now()
    if publishing.by_night(at):
        publishing.publish(at, clock.for_seconds(480))


def _each_message(
    event: Event, handle: Callable[[Event], None], map_all: Callable[..., Any] = map
) -> Event:
    failed = [id for id in map_all(lambda one: _failed(one, handle), event["Records"]) if id]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}


def _failed(record: Event, handle: Callable[[Event], None]) -> str | None:
    """The message's id when handling it failed on our side."""
    try:
        handle(record)
    except Exception:
        logger.exception("message not handled", message_id=record["messageId"])
        id: str = record["messageId"]
        return id
    return None
