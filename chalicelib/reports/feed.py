"""Reports of a place, the newest or the hottest first: sorted streams, one a cell, merged exactly.

A stream is a partition of an index, read from its end. What all streams hold beyond a key is known
to be complete as soon as each has been read down to that key, so that only the streams that are
behind the last report of the page are read on, all of them at once.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.places.box import Box
from chalicelib.places.cover import cells_touching_box, count_cells_box
from chalicelib.places.geohash import decode
from chalicelib.reports import index
from chalicelib.reports.index import Entry, Filters, Page, Query, Read

Order = Literal["newest", "trending"]

# Each stream costs a request of half a read unit: so many cost less than coarser cells' leavings.
STREAMS_WANTED = 16
# Of an area's boxes more is thrown away, so that smaller cells pay for longer.
STREAMS_OF_AREA = 32
CELLS_LIMIT = 64
STREAMS_LIMIT = 64
EXAMINED_LIMIT = 4000
# A stream with so many entries for each one in the boxes is read on in smaller cells.
FINER = {"newest4": "newest5", "newest5": "newest6"}
BESIDE = 32
# The first and the largest page of a stream, in entries; each page is twice the one before.
SIZES = (16, 256)


class BoxTooLarge(Exception):
    """The place touches more cells than one request may read; the map's counts serve such views."""


class Feed(Struct, frozen=True):
    """A page in order, and the key to go on below; None at the end."""

    entries: list[Entry]
    last: str | None


def newest_in(
    box: Box, limit: int, filters: Filters, *, before: str = "~", read: Read = index.read
) -> Feed:
    """Up to `limit` admitted reports in the box with id < before, newest first."""
    return page([box], limit, filters, before=before, read=read)


def page(
    boxes: list[Box],
    limit: int,
    filters: Filters,
    order: Order = "newest",
    before: str = "~",
    read: Read = index.read,
) -> Feed:
    """Up to `limit` admitted reports in any of the boxes with key < before, in order.

    The key is the id, or for `trending` (open reports only) the report's heat. A page may come
    short when filters throw much away; its `last` still leads on. Raises BoxTooLarge.
    """
    low, high = _bounds(filters, order, before)
    if high <= low or not filters.shelves:
        # Nothing can match; and DynamoDB refuses a range that ends before it begins.
        return Feed([], None)
    name, partitions = _partitions(boxes, filters, order)
    size = min(SIZES[1], max(SIZES[0], 4 * limit // max(1, len(partitions))))
    streams = [_Stream(Query(name, one, low, high, size, down=True), boxes) for one in partitions]
    return _merged(streams, limit, filters, read)


def _bounds(filters: Filters, order: Order, before: str) -> tuple[str, str]:
    """The keys between which the filters let anything be."""
    if order == "newest":
        return filters.since or "0", min(before, filters.until or "~")
    # Heat begins with the time of sending or, with supports, a later one.
    return filters.since[:10] if filters.since else "0", before


def _partitions(boxes: list[Box], filters: Filters, order: Order) -> tuple[str, list[str]]:
    """The index that reads least, and its partitions that the boxes touch."""
    if order == "trending":
        open_ones = "o" in filters.shelves
        return "trending", _cells(boxes, 5) if open_ones else []
    precision = _precision(boxes, filters)
    kinds = sorted(filters.category or ())
    if kinds and _kind_reads_less(boxes, precision, len(kinds)):
        return "kind", [f"{cell}#{kind}" for cell in _cells(boxes, 5) for kind in kinds]
    cells = _cells(boxes, precision)
    return f"newest{precision}", [f"{cell}#{shelf}" for cell in cells for shelf in filters.shelves]


def _precision(boxes: list[Box], filters: Filters) -> int:
    """The finest of 6, 5 and 4 characters that makes few streams."""
    wanted = STREAMS_OF_AREA if filters.areas else STREAMS_WANTED
    for precision in (6, 5):
        if _count(boxes, precision) * len(filters.shelves) <= wanted:
            return precision
    return 4


def _kind_reads_less(boxes: list[Box], precision: int, kinds: int) -> bool:
    """Whether the wide cells of the wanted categories hold less than the fine cells of all.

    A wide cell is 32 fine ones, and a category, as cities have some twenty, 1 in 10 of what is
    asked for: below 3 fine cells for each wide one, throwing away categories is cheaper.
    """
    if _count(boxes, 5) * kinds > STREAMS_LIMIT:
        return False
    return precision < 6 or _count(boxes, 6) >= 3 * _count(boxes, 5) * kinds


def _count(boxes: list[Box], precision: int) -> int:
    return sum(count_cells_box(box, precision) for box in boxes)


def _cells(boxes: list[Box], precision: int) -> list[str]:
    # Counted before they are made: a continent has more cells than memory.
    if _count(boxes, precision) > 4 * CELLS_LIMIT:
        raise BoxTooLarge
    cells = {cell for box in boxes for cell in cells_touching_box(box, precision)}
    if len(cells) > CELLS_LIMIT:
        raise BoxTooLarge
    return sorted(cells)


class _Stream:
    """One partition, read from its end; `last` is how far, None when it has been read whole."""

    def __init__(self, query: Query, boxes: list[Box], last: str = "~") -> None:
        self.query = query
        self.last: str | None = last
        self._boxes = boxes
        self._read, self._inside = 0, 0

    def note(self, page: Page) -> dict[str, Entry]:
        """Take down that the page was read; those of its entries that lie in the boxes."""
        self.last = page.last
        if page.last is not None:
            size = min(SIZES[1], 2 * (self.query.limit or SIZES[0]))
            self.query = replace(self.query.after(page), limit=size)
        entries = zip(page.keys, page.entries, strict=True)
        inside = {key: one for key, one in entries if _within(one, self._boxes)}
        self._read += len(page.entries)
        self._inside += len(inside)
        return inside

    def finer(self) -> "list[_Stream]":
        """What is left to read: itself, or smaller cells where most lies beside the boxes."""
        finer = FINER.get(self.query.index)
        if self.last is None or not finer or self._read < BESIDE * max(1, self._inside):
            return [self]
        cell, _, shelf = self.query.partition.partition("#")
        cells = _finer_cells(cell, self._boxes)
        if len(cells) > STREAMS_WANTED:
            return [self]
        queries = [
            replace(self.query, index=finer, partition=f"{one}#{shelf}", limit=SIZES[0])
            for one in cells
        ]
        return [_Stream(query, self._boxes, self.last) for query in queries]


def _finer_cells(cell: str, boxes: list[Box]) -> list[str]:
    """The parts of the cell that the boxes touch."""
    # A hair wider than the cell, for its borders are rounded.
    wide = decode(cell).wider(1e-9)
    parts = [part for box in boxes for one in box.split() if (part := one.overlap(wide))]
    found = {one for part in parts for one in cells_touching_box(part, len(cell) + 1)}
    return sorted(one for one in found if one.startswith(cell))


def _merged(streams: list[_Stream], limit: int, filters: Filters, read: Read) -> Feed:
    # By key, for a report may change its partition between two reads.
    wanted: dict[str, Entry] = {}
    examined = 0
    keys: list[str] = []
    behind = streams
    while behind:
        pages = read([stream.query for stream in behind])
        for stream, page in zip(behind, pages, strict=True):
            examined += len(page.entries)
            inside = stream.note(page)
            wanted |= {key: one for key, one in inside.items() if filters.admits(one)}
        keys = sorted(wanted, reverse=True)[: limit + 1]
        end = keys[limit - 1] if len(keys) >= limit else ""
        known = [stream for stream in streams if not _behind(stream, end)]
        behind = [one for stream in streams if _behind(stream, end) for one in stream.finer()]
        streams = known + behind
        if examined > EXAMINED_LIMIT and behind:
            # Enough has been read: the page ends where the streams are no longer known.
            low = max(stream.last or "" for stream in behind)
            return Feed([wanted[key] for key in keys if key >= low], low)
    more = len(keys) > limit or any(stream.last is not None for stream in streams)
    return Feed([wanted[key] for key in keys[:limit]], keys[:limit][-1] if more else None)


def _behind(stream: _Stream, end: str) -> bool:
    return stream.last is not None and stream.last > end


def _within(entry: Entry, boxes: list[Box]) -> bool:
    return any(box.contains(entry.point) for box in boxes)
