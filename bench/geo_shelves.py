"""The indexes in memory, with the pages and the prices of DynamoDB.

A page ends at 1 MB; a request costs half a read unit for each 4 KB that its page has read, rounded
up, and half a unit at least (eventually consistent). Requests beyond those that the app keeps
connections for wait a round. Sizes are those of the items: names and values in UTF-8.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from chalicelib.places.geohash import encode
from chalicelib.reports import heat, lifecycle
from chalicelib.reports.index import INDEXES, PARALLEL, Entry, Page, Query

PAGE_BYTES, UNIT_BYTES = 1 << 20, 4096
KEYS_BYTES = len("id") + 26 + len("item") + len("report")


class Cost(NamedTuple):
    """Of one question: requests, read units, round trips one after the other, entries read."""

    requests: int = 0
    units: float = 0.0
    deep: int = 0
    read: int = 0


class Shelves:
    """Partitions of sorted entries; `cost` is that of what was read since it was last taken."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        sorted_keys: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
        for number, entry in enumerate(entries):
            for place, key in _places(entry):
                sorted_keys[place].append((key, number))
        self._entries = entries
        self._keys: dict[tuple[str, str], list[str]] = {}
        self._numbers: dict[tuple[str, str], list[int]] = {}
        for place in list(sorted_keys):
            pairs = sorted(sorted_keys.pop(place))
            self._keys[place] = [key for key, _ in pairs]
            self._numbers[place] = [number for _, number in pairs]
        self._cost = Cost()

    def take_cost(self) -> Cost:
        """What was spent since the last time."""
        cost, self._cost = self._cost, Cost()
        return cost

    def read(self, queries: Sequence[Query]) -> list[Page]:
        """As `index.read`."""
        pages = [self._page(query) for query in queries]
        requests, units, deep, read = self._cost
        deep += ceil(len(queries) / PARALLEL)
        self._cost = Cost(requests + len(queries), units, deep, read)
        return pages

    def _page(self, query: Query) -> Page:
        place = (query.index, query.partition)
        keys, numbers = self._keys.get(place, []), self._numbers.get(place, [])
        start, end = bisect_left(keys, query.low), bisect_left(keys, query.high)
        # BETWEEN has its upper end too, and it is read and paid for.
        end += end < len(keys) and keys[end] == query.high
        order = range(end - 1, start - 1, -1) if query.down else range(start, end)
        taken, size = [], 0
        for at in order[: query.limit]:
            taken.append(at)
            size += entry_bytes(query.index, self._entries[numbers[at]])
            if size >= PAGE_BYTES:
                break
        self._pay(size, len(taken))
        full = query.limit is not None and len(taken) == query.limit
        last = keys[taken[-1]] if taken and (full or len(taken) < len(order)) else None
        taken = [at for at in taken if keys[at] != query.high]
        return Page([keys[at] for at in taken], [self._entries[numbers[at]] for at in taken], last)

    def _pay(self, size: int, read: int) -> None:
        requests, units, deep, before = self._cost
        units += max(0.5, ceil(size / UNIT_BYTES) * 0.5)
        self._cost = Cost(requests, units, deep, before + read)


def entry_bytes(index: str, entry: Entry) -> int:
    """The size of an index entry, by the rules for items (names, values, numbers packed)."""
    values = {
        "number": entry.number,
        "category": entry.category,
        "title": entry.title,
        "status": entry.status,
        "thumb": entry.thumb,
        "agency": entry.agency,
        "area": entry.area,
    }
    texts = sum(len(name) + len(value.encode()) for name, value in values.items() if value)
    numbers = len("lat") + 5 + len("lon") + 6
    partition, key = INDEXES[index]
    of_index = len(partition) + 8 + (0 if key == "id" else len(key) + 37)
    return KEYS_BYTES + texts + numbers + of_index


def write_units(entry: Entry) -> int:
    """Write units of all indexes when the report is stored: one for each 1 KB of each entry."""
    return sum(ceil(entry_bytes(name, entry) / 1024) for (name, _), _ in _places(entry))


def _places(entry: Entry) -> list[tuple[tuple[str, str], str]]:
    """Index and partition, with the key there, as a report of the app has them."""
    place = encode(entry.point, 12)
    shelf = "o" if lifecycle.is_open(entry.status) else "c"
    found = [
        (("near", f"{place[:5]}#{shelf}"), f"{place}#{entry.id}"),
        (("newest4", f"{place[:4]}#{shelf}"), entry.id),
        (("newest5", f"{place[:5]}#{shelf}"), entry.id),
        (("newest6", f"{place[:6]}#{shelf}"), entry.id),
        (("kind", f"{place[:5]}#{entry.category}"), entry.id),
    ]
    if shelf == "o":
        found.append((("trending", place[:5]), heat.key(entry.id, 0)))
    return found
