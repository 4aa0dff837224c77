"""What has been read of one class of reports around a point: ranges of keys, and what is left."""

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.places.cover import PARTITION_LENGTH, Range, cell_m2, cover_circle, subtract
from chalicelib.places.geohash import CODE_BITS, LENGTH, code_to_text, encode, text_to_code
from chalicelib.places.point import Point
from chalicelib.reports.index import Page, Query

# The smallest request is charged for 4 KB: for so many index entries.
FREE_ENTRIES = 8
# Where reports stand thick, smaller cells and more ranges read less of what lies beside a circle.
COARSE, FINE = {"max_cells": 128, "max_ranges": 6}, {"max_cells": 512, "max_ranges": 16}


class Piece(Struct, frozen=True):
    """A range to read, from its low end up or from its high end `down`."""

    range: Range
    down: bool = False


class Shelf:
    """The reports of one class (`o` open, `c` closed) around a centre."""

    def __init__(self, name: str, centre: Point) -> None:
        self.name = name
        self._centre = centre
        self._done: list[Range] = []
        self._read = 0

    def around(self) -> list[Piece]:
        """The centre's partition, from the centre's own place up and from there down."""
        key = encode(self._centre, LENGTH)
        cell = key[:PARTITION_LENGTH]
        first, last = cell.ljust(LENGTH, "0"), cell.ljust(LENGTH, "z")
        up = Piece(Range(cell, key, last))
        return [up] if key == first else [up, Piece(Range(cell, first, _moved(key, -1)), down=True)]

    def unread(self, radius_m: float, fine: bool) -> list[Piece]:
        """The pieces of the circle that are left to read; TooLarge."""
        gap, detail = (0.0, FINE) if fine else (FREE_ENTRIES / self.density, COARSE)
        ranges = cover_circle(self._centre, radius_m, free_gap_m2=gap, **detail)
        return [Piece(one) for one in subtract(ranges, self._done)]

    def query(self, piece: Piece, limit: int) -> Query:
        """The query for as many reports of a piece."""
        part, low, high = piece.range.partition, piece.range.low, piece.range.high
        return Query("near", f"{part}#{self.name}", f"{low}#", f"{high}~", limit, piece.down)

    def note(self, piece: Piece, page: Page) -> float:
        """Take down that the page was read of the piece; how many the piece may hold in all."""
        self._read += len(page.entries)
        done = piece.range
        if page.last:
            # At the place where a page ended there may be more reports: it counts as unread.
            place = page.last[:LENGTH]
            at = {"low": _moved(place, 1)} if piece.down else {"high": _moved(place, -1)}
            done = replace(done, **at)
        if done.low <= done.high:
            self._done.append(done)
        return len(page.entries) * _cells(piece.range) / max(1, _cells(done))

    @property
    def density(self) -> float:
        """Reports on a square metre of what has been read; less than one report in all of it."""
        return max(0.5, self._read) / max(1.0, self._area_m2())

    def _area_m2(self) -> float:
        return sum(map(_cells, self._done)) * cell_m2(CODE_BITS, self._centre.lat)


def _cells(part: Range) -> int:
    return text_to_code(part.high) - text_to_code(part.low) + 1


def _moved(place: str, by: int) -> str:
    return code_to_text(text_to_code(place) + by)
