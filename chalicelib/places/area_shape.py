"""Administrative areas and their outlines."""

from msgspec import Struct

from chalicelib.places.orientation import Position

Ring = list[Position]
# GeoJSON MultiPolygon coordinates: polygons, each an outer ring and then its holes, each a closed
# list of [longitude, latitude] (RFC 7946, 3.1.7).
Polygons = list[list[Ring]]


class Area(Struct, frozen=True):
    """An area as reports carry it. Level 1 is the largest."""

    id: str
    name: str
    level: int


class ListedArea(Area, frozen=True):
    """An area and the id of the area around it, None for the largest."""

    parent: str | None


class AreaShape(ListedArea, frozen=True):
    """An area with its outline."""

    geometry: Polygons
