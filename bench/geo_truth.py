"""The right answers, by looking at the reports one by one: knows neither cells nor indexes."""

from collections import defaultdict
from collections.abc import Sequence
from math import cos, floor, radians

from chalicelib.places.box import Box
from chalicelib.places.distance import distance_m
from chalicelib.places.point import Point
from chalicelib.reports import lifecycle
from chalicelib.reports.index import Entry

# Degrees: reports are kept by squares of this side, only so that far ones need no look.
SQUARE = 0.01
METRES_A_DEGREE = 111_000


class Truth:
    """All reports in order of time, and by squares."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._squares: dict[tuple[int, int], list[Entry]] = defaultdict(list)
        for entry in entries:
            self._squares[floor(entry.point.lat / SQUARE), floor(entry.point.lon / SQUARE)].append(
                entry
            )

    def near(self, centre: Point, radius_m: float, *, open_only: bool) -> list[str]:
        """The ids of all within the radius, nearest first."""
        high = radius_m / METRES_A_DEGREE + SQUARE / 100
        wide = high / cos(radians(centre.lat))
        rows = range(floor((centre.lat - high) / SQUARE), floor((centre.lat + high) / SQUARE) + 1)
        columns = range(
            floor((centre.lon - wide) / SQUARE), floor((centre.lon + wide) / SQUARE) + 1
        )
        found = [
            (distance_m(centre, entry.point), entry.id)
            for row in rows
            for column in columns
            for entry in self._squares.get((row, column), ())
            if not open_only or lifecycle.is_open(entry.status)
        ]
        return [id for away, id in sorted(found) if away <= radius_m]

    def newest(self, box: Box, limit: int, open_only: bool) -> list[str]:
        """The ids of the newest in the box."""
        found = []
        for entry in reversed(self._entries):
            if open_only and not lifecycle.is_open(entry.status):
                continue
            if box.contains(entry.point):
                found.append(entry.id)
                if len(found) == limit:
                    break
        return found
