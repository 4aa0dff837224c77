"""From one event to a notification for each person whom it concerns. Runs twice harmlessly.

An event reaches its report's reporter and followers, at an original also the reporters of its
duplicates, and a new public report those whose alerts it meets; never who did it. Holders of
tracking codes have no address: they are not told.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import batched

import msgspec
from pynamodb.exceptions import PutError

from chalicelib.errors import CommentNotFound, ReportNotFound
from chalicelib.events.models import Envelope, Event, EventData
from chalicelib.notifications import alerts, waking
from chalicelib.notifications.models import DailyMail, Notification, Preferences
from chalicelib.observability import logger
from chalicelib.reports.comments import find_comment
from chalicelib.reports.follows import Follow
from chalicelib.reports.models import Report, find

KEPT = timedelta(days=90)


def tell(hour: str, event_id: str, at: datetime) -> str | None:
    """Store a notification for each person, and wake the mail of those who want it.

    Gives the report's id; None when there is no such event.
    """
    try:
        event = Event.get(hour, event_id, consistent_read=True)
    except Event.DoesNotExist:
        return None
    envelope = msgspec.json.decode(event.body, type=Envelope)
    people = _people(envelope)
    new = sum([_stored(person, event_id, envelope, at) for person in people])
    for preferences in _preferences(people):
        if preferences.mail == "each" and preferences.email:
            waking.wake_mail(preferences.person, event_id)
        elif preferences.mail == "daily" and preferences.email:
            _note(preferences.person, event_id)
    logger.info("people told", event=event_id, type=envelope.type, people=len(people), new=new)
    return envelope.data.report_id


def _people(envelope: Envelope) -> list[str]:
    """Account ids, each once, in order."""
    data = envelope.data
    if data.imported:
        # It happened long ago, in an earlier system.
        return []
    try:
        report = find(data.report_id)
    except ReportNotFound:
        return []
    if report.hidden or envelope.type not in waking.TOLD:
        return []
    found = set(_concerned(report, envelope))
    found -= _doers(report, data)
    return sorted(found)


def _concerned(report: Report, envelope: Envelope) -> Iterator[str]:
    data = envelope.data
    if envelope.type == "report.created":
        if not report.withheld:
            yield from alerts.owners(data)
        return
    if report.reporter is not None:
        yield str(report.reporter)
    if envelope.type == "report.question_asked":
        return
    yield from (
        str(row.item).partition("#")[2]
        for row in Follow.query(report.id, Follow.item.startswith("follow#"))
    )
    if envelope.type != "report.comment_added":
        yield from _reporters(data.duplicate_ids or [])


def _reporters(ids: Iterable[str]) -> Iterator[str]:
    for some in batched(ids, 100):
        rows = Report.batch_get([(id, "report") for id in some])
        yield from (str(row.reporter) for row in rows if row.reporter is not None)


def _doers(report: Report, data: EventData) -> set[str]:
    """Who has done what the event tells: they know."""
    if data.comment_id is not None:
        try:
            return {str(find_comment(report.id, data.comment_id).person)}
        except CommentNotFound:
            return set()
    return {str(report.reporter)} if data.actor == "reporter" else set()


def _stored(person: str, event_id: str, envelope: Envelope, at: datetime) -> bool:
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
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


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
