"""Boxes of latitude and longitude."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.places.point import Longitude, Point

_Parallel = Annotated[float, Meta(ge=-90, le=90)]


class Box(Struct, frozen=True):
    """Degrees, borders included; `west` > `east` means across the antimeridian (RFC 7946, 5.2).

    Longitudes are compared as written: 180 and -180 are two sides of the antimeridian.
    ValueError when `south` is north of `north`.
    """

    west: Longitude
    south: _Parallel
    east: Longitude
    north: _Parallel

    def __post_init__(self) -> None:
        if not self.south <= self.north:
            raise ValueError("the south of a box is north of its north")

    def contains(self, point: Point) -> bool:
        """Whether the point is inside or on the border."""
        if not self.south <= point.lat <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= point.lon <= self.east
        return point.lon >= self.west or point.lon <= self.east

    def split(self) -> list["Box"]:
        """The same area as one plain box, or as two that meet at the antimeridian."""
        if self.west <= self.east:
            return [self]
        return [
            Box(self.west, self.south, 180.0, self.north),
            Box(-180.0, self.south, self.east, self.north),
        ]

    def overlap(self, other: "Box") -> "Box | None":
        """What two plain boxes have in common; None when that is nothing."""
        west, south = max(self.west, other.west), max(self.south, other.south)
        east, north = min(self.east, other.east), min(self.north, other.north)
        return Box(west, south, east, north) if west <= east and south <= north else None

    def wider(self, degrees: float) -> "Box":
        """A plain box that is wider by so much on each side; it may reach beyond the earth's."""
        return Box(
            self.west - degrees, self.south - degrees, self.east + degrees, self.north + degrees
        )

    @property
    def centre(self) -> Point:
        """The middle of both axes."""
        width = self.east - self.west + (360 if self.west > self.east else 0)
        lon = self.west + width / 2
        return Point(lat=(self.south + self.north) / 2, lon=lon - 360 if lon > 180 else lon)
