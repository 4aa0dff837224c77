"""How far the open data have come."""

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.settings import settings


class Progress(Table):
    """One row: `seen` is the id up to which the event log was looked at for changes.

    `waiting` are the months that changed and are not written yet, `counts` the numbers of reports
    that the counters told of each month, `published` the numbers in the files.
    """

    class Meta:
        table_name = settings.digests_table

    owner = UnicodeAttribute(hash_key=True, default="open-data")
    id = UnicodeAttribute(range_key=True, default="progress")
    seen = UnicodeAttribute(default="0" * 26)
    waiting = JSONAttribute(default=list)
    counts = JSONAttribute(default=dict)
    published = JSONAttribute(default=dict)


def progress() -> Progress:
    """As it was left, or the beginning."""
    return Progress.seek("open-data", "progress") or Progress()
