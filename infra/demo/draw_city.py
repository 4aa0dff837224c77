"""Draws the demo city: `python infra/demo/draw_city.py` writes `city.geojson`, always the same.

The city is a map of letters, one letter a ward, each letter a hexagon. Every side of a hexagon
becomes a crooked line, made once and used by both neighbours, so borders fit exactly. District and
city outlines are the same lines, fewer of them.
"""

import json
import random
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

type Corner = tuple[
    int, int
]  # of a hexagon: steps east, steps south; one hexagon is 2 wide and 4 high
type Point = tuple[float, float]  # longitude, latitude in degrees
type Ring = list[Point]

TARGET = Path(__file__).with_name("city.geojson")

# In the Java Sea, far from any coast, so that nobody takes it for a real place.
WEST, NORTH = 107.85, -5.14
EAST_STEP, SOUTH_STEP = (
    0.004,
    0.0023,
)  # degrees; their ratio, the root of 3, makes the hexagons regular
JITTER, CROOK, HALVINGS = 0.4, 0.18, 2  # of a step; of a side; each side becomes 4 pieces

MAP = [
    "..............",
    "............L.",
    "N...........L.",
    "NN............",
    "NNN......LLLL.",
    "NNPP...MMMLLLL",
    "NNPPPPPMMMLLLL",
    "JJPPPKKKMMSSSL",
    "JJJKKKKKKSSSSS",
    "JJJKKAAKKKSSSS",
    "BJJKKAAKKSSSTT",
    "BBBDKKKKUUSTTT",
    "BBBDDDDUUUUTTT",
    ".BBBDDDUUUUTT.",
    "..BBDDDDUUUT..",
]

CITY = "teluk-kirana"
CITY_NAME = "Kota Teluk Kirana"
DISTRICTS = {"Pesisir Utara": "NPML", "Kota Tengah": "JKAS", "Perbukitan": "BDUT"}
WARDS = {
    "N": "Kampung Nelayan",
    "P": "Pasar Ikan",
    "M": "Muara Bening",
    "L": "Pelabuhan Lama",
    "J": "Jembatan Biru",
    "K": "Kebun Melati",
    "A": "Alun-Alun",
    "S": "Simpang Lima",
    "B": "Bukit Cemara",
    "D": "Lembah Pandan",
    "U": "Sumber Jernih",
    "T": "Tegal Angin",
}


def draw_city() -> dict[str, Any]:
    """The FeatureCollection that `PUT /v1/admin/areas` takes: city, districts, wards."""
    features = [_feature(CITY, CITY_NAME, 1, None, "".join(WARDS))]
    for district, wards in DISTRICTS.items():
        parent = _slug(district)
        features.append(_feature(parent, district, 2, CITY, wards))
        features += [_feature(_slug(WARDS[w]), WARDS[w], 3, parent, w) for w in wards]
    features.sort(key=lambda feature: feature["properties"]["level"])
    return {"type": "FeatureCollection", "features": features}


def render(city: dict[str, Any]) -> str:
    """GeoJSON text with one feature a line, so that a changed border shows as one changed line."""
    lines = ",\n".join(json.dumps(f, separators=(",", ":")) for f in city["features"])
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def _feature(area: str, name: str, level: int, parent: str | None, letters: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": area,
        "properties": {"name": name, "level": level, "parent": parent},
        "geometry": _geometry(_rings(lambda letter: letter in letters)),
    }


def _slug(name: str) -> str:
    return f"{CITY}-{name.lower().replace(' ', '-')}"


def _geometry(rings: list[Ring]) -> dict[str, Any]:
    """Outer rings run counterclockwise and holes clockwise (RFC 7946), as the walk leaves them."""
    polygons = [[ring] for ring in rings if _doubled_area(ring) > 0]
    for hole in (ring for ring in rings if _doubled_area(ring) < 0):
        next(p for p in polygons if _contains(p[0], hole[0])).append(hole)
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _rings(inside: Callable[[str], bool]) -> list[Ring]:
    """Closed outlines of the hexagons whose letter is `inside`, with the inside on the left."""
    following = _border(inside)
    rings = []
    while following:
        start = corner = min(following)
        ring: Ring = []
        while corner in following:
            ahead = following.pop(corner)
            ring += _side(corner, ahead)[:-1]
            corner = ahead
        rings.append([*ring, _place(start)])
    return rings


def _border(inside: Callable[[str], bool]) -> dict[Corner, Corner]:
    """Sides that only one inside hexagon has, as corner -> next corner."""
    sides = {side for cell in _cells(inside) for side in _around(cell)}
    return {a: b for a, b in sides if (b, a) not in sides}


def _cells(inside: Callable[[str], bool]) -> Iterable[Corner]:
    """Hexagon centres; every other row is shifted by half a hexagon."""
    for y, row in enumerate(MAP):
        for x, letter in enumerate(row):
            if inside(letter):
                yield 2 * x + y % 2, 3 * y


def _around(cell: Corner) -> list[tuple[Corner, Corner]]:
    x, y = cell
    corners = [
        (x, y - 2),
        (x - 1, y - 1),
        (x - 1, y + 1),
        (x, y + 2),
        (x + 1, y + 1),
        (x + 1, y - 1),
    ]
    return list(zip(corners, corners[1:] + corners[:1], strict=True))


def _side(start: Corner, end: Corner) -> Ring:
    """The crooked line between two corners: the same points in both directions."""
    if end < start:
        return _side(end, start)[::-1]
    dice = random.Random(f"side {start} {end}")
    line = [_place(start), _place(end)]
    for _ in range(HALVINGS):
        middles = [_displaced(a, b, dice) for a, b in pairwise(line)]
        line = [p for pair in zip(line, middles, strict=False) for p in pair] + line[-1:]
    return line


def _displaced(a: Point, b: Point, dice: random.Random) -> Point:
    """The middle of a and b, moved sideways by up to CROOK of their distance."""
    push = dice.uniform(-CROOK, CROOK)
    lon = (a[0] + b[0]) / 2 - (b[1] - a[1]) * push
    lat = (a[1] + b[1]) / 2 + (b[0] - a[0]) * push
    return round(lon, 6), round(lat, 6)


def _place(corner: Corner) -> Point:
    dice = random.Random(f"corner {corner}")
    lon = WEST + (corner[0] + dice.uniform(-JITTER, JITTER)) * EAST_STEP
    lat = NORTH - (corner[1] + dice.uniform(-JITTER, JITTER)) * SOUTH_STEP
    return round(lon, 6), round(lat, 6)


def _doubled_area(ring: Ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def _contains(ring: Ring, point: Point) -> bool:
    """Even-odd rule: a ray to the east crosses the ring an odd number of times."""
    lon, lat = point
    crossings = 0
    for a, b in pairwise(ring):
        if (a[1] > lat) != (b[1] > lat):
            crossings += lon < a[0] + (lat - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
    return crossings % 2 == 1


if __name__ == "__main__":
    TARGET.write_text(render(draw_city()), encoding="utf-8", newline="\n")
