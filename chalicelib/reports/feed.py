"""The newest reports in a box: one time-ordered stream a geohash cell, merged and exact."""

import heapq
from collections.abc import Iterator

from msgspec import Struct

from chalicelib.places.box import Box
from chalicelib.places.cover import cells_touching_box, count_cells_box
from chalicelib.reports import index
from chalicelib.reports.index import Entry, Filters

CELLS_WANTED = 16
CELLS_LIMIT = 64
EXAMINED_LIMIT = 4000


class BoxTooLarge(Exception):
    """The box touches more cells than one request may read; the map's counts serve such views."""


class Feed(Struct, frozen=True):
    """A page, newest first, and the id to go on below; None at the end."""

    entries: list[Entry]
    last: str | None


def newest_in(
    box: Box, limit: int, filters: Filters, *, before: str = "~", after: str = "0"
) -> Feed:
    """Up to `limit` admitted reports in the box with after <= id < before, newest first.

    A page may come short when filters throw much away; its `last` still leads on.
    """
    if before <= after:
        # DynamoDB refuses a range that ends before it begins.
        return Feed([], None)
    precision = _precision(box)
    cells = cells_touching_box(box, precision)
    partitions = [f"{cell}#{shelf}" for cell in cells for shelf in filters.shelves]
    size = max(16, min(256, 2 * limit // max(1, len(partitions) // 4) + 8))
    found: list[Entry] = []
    last: str | None = None
    for examined, entry in enumerate(
        _merged(f"newest{precision}", partitions, after, before, size), 1
    ):
        last = entry.id
        if box.contains(entry.point) and filters.admits(entry):
            found.append(entry)
        if len(found) == limit or examined == EXAMINED_LIMIT:
            return Feed(found, last)
    return Feed(found, None)


def _precision(box: Box) -> int:
    """The finest of 6, 5 and 4 characters that touches few cells."""
    for precision in (6, 5, 4):
        if count_cells_box(box, precision) <= CELLS_WANTED:
            return precision
    if count_cells_box(box, 4) > CELLS_LIMIT:
        raise BoxTooLarge
    return 4


def _merged(
    name: str, partitions: list[str], after: str, before: str, size: int
) -> Iterator[Entry]:
    """All entries of the partitions, newest first, read page by page as they are consumed."""
    first = index.parallel(
        index.newest, [(name, partition, after, before, size) for partition in partitions]
    )
    streams = [
        _stream(name, partition, after, page, size)
        for partition, page in zip(partitions, first, strict=True)
    ]
    return heapq.merge(*streams, key=lambda entry: entry.id, reverse=True)


def _stream(name: str, partition: str, after: str, page: index.Page, size: int) -> Iterator[Entry]:
    while True:
        yield from page.entries
        if not page.more or not page.entries:
            return
        page = index.newest(name, partition, after, page.entries[-1].id, size)
