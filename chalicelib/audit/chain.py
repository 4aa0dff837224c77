"""The law of a chain: each entry's hash covers the entry and the hash before it (SHA-256)."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from chalicelib.audit.models import Entry, Head, item_of

_COVERED = ("chain", "item", "at", "actor", "role", "agency", "action", "object", "changed")


class Sealed(Struct, frozen=True):
    """How long a chain was when its day was sealed, and the hash of its last entry then."""

    entries: int
    hash: str


class Broken(Struct, frozen=True):
    """The first entry that is not what was written, and how that shows."""

    chain: str
    item: str
    how: str


def genesis(chain: str) -> str:
    """What the first entry of a chain takes for the hash before it."""
    return hashlib.sha256(f"tanggap audit {chain}".encode()).hexdigest()


def hash_of(entry: Entry) -> str:
    """The hash that the entry must have."""
    covered: list[Any] = [getattr(entry, name) for name in _COVERED]
    return hashlib.sha256(msgspec.json.encode([*covered, entry.previous])).hexdigest()


def first_broken(
    chain: str, entries: Iterable[Entry], head: Head | None, sealed: Sealed | None
) -> Broken | None:
    """The first broken entry of a chain; None when it is whole.

    Without a seal the head row is all that tells of entries missing at the end.
    """
    last, number = genesis(chain), 0
    for number, entry in enumerate(entries, 1):
        if (how := _fault(entry, number, last)) is not None:
            return Broken(chain, entry.item, how)
        last = entry.hash
        if sealed is not None and number == sealed.entries and last != sealed.hash:
            return Broken(chain, entry.item, "is not what was sealed")
    if sealed is not None and number != sealed.entries:
        return Broken(chain, item_of(number), f"is the last of {sealed.entries} that were sealed")
    if (int(head.number), head.hash) != (number, last) if head else number > 0:
        return Broken(chain, item_of(number), "is the last, but not what the head says")
    return None


def _fault(entry: Entry, number: int, last: str) -> str | None:
    if entry.item != item_of(number):
        return f"stands where {item_of(number)} should be"
    if entry.previous != last:
        return "does not follow the entry before it"
    if entry.hash != hash_of(entry):
        return "was changed after it was written"
    return None
