"""PyPI's dynamodbgeo on the same reports: its own code over a client that pages as DynamoDB does.

The project does not need it: the bench takes it along where it can be imported.
"""

import importlib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from math import ceil
from typing import Any

from bench.geo_shelves import PAGE_BYTES, UNIT_BYTES, Cost, entry_bytes
from chalicelib.places.point import Point
from chalicelib.reports.index import Entry

# Its default of 2 digits puts a whole city into one partition.
HASH_KEY_LENGTH = 6


class Peer:
    """The open reports in its table, each an item as small as our index entries."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._geo = importlib.import_module("dynamodbgeo")
        config = self._geo.GeoDataManagerConfiguration(self, "reports")
        config.hashKeyLength = HASH_KEY_LENGTH
        coverer = config.S2RegionCoverer
        config.S2RegionCoverer = lambda: _eight_cells(coverer())
        self._manager = self._geo.GeoDataManager(config)
        self._rows: dict[int, list[tuple[int, str]]] = defaultdict(list)
        self._items: dict[str, dict[str, Any]] = {}
        for entry in entries:
            self._put(entry)
        for rows in self._rows.values():
            rows.sort()
        self._cost = Cost()

    def near(self, centre: Point, radius_m: float) -> set[str]:
        """The ids of all that it finds within the radius."""
        point = self._geo.GeoPoint(centre.lat, centre.lon)
        # A dictionary of one's own: the default one is shared by all requests.
        request = self._geo.QueryRadiusRequest(point, radius_m, {}, sort=True)
        return {item["rangeKey"]["S"] for item in self._manager.queryRadius(request)}

    def take_cost(self) -> Cost:
        """What was spent since the last time; each of its requests waits for the one before."""
        cost, self._cost = self._cost, Cost()
        return cost

    def query(self, **asked: Any) -> dict[str, Any]:
        """As a client's `query`, with the one condition that is asked here."""
        values = asked["ExpressionAttributeValues"]
        part, low, high = (
            int(values[f":{name}"]["N"]) for name in ("hashKey", "geohashMin", "geohashMax")
        )
        rows = self._rows.get(part, [])
        start, end = bisect_left(rows, (low, "")), bisect_right(rows, (high, "~"))
        if after := asked.get("ExclusiveStartKey"):
            start = max(start, bisect_right(rows, after["row"]))
        taken, size = [], 0
        for row in rows[start:end]:
            taken.append(row)
            size += self._items[row[1]]["bytes"]
            if size >= PAGE_BYTES:
                break
        requests, units, deep, read = self._cost
        units += max(0.5, ceil(size / UNIT_BYTES) * 0.5)
        self._cost = Cost(requests + 1, units, deep + 1, read + len(taken))
        answer: dict[str, Any] = {"Items": [self._items[id] for _, id in taken]}
        if start + len(taken) < end:
            answer["LastEvaluatedKey"] = {"row": taken[-1]}
        return answer

    def _put(self, entry: Entry) -> None:
        s2 = self._geo.S2Manager()
        geohash = s2.generateGeohash(self._geo.GeoPoint(entry.point.lat, entry.point.lon))
        self._rows[s2.generateHashKey(geohash, HASH_KEY_LENGTH)].append((geohash, entry.id))
        place = {"S": f"{entry.point.lat},{entry.point.lon}"}
        size = entry_bytes("near", entry)
        self._items[entry.id] = {"rangeKey": {"S": entry.id}, "geoJson": place, "bytes": size}


def _eight_cells(coverer: Any) -> Any:
    # As its Java original does; the library itself leaves the coverer as it comes.
    coverer.max_cells = 8
    return coverer
