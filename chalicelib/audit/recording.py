"""Transactions that write the audit: a change of staff and its entry are stored together."""

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import aws, clock
from chalicelib.audit import acting
from chalicelib.audit.acting import Acting
from chalicelib.audit.chain import genesis, hash_of
from chalicelib.audit.models import Entry, Head, Listed, chain_of, head_of, item_of
from chalicelib.clock import moment, text

ATTEMPTS = 12
# Seconds: who finds that somebody else has appended tries again at once, then later and later.
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.25
VALUE_LENGTH = 300
"""Characters of JSON; of a longer value only its hash is told."""

Changed = dict[str, tuple[Any, Any]]
"""Names of fields with their values before and after; nothing personal."""


class Writes:
    """What a transaction shall write, as for PynamoDB's TransactWrite."""

    def __init__(self) -> None:
        self._all: list[Callable[[TransactWrite], None]] = []

    def save(self, model: Any, condition: Any = None) -> None:
        """Put the row."""
        self._all.append(lambda to: to.save(model, condition=condition))

    def update(self, model: Any, actions: list[Any], condition: Any = None) -> None:
        """Change the row."""
        self._all.append(lambda to: to.update(model, actions, condition=condition))

    def delete(self, model: Any, condition: Any = None) -> None:
        """Remove the row."""
        self._all.append(lambda to: to.delete(model, condition=condition))

    def into(self, transaction: TransactWrite) -> None:
        """Hand all of it on."""
        for write in self._all:
            write(transaction)


@contextmanager
def transaction(
    object: str | None = None,
    changed: Changed | None = None,
    now: Callable[[], datetime] = clock.now,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Writes]:
    """Collects writes, and at its end stores them in one transaction; TransactWriteError if not.

    When staff is at it, an entry is among them: about `object` where the path of the call does not
    say it, with what has `changed`.
    """
    writes = Writes()
    yield writes
    by = acting.current()
    if by is None:
        _commit(writes)
        return
    about = object or by.object
    for attempt in range(ATTEMPTS):
        at = now()
        head = head_of(chain_of(about, at))
        try:
            _commit(writes, *_appended(head, by, about, changed or {}, at))
            by.recorded = True
            return
        except TransactWriteError as error:
            if attempt == ATTEMPTS - 1 or not _overtaken(error, chain_of(about, at), head):
                raise
        pause(random.random() * min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))


def changes(before: Any, after: Any, names: tuple[str, ...]) -> Changed:
    """Those of the named fields that differ."""
    pairs = ((name, getattr(before, name, None), getattr(after, name, None)) for name in names)
    return {name: (old, new) for name, old, new in pairs if old != new}


def _appended(
    head: Head | None, by: Acting, about: str, changed: Changed, at: datetime
) -> tuple[tuple[Any, Any], ...]:
    """The rows of the next entry, each with its condition."""
    chain = chain_of(about, at)
    number = int(head.number) + 1 if head else 1
    entry = Entry(
        chain=chain,
        item=item_of(number),
        # Never before the entry above it, so that a chain is also in order of time.
        at=text(max(at, moment(head.at)) if head else at),
        actor=by.actor,
        role=by.role,
        agency=by.agency,
        action=by.action,
        object=about,
        changed=_told(changed),
        previous=head.hash if head else genesis(chain),
    )
    entry.hash = hash_of(entry)
    unmoved = (Head.hash == head.hash) if head else Head.hash.does_not_exist()
    new_head = Head(chain=chain, number=number, hash=entry.hash, at=entry.at)
    rows: tuple[tuple[Any, Any], ...] = (
        (entry, Entry.hash.does_not_exist()),
        (new_head, unmoved),
    )
    return rows if head else (*rows, (Listed(item=chain), None))


def _told(changed: Changed) -> str:
    told = {name: [_value(old), _value(new)] for name, (old, new) in changed.items()}
    return msgspec.json.encode(told, order="deterministic").decode()


def _value(value: Any) -> Any:
    text = msgspec.json.encode(value, order="deterministic")
    if len(text) <= VALUE_LENGTH:
        return msgspec.json.decode(text)
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def _commit(writes: Writes, *rows: tuple[Any, Any]) -> None:
    with TransactWrite(connection=aws.connection()) as transaction:
        writes.into(transaction)
        for row, condition in rows:
            transaction.save(row, condition=condition)


def _overtaken(error: TransactWriteError, chain: str, head: Head | None) -> bool:
    """Whether it is only that somebody else has appended, or is doing so."""
    codes = {reason.code for reason in error.cancellation_reasons if reason}
    if "TransactionConflict" in codes:
        return True
    there = head_of(chain)
    return "ConditionalCheckFailed" in codes and (there and there.hash) != (head and head.hash)
