"""From one event to a notification for each person whom it concerns. Runs twice harmlessly.

Never who did it. Holders of tracking codes have no address: they are not told. One run tells a few
pages of people and leaves the rest to the next: its time does not grow with the followers.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import batched

import msgspec
from pynamodb.exceptions import PutError

from chalicelib.errors import ReportNotFound
from chalicelib.events.models import Envelope, Event
from chalicelib.notifications import recipients, waking
from chalicelib.notifications.models import DailyMail, Notification, Preferences
from chalicelib.notifications.recipients import PAGE
from chalicelib.notifications.waking import Pointer
from chalicelib.observability import logger
from chalicelib.people.doing import mark_of
from chalicelib.reports.models import Report, find

KEPT = timedelta(days=90)
AT_ONCE = 200
"""So many people one run tells, a few seconds of work."""


def tell(to: Pointer, at: datetime, at_once: int = AT_ONCE, page: int = PAGE) -> str | None:
    """Tell people from the pointer's position on, and send a pointer for who is left.

    Gives the report's id when nobody is left to be told; None before, or without such a report.
    """
    event = _event(to)
    report = _report(event)
    if event is None or report is None:
        return None  # erased meanwhile
    envelope = msgspec.json.decode(event.body, type=Envelope)
    sources, told = recipients.sources(report, envelope, page), 0
    while to.source < len(sources) and told < at_once:
        people = sources[to.source](to.after)
        others = [one for one in people.accounts if not _did(one, event, envelope, report)]
        _give(others, event.id, envelope, at)
        told += len(people.accounts)
        source = to.source if people.after else to.source + 1
        to = msgspec.structs.replace(to, source=source, after=people.after)
    logger.info("people told", event=event.id, type=envelope.type, people=told)
    if to.source < len(sources):
        waking.send([to])
        return None
    return str(report.id)


def _event(to: Pointer) -> Event | None:
    try:
        return Event.get(str(to.hour), to.event, consistent_read=True)
    except Event.DoesNotExist:
        return None


def _report(event: Event | None) -> Report | None:
    try:
        return find(event.report_id) if event else None
    except ReportNotFound:
        return None


def _did(person: str, event: Event, envelope: Envelope, report: Report) -> bool:
    """Whether the person has done what the event tells: then they know."""
    if envelope.data.actor == "reporter" and person == report.reporter:
        return True  # also by a link, or with the tracking code
    return bool(event.doer == mark_of(event.id, person))


def _give(people: Sequence[str], event_id: str, envelope: Envelope, at: datetime) -> None:
    """Store a notification for each, and wake the mails and pushes of those who want them.

    Also for one that was there: an earlier run may have ended before it could wake the others.
    """
    for person in people:
        _store(person, event_id, envelope, at)
    wanting = [one for one in _preferences(list(people)) if one.wants(envelope.type)]
    mails = [one for one in wanting if one.email and one.mail == "each"]
    pushes = [one for one in wanting if one.push]
    waking.send([Pointer(event=event_id, person=one.person) for one in mails])
    waking.send([Pointer(event=event_id, person=one.person, push=True) for one in pushes])
    for one in wanting:
        if one.email and one.mail == "daily":
            _note(one.person, event_id)


def _store(person: str, event_id: str, envelope: Envelope, at: datetime) -> None:
    row = Notification(
        person=person,
        item=f"notification#{event_id}",
        type=envelope.type,
        report_id=envelope.data.report_id,
        number=envelope.data.number,
        status=envelope.data.status,
        expires=int((at + KEPT).timestamp()),
    )
    try:
        row.save(condition=Notification.person.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def _preferences(people: list[str]) -> Iterator[Preferences]:
    for some in batched(people, 100):
        yield from Preferences.batch_get([(person, "preferences") for person in some])


def _note(person: str, event_id: str) -> None:
    """Let the next daily mail begin at this event, unless it begins earlier."""
    try:
        row = DailyMail(person=person, since=event_id)
        row.save(condition=DailyMail.person.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
