"""Pictures for the demo reports: a street with a problem, and the same street after the repair."""

import io
from collections.abc import Callable

from PIL import ExifTags, Image

from infra.demo import ground_scenes, street_scenes
from infra.demo.canvas import Canvas
from infra.demo.scenery import street

SCENES: dict[str, Callable[[Canvas, bool], None]] = {
    "building-violation": street_scenes.building_violation,
    "drainage": ground_scenes.drainage,
    "fallen-tree": ground_scenes.fallen_tree,
    "flooding": ground_scenes.flooding,
    "garbage": ground_scenes.garbage,
    "illegal-advertising": street_scenes.illegal_advertising,
    "illegal-parking": street_scenes.illegal_parking,
    "power-cable": street_scenes.power_cable,
    "public-facility": street_scenes.public_facility,
    "public-transport": street_scenes.public_transport,
    "road-damage": ground_scenes.road_damage,
    "sidewalk": ground_scenes.sidewalk,
    "street-light": street_scenes.street_light,
    "street-vendors": street_scenes.street_vendors,
    "traffic-jam": street_scenes.traffic_jam,
    "traffic-sign": street_scenes.traffic_sign,
    "water-supply": ground_scenes.water_supply,
}
BY_NIGHT = {"street-light"}


def draw(category: str, seed: int) -> bytes:
    """A JPEG of 1280 x 960 showing the problem; one seed, one street.

    Raises KeyError for a category of which there is nothing to be seen (noise, corruption, fire).
    """
    return _picture(category, seed, fixed=False)


def draw_fixed(category: str, seed: int) -> bytes:
    """The street of `draw(category, seed)` after the repair, as an officer would photograph it."""
    return _picture(category, seed, fixed=True)


def _picture(category: str, seed: int, fixed: bool) -> bytes:
    scene = SCENES[category]
    canvas = Canvas(f"{category} {seed}")
    street(canvas, night=category in BY_NIGHT)
    scene(canvas, fixed)
    return _encoded(canvas.finished(), seed)


def _encoded(image: Image.Image, seed: int) -> bytes:
    """With the traces a phone leaves (place, time, model, comment): something to remove."""
    file = io.BytesIO()
    image.save(
        file, "JPEG", quality=88, exif=_traces(seed), comment=b"Kiriman warga, jangan disebar"
    )
    return file.getvalue()


def _traces(seed: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Contoh"
    exif[ExifTags.Base.Model] = f"Ponsel {seed}"
    exif[ExifTags.Base.DateTime] = "2026:01:02 03:04:05"
    exif[ExifTags.IFD.GPSInfo] = {
        ExifTags.GPS.GPSLatitudeRef: "S",
        ExifTags.GPS.GPSLatitude: (5.0, 12.0, seed % 60 * 1.0),
        ExifTags.GPS.GPSLongitudeRef: "E",
        ExifTags.GPS.GPSLongitude: (107.0, 54.0, seed % 60 * 1.0),
    }
    return exif
