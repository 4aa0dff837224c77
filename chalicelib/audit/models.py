"""The audit as stored: a day has CHAINS chains, each a partition of numbered entries and a head."""

from collections.abc import Iterator
from datetime import datetime
from zlib import crc32

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.clock import text
from chalicelib.settings import settings

CHAINS = 8
"""Of a day, by what is changed: so many changes at once seldom wait for one another."""
DAYS = "days"
_HEAD = "head"


class _AuditTable:
    table_name = settings.audit_table


class Entry(Table):
    """What somebody did to something; `hash` covers all of it, and `previous` all before it.

    `changed` is JSON: names of fields, each with its value before and after where it tells nothing
    of a person.
    """

    class Meta(_AuditTable):
        pass

    chain = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute()
    actor = UnicodeAttribute()
    role = UnicodeAttribute()
    agency = UnicodeAttribute(null=True)
    action = UnicodeAttribute()
    object = UnicodeAttribute()
    changed = UnicodeAttribute()
    previous = UnicodeAttribute()
    hash = UnicodeAttribute()


class Head(Table):
    """The last entry of a chain; who appends must find the one that was read."""

    class Meta(_AuditTable):
        pass

    chain = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default=_HEAD)
    number = NumberAttribute()
    hash = UnicodeAttribute()
    at = UnicodeAttribute()


class Listed(Table):
    """Says that a chain exists: `item` is its name."""

    class Meta(_AuditTable):
        pass

    chain = UnicodeAttribute(hash_key=True, default=DAYS)
    item = UnicodeAttribute(range_key=True)


def chain_of(object: str, at: datetime) -> str:
    """`2026-11-24#3`: the chain of this day (UTC) that what happens to the object goes to."""
    return f"{text(at)[:10]}#{crc32(object.encode()) % CHAINS}"


def item_of(number: int) -> str:
    """The sort key of a chain's entry; the first is 1."""
    return f"{number:07d}"


def head_of(chain: str) -> Head | None:
    """The chain's head; None before its first entry."""
    return Head.seek(chain, _HEAD)


def entries_of(chain: str) -> Iterator[Entry]:
    """All entries of a chain, the first one first."""
    return iter(Entry.query(chain, Entry.item < _HEAD, consistent_read=True))


def chains(since: str, until: str) -> list[str]:
    """The chains of the days from `since` to `until` (`2026-11-24`), both included."""
    rows = Listed.query(DAYS, Listed.item.between(since, f"{until}~"), consistent_read=True)
    return [row.item for row in rows]
