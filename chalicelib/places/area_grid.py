"""A grid of small cells, each with the areas that may hold a place in it."""

from collections.abc import Sequence
from math import ceil, sqrt

from msgspec import Struct

from chalicelib.places.polygon import Bounds

# Cells a side for each area a side, if areas were squares: finer grids answer little faster.
_FINENESS = 8
_MAX_SIDE = 512


class AreaGrid(Struct, frozen=True):
    """`cells` holds, by row * side + column, the numbers of the areas, in ascending order."""

    bounds: Bounds
    side: int
    cells: dict[int, list[int]]

    def candidates(self, lon: float, lat: float) -> Sequence[int]:
        """The numbers of all areas whose bounds the place may be in."""
        west, south, east, north = self.bounds
        if not (west <= lon <= east and south <= lat <= north):
            return ()
        return self.cells.get(self._row(lat) * self.side + self._column(lon), ())

    def _column(self, lon: float) -> int:
        west, _, east, _ = self.bounds
        return int((lon - west) / (east - west) * (self.side - 1))

    def _row(self, lat: float) -> int:
        _, south, _, north = self.bounds
        return int((lat - south) / (north - south) * (self.side - 1))


def build_grid(areas: list[list[Bounds]]) -> AreaGrid:
    """The grid over areas given by the bounds of each of their polygons."""
    side = min(_MAX_SIDE, ceil(_FINENESS * sqrt(len(areas))) + 1)
    grid = AreaGrid(_around([part for parts in areas for part in parts]), side, {})
    for number, parts in enumerate(areas):
        for cell in sorted({cell for part in parts for cell in _cells(grid, part)}):
            grid.cells.setdefault(cell, []).append(number)
    return grid


def _around(parts: list[Bounds]) -> Bounds:
    if not parts:
        # Turned round, so that no place is inside.
        return Bounds(0, 0, -1, -1)
    wests, souths, easts, norths = zip(*parts, strict=True)
    return Bounds(min(wests), min(souths), max(easts), max(norths))


def _cells(grid: AreaGrid, part: Bounds) -> list[int]:
    columns = range(grid._column(part.west), grid._column(part.east) + 1)
    rows = range(grid._row(part.south), grid._row(part.north) + 1)
    return [row * grid.side + column for row in rows for column in columns]
