"""Distances on a sphere: within 0.6 % of the ellipsoid, and the same everywhere in the system."""

from math import asin, atan2, copysign, cos, degrees, pi, radians, sin, sqrt

from chalicelib.places.box import Box
from chalicelib.places.point import Point

# Mean radius of the earth, (2a + b) / 3 of WGS 84 (IUGG).
EARTH_RADIUS_M = 6371008.8


def distance_m(a: Point, b: Point) -> float:
    """Great-circle metres, by the haversine formula (R. W. Sinnott, 1984)."""
    return _metres(a.lat, b.lat, b.lon - a.lon)


def circle_box(centre: Point, radius_m: float) -> Box:
    """The smallest box around a circle, exact on the sphere (J. P. Snyder, 1987, small circles).

    It crosses the antimeridian where the circle does, and goes all round when a pole is inside.
    """
    angle = radius_m / EARTH_RADIUS_M
    south, north = centre.lat - degrees(angle), centre.lat + degrees(angle)
    if south <= -90 or north >= 90:
        return Box(-180.0, max(south, -90.0), 180.0, min(north, 90.0))
    half = degrees(asin(min(1.0, sin(angle) / cos(radians(centre.lat)))))
    return Box(wrap_longitude(centre.lon - half), south, wrap_longitude(centre.lon + half), north)


def distance_to_box_m(point: Point, box: Box) -> float:
    """Metres to the nearest place of the box, 0 inside: no place of it is nearer."""
    turn = _turn_to_box(point.lon, box)
    # Along the nearest meridian of the box, the nearest place is where the great circle from
    # the point meets it at a right angle, or else one of the two corners.
    foot = _foot(point.lat, turn)
    corners = (box.south, box.north)
    candidates = (foot,) if box.south <= foot <= box.north else corners
    return min(_metres(point.lat, candidate, turn) for candidate in candidates)


def half_width(centre: Point, radius_m: float, south: float, north: float) -> float | None:
    """How far, in degrees of longitude, a circle reaches between two parallels; None if not at all.

    Radii from a quarter of the earth's circumference on are answered with 180.
    """
    angle = radius_m / EARTH_RADIUS_M
    if angle >= pi / 2:
        return 180.0
    lat = min(max(_widest_parallel(centre.lat, angle), south), north)
    across = cos(radians(centre.lat)) * cos(radians(lat))
    reach = _squared_sine(angle) - _squared_sine(radians(lat - centre.lat))
    if reach < 0:
        return None
    return 180.0 if reach >= across else degrees(2 * asin(sqrt(reach / across)))


def wrap_longitude(lon: float) -> float:
    """The same meridian within -180 to 180, for longitudes at most one turn beyond."""
    if lon < -180:
        return lon + 360
    return lon - 360 if lon > 180 else lon


def _metres(from_lat: float, to_lat: float, turn: float) -> float:
    across = cos(radians(from_lat)) * cos(radians(to_lat))
    chord = _squared_sine(radians(to_lat - from_lat)) + across * _squared_sine(radians(turn))
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


def _squared_sine(angle: float) -> float:
    """Squared sine of half the angle (radians): keeps its digits for small angles."""
    half = sin(angle / 2)
    return half * half


def _turn_to_box(lon: float, box: Box) -> float:
    """Degrees of longitude to the nearest meridian of the box, 0 to 180."""
    width, offset = (box.east - box.west) % 360, (lon - box.west) % 360
    if offset <= width or box.east - box.west == 360:
        return 0.0
    return min(offset - width, 360 - offset)


def _foot(lat: float, turn: float) -> float:
    """Where the great circle from a latitude meets a meridian `turn` degrees away squarely."""
    if turn == 0:
        return lat
    return degrees(atan2(sin(radians(lat)), cos(radians(lat)) * cos(radians(turn))))


def _widest_parallel(lat: float, angle: float) -> float:
    """The latitude at which a circle of that angle (radians) reaches farthest east and west."""
    tilt = sin(radians(lat)) / cos(angle)
    return degrees(asin(tilt)) if abs(tilt) < 1 else copysign(90.0, lat)
