"""The local system's page at `/`: home.html, filled with the demo city and a strict policy."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from chalicelib.places.area_shape import Ring
from chalicelib.places.roomiest import roomiest

TEMPLATE = Path(__file__).with_name("home.html")
CITY = Path(__file__).parents[1] / "demo" / "city.geojson"
MARGIN = 0.007  # degrees of sea around the city


def write(file: Path, demo: bool, make: str = "") -> None:
    """Write the page to `file`; it shows the demo city's outlines, or asks where the city is.

    `make` is what the page's `make` commands need to find this system: `PORT=8001`.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(demo, make), encoding="utf-8")


def page(demo: bool, make: str = "") -> str:
    """The page's HTML."""
    template = TEMPLATE.read_text(encoding="utf-8")
    facts = {**(_city() if demo else _nowhere()), "make": f" {make}" if make else ""}
    # `</script>` in a name must not end the element that holds the data.
    city = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return template.replace("{{ policy }}", policy(template)).replace("{{ city }}", city)


def policy(template: str) -> str:
    """A Content-Security-Policy: this page's own script and style, and otherwise this host."""
    (script,) = re.findall(r"<script>(.*?)</script>", template, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", template, re.DOTALL)
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _nowhere() -> dict[str, Any]:
    return {"name": "", "box": None, "areas": []}


def _city() -> dict[str, Any]:
    areas = [_area(one) for one in json.loads(CITY.read_text(encoding="utf-8"))["features"]]
    points = [point for area in areas for ring in area["rings"] for point in ring]
    west, east = min(lon for lon, _ in points), max(lon for lon, _ in points)
    south, north = min(lat for _, lat in points), max(lat for _, lat in points)
    box = [west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN]
    name = next(area["name"] for area in areas if area["level"] == 1)
    return {"name": name, "box": [round(x, 5) for x in box], "areas": areas}


def _area(feature: dict[str, Any]) -> dict[str, Any]:
    """Name, level, rings to five decimals (a metre), and where to write the name."""
    shape = feature["geometry"]
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    rings: list[Ring] = [
        [(round(lon, 5), round(lat, 5)) for lon, lat in ring]
        for rings in polygons
        for ring in rings
    ]
    facts = feature["properties"]
    return {
        "name": facts["name"],
        "level": facts["level"],
        "rings": rings,
        "middle": [round(x, 5) for x in roomiest(rings)],
    }
