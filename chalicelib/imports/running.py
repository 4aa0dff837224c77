"""Working off a file of history in slices of time; safe to run twice, and side by side.

A line's rows are saved in one transaction that the record's origin guards, so that a line that is
met again adds nothing. Progress is written after each piece of the file, on condition that nobody
else has: of two workers on one file, one gives up.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import batched
from typing import Any, Literal
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct
from pynamodb.exceptions import TransactWriteError, UpdateError
from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.agencies.directory import Directory
from chalicelib.clock import text
from chalicelib.errors import Fault
from chalicelib.imports import past
from chalicelib.imports.lines import Line, chain_of, faults, read
from chalicelib.imports.models import Import, Origin, Refusal, find, refusals_owner
from chalicelib.imports.splitting import Raw, lines
from chalicelib.imports.uploads import PREFIX
from chalicelib.observability import logger
from chalicelib.settings import settings

PIECE = 200
THREADS = 8
TRIES = 5
"""How often a slice is tried: the queue's maxReceiveCount."""
_CHUNK_BYTES = 256 * 1024
_BLANK = b" \t\r\xef\xbb\xbf"

Outcome = Literal["added", "known"] | list[Fault]


class Order(Struct, frozen=True):
    """A queue message of our own: go on with this upload."""

    import_id: str
    etag: str


class _Key(Struct):
    key: str
    etag: str = msgspec.field(name="eTag", default="")


class _Object(Struct):
    object: _Key


class _Record(Struct):
    s3: _Object


class _Message(Struct):
    """What S3 sends when a file has arrived, or our own order; S3's test message has neither."""

    Records: list[_Record] = []
    go_on: Order | None = None


class _Overtaken(Exception):
    """Another worker has gone on with this file, or another file has come in its place."""


def run(message: str, at: datetime, time_left: Callable[[], bool], piece: int = PIECE) -> None:
    """Handle one message: work on its file as long as there is time, then order the rest.

    After each `piece` of lines it is written down how far the file is done.
    """
    for order in _orders(message):
        row = find(order.import_id)
        try:
            _begin(row, order.etag)
            if row.state == "running" and not _worked_off(row, at, time_left, piece):
                _go_on(order)
        except _Overtaken:
            logger.info("import left to another", import_id=order.import_id)


def give_up(message: str, at: datetime) -> None:
    """Write down that an import has failed for the last time; another upload begins anew."""
    for order in _orders(message):
        row = find(order.import_id)
        if row.etag == order.etag and row.state == "running":
            row.update([Import.state.set("failed"), Import.done_at.set(text(at))])


def _orders(message: str) -> list[Order]:
    parsed = msgspec.json.decode(message, type=_Message)
    arrived = [
        Order(unquote_plus(record.s3.object.key).removeprefix(PREFIX), record.s3.object.etag)
        for record in parsed.Records
    ]
    return [*arrived, *([parsed.go_on] if parsed.go_on else [])]


def _begin(row: Import, etag: str) -> None:
    """Make it the upload that this import is at; a new one starts from the beginning."""
    if row.etag == etag:
        if row.state == "failed":
            _guarded(row, [Import.state.set("running"), Import.done_at.remove()])
        return
    was = Import.etag == row.etag if row.etag else Import.etag.does_not_exist()
    nought = [getattr(Import, name).set(0) for name in ("offset", "added", "known", "refused")]
    begun = [Import.etag.set(etag), Import.state.set("running"), Import.line.set(1)]
    _guarded(row, [*begun, *nought, Import.done_at.remove()], Import.name.exists() & was)


def _worked_off(row: Import, at: datetime, time_left: Callable[[], bool], size: int) -> bool:
    """Work on; False when time was up before the file was."""
    with ThreadPoolExecutor(THREADS, "import") as pool:
        for piece in batched(lines(_chunks(row), int(row.offset)), size):
            outcomes = list(_outcomes(row, piece, at, pool))
            _note(row, piece, outcomes)
            if not time_left():
                return False
    _guarded(row, [Import.state.set("done"), Import.done_at.set(text(at))])
    logger.info("import done", import_id=row.id, added=int(row.added), refused=int(row.refused))
    return True


def _chunks(row: Import) -> Iterator[bytes]:
    """The rest of the file, as it comes."""
    client, key, same = aws.s3(), f"{PREFIX}{row.id}", f'"{row.etag}"'
    try:
        size = client.head_object(Bucket=settings.uploads_bucket, Key=key, IfMatch=same)
        if size["ContentLength"] <= int(row.offset):
            return
        answer = client.get_object(
            Bucket=settings.uploads_bucket,
            Key=key,
            Range=f"bytes={int(row.offset)}-",
            IfMatch=same,
        )
    except client.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 412:
            raise _Overtaken from None
        raise
    yield from answer["Body"].iter_chunks(_CHUNK_BYTES)


def _outcomes(
    row: Import, piece: Sequence[Raw], at: datetime, pool: ThreadPoolExecutor
) -> Iterator[tuple[str | None, Outcome | None]]:
    """External id and outcome of each line, in their order; None for a blank one."""
    book = directory.current()
    # Read before the threads are: the first look at it loads it.
    book.areas.chain  # noqa: B018
    numbered = enumerate(piece, int(row.line))
    return pool.map(lambda one: _outcome(one[1], book, at, f"{row.id}#{one[0]}"), numbered)


def _outcome(
    raw: Raw, book: Directory, at: datetime, imported_by: str
) -> tuple[str | None, Outcome | None]:
    if raw.content is None:
        return None, [Fault("", "fault.line_too_long")]
    if not (content := raw.content.strip(_BLANK)):
        return None, None
    line = read(content)
    if not isinstance(line, Line):
        return _external_id(content), line
    chain = chain_of(line, book)
    if found := faults(line, chain, book, at):
        return line.external_id, found
    return line.external_id, _stored(
        line, imported_by, lambda: past.rows(line, chain, book, at, imported_by)
    )


class _Named(Struct):
    external_id: str | None = None


def _external_id(content: bytes) -> str | None:
    """How a line that is not as it should be names its record, if it does."""
    try:
        return (msgspec.json.decode(content, type=_Named).external_id or "")[:200] or None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _stored(line: Line, imported_by: str, make: Callable[[], list[Any]]) -> Outcome:
    for _ in range(TRIES):
        if _saved(make()):
            return "added"
        if (origin := _origin(line)) is not None:
            return _again(origin, line, imported_by)
        # Not the record but the report's number was taken, or two met on it: once more.
    raise RuntimeError(f"{imported_by} cannot be stored")


def _saved(rows: list[Any]) -> bool:
    try:
        with TransactWrite(connection=aws.connection()) as transaction:
            for row in rows:
                transaction.save(row, condition=type(row)._hash_key_attribute().does_not_exist())
    except TransactWriteError as error:
        codes = {reason.code for reason in error.cancellation_reasons if reason}
        if codes & {"ConditionalCheckFailed", "TransactionConflict"}:
            return False
        raise
    return True


def _origin(line: Line) -> Origin | None:
    try:
        return Origin.get(past.origin_id(line.external_id), "origin", consistent_read=True)
    except Origin.DoesNotExist:
        return None


def _again(origin: Origin, line: Line, imported_by: str) -> Outcome:
    """A record that is there already; added by this very line before its worker ended, or known."""
    if origin.body_hash != past.body_hash(line):
        return [Fault("external_id", "fault.imported_otherwise")]
    return "added" if origin.imported_by == imported_by else "known"


def _note(
    row: Import,
    piece: Sequence[Raw],
    outcomes: Sequence[tuple[str | None, Outcome | None]],
) -> None:
    """Write down what was refused, and then how far the file is done."""
    numbered = [(number, *one) for number, one in enumerate(outcomes, int(row.line))]
    refused = [one for one in numbered if isinstance(one[2], list)]
    with Refusal.batch_write() as batch:
        for number, external_id, found in refused:
            batch.save(_refusal(row, number, external_id, found))
    told = [one for _, one in outcomes]
    _guarded(
        row,
        [
            Import.offset.set(piece[-1].end),
            Import.line.set(int(row.line) + len(piece)),
            Import.added.set(int(row.added) + told.count("added")),
            Import.known.set(int(row.known) + told.count("known")),
            Import.refused.set(int(row.refused) + len(refused)),
        ],
    )


def _refusal(row: Import, number: int, external_id: str | None, found: Any) -> Refusal:
    return Refusal(
        owner=refusals_owner(row),
        id=f"{number:09d}",
        line=number,
        external_id=external_id,
        faults=msgspec.to_builtins(found),
    )


def _guarded(row: Import, actions: Iterable[Any], condition: Any = None) -> None:
    """Update the import if it is where it was read; _Overtaken when not."""
    if condition is None:
        condition = (Import.etag == row.etag) & (Import.offset == int(row.offset))
    try:
        row.update(list(actions), condition=condition)
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise _Overtaken from None
        raise


def _go_on(order: Order) -> None:
    body = msgspec.json.encode({"go_on": order}).decode()
    aws.sqs().send_message(QueueUrl=settings.import_queue_url, MessageBody=body)
