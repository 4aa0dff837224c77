"""Stored nouns of moderation, all in the table of reports: flags, and cases that wait.

A case is a row of partition `cases`, named by when it was opened; its keys of the sparse index
`due` put the most flagged first. A pointer in the report's collection leads to it.
"""

from typing import Literal

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.errors import CaseNotFound
from chalicelib.settings import settings

CASES = "cases"
REPORT = "report"
"""The object that a case is about, where it is no comment's id."""

FlagReason = Literal["spam", "abuse", "personal_data", "false", "other"]
Cause = Literal["spam", "abuse", "personal_data", "false", "other", "words", "suspicious"]
"""Why something waits: what people say of it, a listed word, or a pattern of gaming."""


class Flag(Table):
    """One person's word against a report or comment."""

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute()
    person = UnicodeAttribute(null=True)
    reason = UnicodeAttribute()
    text = UnicodeAttribute(null=True)


class Case(Table):
    """A report or comment that waits for a moderator; `causes` counts the reasons."""

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True, default=CASES)
    item = UnicodeAttribute(range_key=True)
    report_id = UnicodeAttribute()
    about = UnicodeAttribute()
    flags = NumberAttribute(default=0)
    causes = JSONAttribute()
    due_shard = UnicodeAttribute(default=CASES)
    due_at = UnicodeAttribute()

    def rank(self) -> None:
        """Set the key that puts the most flagged last, and of as many flags the newest."""
        self.due_at = f"{int(self.flags):06d}#{self.item}"


class CasePointer(Table):
    """Which case a report or comment has."""

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    case = UnicodeAttribute()


class EarlierText(Table):
    """A description before a moderator edited it, by the version that it belonged to."""

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute()
    by = UnicodeAttribute()
    text = UnicodeAttribute()


def find_case(id: str) -> Case:
    """The case; CaseNotFound when there is none, or it has been decided."""
    try:
        return Case.get(CASES, id, consistent_read=True)
    except Case.DoesNotExist:
        raise CaseNotFound from None
