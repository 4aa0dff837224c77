"""Stored nouns of notifications, all in the table of people: what a person was told, and wants."""

from typing import Literal

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.settings import settings

MailMode = Literal["none", "each", "daily"]
DAILY = "daily"


class _PeopleTable:
    table_name = settings.people_table


class Preferences(Table):
    """How a person is told; without a row in the inbox only. `email` is confirmed by its owner."""

    class Meta(_PeopleTable):
        pass

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="preferences")
    email = UnicodeAttribute(null=True)
    mail = UnicodeAttribute(default="none")
    language = UnicodeAttribute(default="id")
    read_until = UnicodeAttribute(null=True)
    asked_at = UnicodeAttribute(null=True)


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


def alerts_of(sub: str) -> list[Alert]:
    """The person's alerts, the oldest first."""
    return list(Alert.query(sub, Alert.item.startswith("alert#"), consistent_read=True))
