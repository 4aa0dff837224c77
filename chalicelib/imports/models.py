"""Imports, their progress, and the lines they could not take, as stored."""

from datetime import datetime

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.clock import text
from chalicelib.errors import ImportNotFound
from chalicelib.settings import settings

IMPORTS = "imports"


class _DigestsTable:
    table_name = settings.digests_table


class Import(Table):
    """A file of history: `etag` is that of the upload that it is at, `offset` how far it is.

    All before byte `offset`, that is before line `line`, is done. `uncounted` are the last events
    of a file that was read to its end at `read_at`: it is done when the counters have them.
    """

    class Meta(_DigestsTable):
        pass

    owner = UnicodeAttribute(hash_key=True, default=IMPORTS)
    id = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    state = UnicodeAttribute(default="waiting")
    etag = UnicodeAttribute(null=True)
    offset = NumberAttribute(default=0)
    line = NumberAttribute(default=1)
    added = NumberAttribute(default=0)
    known = NumberAttribute(default=0)
    refused = NumberAttribute(default=0)
    uncounted = JSONAttribute(null=True)
    created_at = UnicodeAttribute()
    read_at = UnicodeAttribute(null=True)
    done_at = UnicodeAttribute(null=True)


class Refusal(Table):
    """A line that was not taken: what is wrong with it, as faults by key and facts."""

    class Meta(_DigestsTable):
        pass

    owner = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    line = NumberAttribute()
    external_id = UnicodeAttribute(null=True)
    faults = JSONAttribute()


class Origin(Table):
    """Which report a record of the earlier system has become: none becomes two.

    `body_hash` is of the line's content, `imported_by` names import and line.
    """

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="origin")
    report_id = UnicodeAttribute()
    body_hash = UnicodeAttribute()
    imported_by = UnicodeAttribute()


def find(import_id: str) -> Import:
    """An import; ImportNotFound."""
    try:
        return Import.get(IMPORTS, import_id, consistent_read=True)
    except Import.DoesNotExist:
        raise ImportNotFound from None


def refusals_owner(row: Import) -> str:
    """The partition of an import's refusals, of the upload that it is at."""
    return f"import#{row.id}#{row.etag}"


def new_import(import_id: str, name: str, at: datetime) -> Import:
    """An import that waits for its file."""
    return Import(id=import_id, name=name, created_at=text(at))
