"""`make import-areas`: puts the polygons of a GeoJSON file into the directory by the admin API.

python -m infra.tools.import_areas --file wards.geojson --id kode --name nama --level 1
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from infra.client import Client, Person, Refused
from infra.local import identity

ADMIN = Person("admin", "import-areas")


def collection(
    content: dict[str, Any], id: str, name: str, level: int, parent: str | None
) -> dict[str, Any]:
    """The body of `PUT /v1/admin/areas` from any FeatureCollection of polygons.

    `id`, `name` and `parent` are names of properties. A parent given as `ID:8` is the first eight
    characters of the id, as in hierarchical codes. KeyError when a feature lacks a property.
    """
    return {
        "type": "FeatureCollection",
        "features": [_feature(one, id, name, level, parent) for one in content["features"]],
    }


def _feature(
    feature: dict[str, Any], id: str, name: str, level: int, parent: str | None
) -> dict[str, Any]:
    given = {"id": feature.get("id"), **feature["properties"]}
    properties = {"name": str(given[name]), "level": level, "parent": _parent(given, id, parent)}
    return {
        "type": "Feature",
        "id": str(given[id]),
        "properties": properties,
        "geometry": feature["geometry"],
    }


def _parent(given: dict[str, Any], id: str, parent: str | None) -> str | None:
    if not parent:
        return None
    if parent.startswith("ID:"):
        return str(given[id])[: int(parent.removeprefix("ID:"))]
    return str(given[parent])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--file", required=True, type=Path)
    parser.add_argument("--id", default="id", help="property with the area's id")
    parser.add_argument("--name", default="name", help="property with its name")
    parser.add_argument("--level", type=int, default=1, help="1 is the largest")
    parser.add_argument("--parent", help="property with its parent's id, or ID:n")
    chosen = parser.parse_args()
    try:
        content = json.loads(chosen.file.read_text(encoding="utf-8"))
        body = collection(content, chosen.id, chosen.name, chosen.level, chosen.parent)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    except KeyError as error:
        parser.error(f"a feature has no property {error}; choose --id and --name among its own")
    data = Path(os.environ.get("DATA_DIR", ".local"))
    tokens = lambda *who: identity.token(data, *who)  # noqa: E731  # a Client's Tokens, as is
    return _send(Client(chosen.url, tokens), body)


def _send(client: Client, body: dict[str, Any]) -> int:
    try:
        stored = client.call("PUT", "/v1/admin/areas", ADMIN, body)
    except Refused as refused:
        print("Nothing was stored:", *refused.reasons, sep="\n  ", file=sys.stderr)
        return 1
    print(f"{stored['received']:,} areas stored; the city has {stored['total']:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
