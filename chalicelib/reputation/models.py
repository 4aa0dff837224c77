"""Stored nouns of reputation, in the table of people."""

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.settings import settings


class _PeopleTable:
    table_name = settings.people_table


class Award(Table):
    """That an account has the points of a report, and in which tallies; one a report.

    `withheld` while a moderator is to look first: then no tally has them. `pictures` are dHashes of
    what the reporter sent, to know a picture that comes again.
    """

    class Meta(_PeopleTable):
        pass

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    tallies = JSONAttribute()
    day = UnicodeAttribute()
    withheld = BooleanAttribute(null=True)
    pictures = JSONAttribute(null=True)


class Tally(Table):
    """An account's points of an area and month, or how many awards it got on a day."""

    class Meta(_PeopleTable):
        pass

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    points = NumberAttribute(default=0)


def tally_of(area: str, month: str) -> str:
    """The partition of an area's month, `2026-11`."""
    return f"points@{area}#{month}"


def award_item(report_id: str) -> str:
    """The award's name in its account's collection."""
    return f"award#{report_id}"


def day_item(day: str) -> str:
    """The name of a day's count of awards in its account's collection."""
    return f"awards#{day}"
