"""One line of a file: refused, known, or a report more. Safe to run twice, and side by side.

A line's rows are saved in one transaction that the record's origin guards.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.agencies.directory import Directory
from chalicelib.errors import Fault
from chalicelib.events.models import Event
from chalicelib.imports import past
from chalicelib.imports.lines import Line, chain_of, faults, read
from chalicelib.imports.models import Origin
from chalicelib.imports.splitting import Raw

ATTEMPTS = 5
_BLANK = b" \t\r\xef\xbb\xbf"

Outcome = Literal["added", "known"] | list[Fault]


class Taken(NamedTuple):
    """What became of a line: its external id, None as outcome of a blank one, and new events."""

    external_id: str | None
    outcome: Outcome | None
    events: tuple[Event, ...] = ()


def take(raw: Raw, book: Directory, at: datetime, imported_by: str) -> Taken:
    """Store the report of a line unless something is wrong with it, or it is there already.

    `imported_by` names import and line: what this very line has stored before is not `known`.
    """
    if raw.content is None:
        return Taken(None, [Fault("", "fault.line_too_long")])
    if not (content := raw.content.strip(_BLANK)):
        return Taken(None, None)
    line = read(content)
    if not isinstance(line, Line):
        return Taken(_external_id(content), line)
    chain = chain_of(line, book)
    if found := faults(line, chain, book, at):
        return Taken(line.external_id, found)
    return _stored(line, imported_by, lambda: past.rows(line, chain, book, at, imported_by))


class _Named(Struct):
    external_id: str | None = None


def _external_id(content: bytes) -> str | None:
    """How a line that is not as it should be names its record, if it does."""
    try:
        return (msgspec.json.decode(content, type=_Named).external_id or "")[:200] or None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _stored(line: Line, imported_by: str, make: Callable[[], list[Any]]) -> Taken:
    for _ in range(ATTEMPTS):
        if _saved(rows := make()):
            events = tuple(row for row in rows if isinstance(row, Event))
            return Taken(line.external_id, "added", events)
        if (origin := _origin(line)) is not None:
            return Taken(line.external_id, _again(origin, line, imported_by))
        # Not the record but the report's number was taken, or two met on it: once more.
    raise RuntimeError(f"{imported_by} cannot be stored")


def _saved(rows: list[Any]) -> bool:
    try:
        with TransactWrite(connection=aws.connection()) as transaction:
            for row in rows:
                transaction.save(row, condition=type(row)._hash_key_attribute().does_not_exist())
    except TransactWriteError as error:
        if aws.outrun(error):
            return False
        raise
    return True


def _origin(line: Line) -> Origin | None:
    return Origin.seek(past.origin_id(line.external_id), "origin")


def _again(origin: Origin, line: Line, imported_by: str) -> Outcome:
    """A record that is there already; added by this very line before its worker ended, or known."""
    if origin.body_hash != past.body_hash(line):
        return [Fault("external_id", "fault.imported_otherwise")]
    return "added" if origin.imported_by == imported_by else "known"
