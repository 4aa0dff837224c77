"""Stored nouns of notifications, all in the table of people: what a person was told, and wants."""

from typing import Literal

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.exceptions import UpdateError

from chalicelib.aws import Table
from chalicelib.settings import settings

MailMode = Literal["none", "each", "daily"]
DAILY = "daily"
DEVICE = "device#"

Kind = Literal["status", "question", "comment", "alert"]
"""What a notification is about, by which people choose; `status`: all that happens to a report."""

_KINDS: dict[str, Kind] = {
    "report.created": "alert",
    "report.comment_added": "comment",
    "report.question_asked": "question",
    "report.question_answered": "question",
}


def kind_of(type: str) -> Kind:
    """The kind of an event's notifications."""
    return _KINDS.get(type, "status")


class _PeopleTable:
    table_name = settings.people_table


class Preferences(Table):
    """How a person is told; without a row in the inbox only. `email` is confirmed by its owner.

    `push` is None before a phone was named. Of the kinds in `muted` only the inbox tells.
    """

    class Meta(_PeopleTable):
        pass

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="preferences")
    email = UnicodeAttribute(null=True)
    mail = UnicodeAttribute(default="none")
    language = UnicodeAttribute(default="id")
    read_until = UnicodeAttribute(null=True)
    asked_at = UnicodeAttribute(null=True)
    push = BooleanAttribute(null=True)
    muted = JSONAttribute(null=True)

    def wants(self, type: str) -> bool:
        """Whether mails and pushes may tell of such an event."""
        return kind_of(type) not in (self.muted or [])


class Notification(Table):
    """That a person was told of an event; named by it, so that it happens once."""

    class Meta(_PeopleTable):
        pass

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute()
    report_id = UnicodeAttribute()
    number = UnicodeAttribute()
    status = UnicodeAttribute()
    mailed_at = UnicodeAttribute(null=True)
    pushed_at = UnicodeAttribute(null=True)
    expires = NumberAttribute()

    @property
    def event_id(self) -> str:
        """The event's id, which is the notification's too."""
        return str(self.item).partition("#")[2]


class DailyMail(Table):
    """That a person's daily mail has something to tell since that event; `listed` finds it."""

    class Meta(_PeopleTable):
        pass

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=DAILY)
    listed = UnicodeAttribute(default=DAILY)
    since = UnicodeAttribute()


class Device(Table):
    """A phone that gets pushes; `endpoint` is SNS's name of it once something was sent."""

    class Meta(_PeopleTable):
        pass

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    platform = UnicodeAttribute()
    token = UnicodeAttribute()
    added_at = UnicodeAttribute()
    endpoint = UnicodeAttribute(null=True)

    @property
    def device_id(self) -> str:
        """By which its owner names it."""
        return str(self.item).removeprefix(DEVICE)


class Alert(Table):
    """A person's wish to be told of new reports around a point or in an area."""

    class Meta(_PeopleTable):
        pass

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    lat = NumberAttribute(null=True)
    lon = NumberAttribute(null=True)
    radius_m = NumberAttribute(null=True)
    area = UnicodeAttribute(null=True)
    categories = JSONAttribute(null=True)

    @property
    def alert_id(self) -> str:
        """Its ULID."""
        return str(self.item).partition("#")[2]


class AlertPlace(Table):
    """Where an alert is looked up: by a geohash cell that its circle touches, or by its area."""

    class Meta(_PeopleTable):
        pass

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    owner = UnicodeAttribute()
    lat = NumberAttribute(null=True)
    lon = NumberAttribute(null=True)
    radius_m = NumberAttribute(null=True)
    categories = JSONAttribute(null=True)


def preferences_of(sub: str) -> Preferences:
    """The person's preferences, or the defaults."""
    try:
        return Preferences.get(sub, "preferences", consistent_read=True)
    except Preferences.DoesNotExist:
        return Preferences(sub)


def devices_of(sub: str) -> list[Device]:
    """The person's phones."""
    return list(Device.query(sub, Device.item.startswith(DEVICE), consistent_read=True))


def claimed(person: str, event_id: str, way: UnicodeAttribute, at: str) -> Notification | None:
    """The notification, with the time set at which it goes that way; None when it has gone."""
    row = Notification.seek(person, f"notification#{event_id}")
    if row is None:
        return None
    try:
        free = way.does_not_exist() & Notification.person.exists()
        row.update([way.set(at)], condition=free)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return None
    return row


def alerts_of(sub: str) -> list[Alert]:
    """The person's alerts, the oldest first."""
    return list(Alert.query(sub, Alert.item.startswith("alert#"), consistent_read=True))
