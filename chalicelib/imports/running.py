"""Working off a file of history in slices of time; safe to run twice, and side by side.

A line that is met again adds nothing. Progress is written after each piece of the file, on
condition that nobody else has: of two workers on one file, one gives up.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

import msgspec
from pynamodb.exceptions import UpdateError

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.clock import moment, text
from chalicelib.errors import ImportNotFound
from chalicelib.events.models import of_item
from chalicelib.imports import orders
from chalicelib.imports.models import Import, Refusal, find, refusals_owner
from chalicelib.imports.splitting import Raw, lines
from chalicelib.imports.taking import Taken, take
from chalicelib.imports.uploads import PREFIX
from chalicelib.observability import logger
from chalicelib.settings import settings
from chalicelib.stats import counters

PIECE = 200
THREADS = 8
TRIES = 5
"""How often a slice is tried: the queue's maxReceiveCount."""
_CHUNK_BYTES = 256 * 1024

COUNTED_WITHIN, COUNTING_SECONDS = timedelta(minutes=15), 2
"""How long the counters are awaited, and how often they are looked at."""
LAST_EVENTS = 100


class _Overtaken(Exception):
    """Another worker has gone on with this file, or another file has come in its place."""


def run(message: str, at: datetime, time_left: Callable[[], bool], piece: int = PIECE) -> None:
    """Handle one message: work on its file as long as there is time, then order the rest.

    After each `piece` of lines it is written down how far the file is done.
    """
    for order in orders.read(message):
        try:
            row = find(order.import_id)
            _begin(row, order.etag)
            if row.state == "running":
                _advance(row, order, at, time_left, piece)
        except (_Overtaken, ImportNotFound) as reason:
            logger.info("import left", import_id=order.import_id, reason=type(reason).__name__)


def give_up(message: str, at: datetime) -> None:
    """Write down that an import has failed for the last time; another upload begins anew."""
    for order in orders.read(message):
        row = find(order.import_id)
        if row.etag == order.etag and row.state == "running":
            row.update([Import.state.set("failed"), Import.done_at.set(text(at))])


def _begin(row: Import, etag: str) -> None:
    """Make it the upload that this import is at; a new one starts from the beginning."""
    if row.etag == etag:
        if row.state == "failed":
            _guarded(row, [Import.state.set("running"), Import.done_at.remove()])
        return
    was = Import.etag == row.etag if row.etag else Import.etag.does_not_exist()
    nought = [getattr(Import, name).set(0) for name in ("offset", "added", "known", "refused")]
    ended = [one.remove() for one in (Import.uncounted, Import.read_at, Import.done_at)]
    begun = [Import.etag.set(etag), Import.state.set("running"), Import.line.set(1)]
    _guarded(row, [*begun, *nought, *ended], Import.name.exists() & was)


def _advance(
    row: Import, order: orders.Order, at: datetime, time_left: Callable[[], bool], size: int
) -> None:
    """Read on, and when that is done, wait for the counters; in the next slice if need be."""
    if row.uncounted is None and not _read_on(row, at, time_left, size):
        orders.go_on(order)
    elif counters.counted(row.uncounted) or at > moment(row.read_at) + COUNTED_WITHIN:
        _guarded(row, [Import.state.set("done"), Import.done_at.set(text(at))])
        logger.info("import done", import_id=row.id, added=int(row.added), refused=int(row.refused))
    else:
        orders.go_on(order, COUNTING_SECONDS)


def _read_on(row: Import, at: datetime, time_left: Callable[[], bool], size: int) -> bool:
    """Work on; False when time was up before the file was."""
    taken: list[Taken] = []
    with ThreadPoolExecutor(THREADS, "import") as pool:
        for piece in batched(lines(_chunks(row), int(row.offset)), size):
            taken = list(_taken(row, piece, at, pool))
            _note(row, piece, taken)
            if not time_left():
                return False
    last = [event for one in taken for event in one.events]
    moving = counters.moving(of_item(event.serialize()) for event in last)
    _guarded(row, [Import.uncounted.set(moving[-LAST_EVENTS:]), Import.read_at.set(text(at))])
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


def _taken(
    row: Import, piece: Sequence[Raw], at: datetime, pool: ThreadPoolExecutor
) -> Iterator[Taken]:
    """What became of each line, in their order."""
    book = directory.current()
    # Read before the threads are: the first look at it loads it.
    book.areas.chain  # noqa: B018
    numbered = enumerate(piece, int(row.line))
    return pool.map(lambda one: take(one[1], book, at, f"{row.id}#{one[0]}"), numbered)


def _note(row: Import, piece: Sequence[Raw], taken: Sequence[Taken]) -> None:
    """Write down what was refused, and then how far the file is done."""
    numbered = enumerate(taken, int(row.line))
    refused = [_refusal(row, *one) for one in numbered if isinstance(one[1].outcome, list)]
    with Refusal.batch_write() as batch:
        for refusal in refused:
            batch.save(refusal)
    told = [one.outcome for one in taken]
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


def _refusal(row: Import, number: int, taken: Taken) -> Refusal:
    return Refusal(
        owner=refusals_owner(row),
        id=f"{number:09d}",
        line=number,
        external_id=taken.external_id,
        faults=msgspec.to_builtins(taken.outcome),
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
