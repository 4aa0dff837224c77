"""One partition of an index of reports by place, read from its end in growing pages."""

from typing import Self

from msgspec.structs import replace

from chalicelib.places.box import Box
from chalicelib.places.cover import cells_touching_box
from chalicelib.places.geohash import decode
from chalicelib.reports.index import Entry, Page, Query

# The first and the largest page, in entries; each page is twice the one before.
SIZES = (16, 256)
# With so many entries for each one in the boxes, a stream is better read on in smaller cells.
BESIDE = 32
FINER = {"newest4": "newest5", "newest5": "newest6"}


class Stream:
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

    def is_behind(self, key: str) -> bool:
        """Whether it may hold something unread above the key."""
        return self.last is not None and self.last > key

    def finer(self) -> list[Self]:
        """What is left to read: itself, or smaller cells where most lies beside the boxes."""
        finer = FINER.get(self.query.index)
        if self.last is None or not finer or self._read < BESIDE * max(1, self._inside):
            return [self]
        cell, _, shelf = self.query.partition.partition("#")
        cells = _finer_cells(cell, self._boxes)
        queries = [
            replace(self.query, index=finer, partition=f"{one}#{shelf}", limit=SIZES[0])
            for one in cells
        ]
        return [type(self)(query, self._boxes, self.last) for query in queries]


def _finer_cells(cell: str, boxes: list[Box]) -> list[str]:
    """The parts of the cell that the boxes touch."""
    # A hair wider than the cell, for its borders are rounded.
    wide = decode(cell).wider(1e-9)
    parts = [part for box in boxes for one in box.split() if (part := one.overlap(wide))]
    found = {one for part in parts for one in cells_touching_box(part, len(cell) + 1)}
    return sorted(one for one in found if one.startswith(cell))


def _within(entry: Entry, boxes: list[Box]) -> bool:
    return any(box.contains(entry.point) for box in boxes)
