"""A place on earth."""

from typing import Annotated

from msgspec import Meta, Struct

# Geohash cells shrink towards the poles until a circle touches thousands of them. This is where
# web maps (EPSG:3857) end as well, so nothing that a map can show is lost.
LATITUDE_LIMIT = 85.05

Latitude = Annotated[float, Meta(ge=-LATITUDE_LIMIT, le=LATITUDE_LIMIT)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class Point(Struct, frozen=True):
    """WGS 84 degrees. The limits are checked where a point is decoded, not where it is built."""

    lat: Latitude
    lon: Longitude
