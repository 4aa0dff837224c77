"""Areas as GeoJSON (RFC 7946), in and out."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib.places.areas import AreaShape

Position = Annotated[list[float], Meta(min_length=2, max_length=4)]


class Polygon(Struct, frozen=True, tag_field="type", tag="Polygon"):
    """One polygon: an outer ring, then holes (RFC 7946, section 3.1.6)."""

    coordinates: list[list[Position]]


class MultiPolygon(Struct, frozen=True, tag_field="type", tag="MultiPolygon"):
    """Several polygons (RFC 7946, section 3.1.7)."""

    coordinates: list[list[list[Position]]]


class AreaProperties(Struct, frozen=True):
    """What an area is called and where it belongs; other properties are ignored."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    level: Annotated[int, Meta(ge=1, le=9)]
    parent: str | None = None


class AreaFeature(Struct, frozen=True):
    """One area as a GeoJSON feature."""

    type: Literal["Feature"]
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
    properties: AreaProperties
    geometry: Polygon | MultiPolygon


class AreaCollection(Struct, frozen=True):
    """A GeoJSON FeatureCollection of areas."""

    type: Literal["FeatureCollection"]
    features: Annotated[list[AreaFeature], Meta(min_length=1, max_length=5000)]


def shape_of(feature: AreaFeature) -> AreaShape:
    """The area that a feature tells of."""
    geometry = feature.geometry
    polygons = [geometry.coordinates] if isinstance(geometry, Polygon) else geometry.coordinates
    return AreaShape(
        id=feature.id,
        name=feature.properties.name,
        level=feature.properties.level,
        parent=feature.properties.parent,
        geometry=[[[(at[0], at[1]) for at in ring] for ring in rings] for rings in polygons],
    )


def ring_path(feature: AreaFeature, polygon: int, ring: int) -> str:
    """Where a ring of the feature's shape is in its geometry, as `coordinates[0][1]`."""
    single = isinstance(feature.geometry, Polygon)
    return f"coordinates[{ring}]" if single else f"coordinates[{polygon}][{ring}]"


def feature_of(shape: AreaShape) -> AreaFeature:
    """The area as a feature; always a MultiPolygon."""
    outline = [[[[*at] for at in ring] for ring in rings] for rings in shape.geometry]
    properties = AreaProperties(shape.name, shape.level, shape.parent)
    return AreaFeature("Feature", shape.id, properties, MultiPolygon(outline))
