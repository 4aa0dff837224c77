"""The audit, the newest entry first: all chains of a day merged, day after day."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import groupby

from msgspec import Struct

from chalicelib.audit.models import Entry, chains

READ_MAX = 2000
"""Entries that one page reads; one that finds too few that match comes short, and leads on."""

PAGE_SIZE = 60

Place = tuple[str, str, str]
"""Where an entry stands in the order: its time, chain and item."""


class Wanted(Struct, frozen=True):
    """Which entries: `object` is the beginning of one; RFC 3339 times, the end excluded."""

    since: str
    until: str
    actor: str | None = None
    action: str | None = None
    object: str = ""


class Piece(Struct, frozen=True):
    """Some entries, and the place to go on below; None at the end."""

    entries: list[Entry]
    next: Place | None


def newest(wanted: Wanted, below: Place | None, limit: int) -> Piece:
    """At most `limit` entries that are wanted, below a place."""
    found: list[Entry] = []
    for read, entry in enumerate(_all(wanted, below), 1):
        if _matches(entry, wanted):
            found.append(entry)
        if len(found) == limit or read == READ_MAX:
            return Piece(found, _place(entry))
    return Piece(found, None)


def _all(wanted: Wanted, below: Place | None) -> Iterator[Entry]:
    until = min(wanted.until, below[0]) if below else wanted.until
    names = chains(wanted.since[:10], until[:10])
    for _, day in groupby(reversed(names), key=lambda name: name[:10]):
        yield from _of_day(list(day), wanted, below)


def _of_day(day: Iterable[str], wanted: Wanted, below: Place | None) -> Iterator[Entry]:
    newest_first = [
        Entry.query(
            chain,
            Entry.item < "head",
            scan_index_forward=False,
            consistent_read=True,
            page_size=PAGE_SIZE,
        )
        for chain in day
    ]
    for entry in heapq.merge(*newest_first, key=_place, reverse=True):
        if wanted.since <= entry.at < wanted.until and (below is None or _place(entry) < below):
            yield entry


def _place(entry: Entry) -> Place:
    return entry.at, entry.chain, entry.item


def _matches(entry: Entry, wanted: Wanted) -> bool:
    return (
        wanted.actor in (None, entry.actor)
        and wanted.action in (None, entry.action)
        and entry.object.startswith(wanted.object)
    )
