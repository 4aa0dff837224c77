"""The k nearest reports to a point: a look around it, then circles until nothing nearer is unread.

Reports whose keys are next to the point's own key in z-order lie near it, mostly. The distance of
the k-th of them is a radius that surely holds k reports, and the circle of that radius is read
whole: two round trips as a rule, however many reports there are on the spot.
"""

from collections.abc import Sequence
from math import inf, pi, sqrt

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.errors import Fault, Unprocessable
from chalicelib.places.cover import TooLarge, cells_touching_circle
from chalicelib.places.distance import distance_m
from chalicelib.places.geohash import LENGTH
from chalicelib.places.point import Point
from chalicelib.reports import index
from chalicelib.reports.index import Entry, Filters, Page, Query, Read
from chalicelib.reports.shelf import Piece, Shelf

# How many are read at once of a range. A look is for a few more than are wanted, for its ends lie
# farther away than much that it has not seen.
STEP, LOOK_BEYOND = 128, 20
# A circle that may hold more is not read on at once, but a smaller one first.
HELD_LIMIT = 5000
# For one page this would be seconds of reading.
EXAMINED_LIMIT = 40_000


class Found(Struct, frozen=True, order=True):
    """A report and how far away it is; found things sort by distance, then id."""

    distance_m: float
    id: str
    entry: Entry


def nearest(
    centre: Point,
    radius_m: float,
    limit: int,
    filters: Filters,
    after: tuple[float, str] = (-1.0, ""),
    read: Read = index.read,
) -> list[Found]:
    """Up to `limit` admitted reports within the radius, nearest first, beyond `after`.

    The search stops when as many as wanted lie inside a circle that has been read whole, so that
    a nearer unread report cannot exist. Circles of more partitions than one request may touch are
    read from the coarse index `newest4` instead: few reports lie there. Unprocessable when very
    many would have to be read for the few that are wanted.
    """
    search = _Search(centre, filters, limit, after, read)
    circle = min(radius_m, search.look())
    while True:
        try:
            whole = search.read_circle(circle)
        except TooLarge:
            search.read_coarse(radius_m)
            return search.nearest(radius_m)
        inside = search.nearest(circle)
        if whole and (len(inside) == limit or circle >= radius_m):
            return inside
        circle = min(radius_m, search.next_circle(circle, whole=whole))


class _Search:
    """What has been read so far, and the admitted reports in it."""

    def __init__(
        self, centre: Point, filters: Filters, limit: int, after: tuple[float, str], read: Read
    ) -> None:
        self._centre, self._filters = centre, filters
        self._limit, self._after, self._read = limit, after, read
        self._shelves = [Shelf(name, centre) for name in filters.shelves]
        self._known: dict[str, Found] = {}
        self._examined = 0
        # The largest circle that is read whole, the smallest that was not, and what it may hold.
        self._whole, self._cut_off, self._expected = 0.0, inf, 1.0
        self._step = STEP

    def look(self) -> float:
        """Read the neighbours of the centre's own key; a radius that should hold enough."""
        self._read_pieces(
            [(shelf, piece) for shelf in self._shelves for piece in shelf.around()],
            self._limit + LOOK_BEYOND,
        )
        density = sum(shelf.density for shelf in self._shelves)
        if not density:
            return inf
        start = max(0.0, self._after[0])
        return min(self._enough(), sqrt(start**2 + 2 * self._limit / (pi * density)))

    def read_circle(self, radius_m: float) -> bool:
        """Read on in the circle; whether all of it is read now. Raises TooLarge."""
        fine = self._cut_off < inf
        return self._read_pieces(
            [(shelf, one) for shelf in self._shelves for one in shelf.unread(radius_m, fine)],
            self._step,
        )

    def next_circle(self, circle: float, *, whole: bool) -> float:
        """The radius to try next: larger when this one is whole, else smaller, or to read on."""
        return self._grown(circle) if whole else self._shrunk(circle)

    def _grown(self, circle: float) -> float:
        self._whole = circle
        inside = len(self.nearest(circle))
        wanted = sqrt(1.5 * self._limit / inside) if inside else 5.0
        wished = circle * min(5.0, max(1.6, wanted))
        if circle >= self._cut_off:
            self._cut_off, self._step = inf, STEP
        elif self._cut_off < inf:
            near = self._cut_off < 1.15 * circle
            wished = min(wished, self._cut_off if near else (circle + self._cut_off) / 2)
        return min(self._enough(), wished)

    def _shrunk(self, circle: float) -> float:
        self._cut_off = min(circle, self._cut_off)
        if self._expected <= HELD_LIMIT or self._whole > circle / 1.3 or circle < 1.0:
            return self._read_on(circle)
        # Of what the circle holds, as large a part is wanted as of what has been read.
        wanted = self._expected * max(1, len(self._known)) / max(1, self._examined)
        share = sqrt(1.5 * self._limit / wanted)
        if share > 1:
            return self._read_on(circle)
        between = (self._whole + circle) / 2 if self._whole else 0.0
        return min(self._enough(), max(between, circle * min(0.8, max(0.6, share))))

    def _read_on(self, circle: float) -> float:
        """The same circle, or the smaller one that what was read shows to be enough."""
        enough = self._enough()
        if enough >= circle:
            self._step *= 2
        return min(enough, circle)

    def _enough(self) -> float:
        """The least radius that surely holds as many as are wanted; infinite if none is known."""
        known = self.nearest(inf)
        return known[-1].distance_m if len(known) == self._limit else inf

    def read_coarse(self, radius_m: float) -> None:
        """Read all of the wide cells that the circle touches."""
        low, high = self._filters.since or "0", self._filters.until or "~"
        cells = cells_touching_circle(self._centre, radius_m, 4) if low < high else []
        names = [f"{cell}#{shelf.name}" for cell in cells for shelf in self._shelves]
        queries = [Query("newest4", name, low, high, down=True) for name in names]
        index.read_whole(queries, self._pages)

    def nearest(self, radius_m: float) -> list[Found]:
        """As many as wanted of the known within the radius and beyond `after`."""
        inside = [
            one
            for one in self._known.values()
            if one.distance_m <= radius_m and (one.distance_m, one.id) > self._after
        ]
        return sorted(inside, key=lambda one: (one.distance_m, one.id))[: self._limit]

    def _read_pieces(self, calls: list[tuple[Shelf, Piece]], step: int) -> bool:
        """Read up to `step` entries of each piece; whether that was all of them."""
        queries = [shelf.query(piece, step) for shelf, piece in calls]
        pages = self._pages(queries)
        self._expected = 1.0
        for (shelf, piece), query, page in zip(calls, queries, pages, strict=True):
            self._expected += shelf.note(piece, self._past_one_place(query, page))
        return not any(page.more for page in pages)

    def _past_one_place(self, query: Query, page: Page) -> Page:
        """The page, or the first of those after it that ends at another place than it began."""
        while page.last and page.keys[:1] and page.keys[0][:LENGTH] == page.last[:LENGTH]:
            query = replace(query.after(page), limit=None)
            (page,) = self._pages([query])
        return page

    def _pages(self, queries: Sequence[Query]) -> list[Page]:
        if self._examined > EXAMINED_LIMIT:
            raise Unprocessable(Fault("radius", "fault.too_much"))
        pages = self._read(queries)
        for page in pages:
            self._examined += len(page.entries)
            for entry in page.entries:
                if self._filters.admits(entry):
                    away = distance_m(self._centre, entry.point)
                    self._known[entry.id] = Found(away, entry.id, entry)
        return pages
