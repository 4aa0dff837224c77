"""Reports of a place, the newest or the hottest first: sorted streams, one a cell, merged exactly.

A stream is a partition of an index, read from its end. What all streams hold beyond a key is known
to be complete as soon as each has been read down to that key, so that only the streams that are
behind the last report of the page are read on, all of them at once.
"""

from typing import Literal

from msgspec import Struct

from chalicelib.places.box import Box
from chalicelib.places.cover import cells_touching_box, count_cells_box
from chalicelib.reports import index
from chalicelib.reports.index import Entry, Filters, Query, Read
from chalicelib.reports.stream import SIZES, Stream

Order = Literal["newest", "trending"]

# Each stream costs a request of half a read unit: so many cost less than coarser cells' leavings.
STREAMS_WANTED = 16
# Of an area's boxes more is thrown away, so that smaller cells pay for longer.
STREAMS_OF_AREA = 32
CELLS_LIMIT = 64
STREAMS_LIMIT = 64
EXAMINED_LIMIT = 4000


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
    streams = [Stream(Query(name, one, low, high, size, down=True), boxes) for one in partitions]
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


def _merged(streams: list[Stream], limit: int, filters: Filters, read: Read) -> Feed:
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
        known = [stream for stream in streams if not stream.is_behind(end)]
        behind = _finer([stream for stream in streams if stream.is_behind(end)])
        streams = known + behind
        if examined > EXAMINED_LIMIT and behind:
            # Enough has been read: the page ends where the streams are no longer known.
            low = max(stream.last or "" for stream in behind)
            return Feed([wanted[key] for key in keys if key >= low], low)
    more = len(keys) > limit or any(stream.last is not None for stream in streams)
    return Feed([wanted[key] for key in keys[:limit]], keys[:limit][-1] if more else None)


def _finer(behind: list[Stream]) -> list[Stream]:
    """The streams to read on: some in smaller cells, as long as they are few together."""
    finer: list[Stream] = []
    for number, stream in enumerate(behind, 1):
        room = STREAMS_LIMIT - len(finer) - (len(behind) - number)
        smaller = stream.finer()
        finer += smaller if len(smaller) <= room else [stream]
    return finer
