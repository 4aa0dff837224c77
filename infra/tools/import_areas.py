"""`make import-areas`: puts the polygons of a GeoJSON file into the directory by the admin API.

python -m infra.tools.import_areas --file wards.geojson --id kode --name nama --level 1
"""

import argparse
import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

from tqdm import tqdm

from infra.client import Client, Person, Refused
from infra.local import identity

ADMIN = Person("admin", "import-areas")
IMPORTS = "/v1/admin/areas/imports"
# A call takes 6 MB and 5,000 features.
PART_BYTES, PART_FEATURES = 3_000_000, 2_000


def collection(
    content: dict[str, Any], id: str, name: str, level: int, parent: str | None
) -> dict[str, Any]:
    """The body of `PUT /v1/admin/areas` from any FeatureCollection of polygons.

    `id`, `name` and `parent` are names of properties. A parent given as `ID:8` is the first eight
    characters of the id, as in hierarchical codes. ValueError when a feature lacks a property, or
    there are no features.
    """
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        raise ValueError("this is no GeoJSON FeatureCollection")
    return {
        "type": "FeatureCollection",
        "features": [_feature(one, id, name, level, parent) for one in content["features"]],
    }


def _feature(
    feature: dict[str, Any], id: str, name: str, level: int, parent: str | None
) -> dict[str, Any]:
    given = {"id": feature.get("id"), **(feature.get("properties") or {})}
    named = {id, name} if not parent or parent.startswith("ID:") else {id, name, parent}
    if missing := named - given.keys():
        raise ValueError(
            f"a feature has no property {', '.join(sorted(missing))}; it has {', '.join(given)}"
        )
    properties = {"name": str(given[name]), "level": level, "parent": _parent(given, id, parent)}
    return {
        "type": "Feature",
        "id": str(given[id]),
        "properties": properties,
        "geometry": feature.get("geometry"),
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
    data = Path(os.environ.get("DATA_DIR", ".local"))
    tokens = lambda *who: identity.token(data, *who)  # noqa: E731  # a Client's Tokens, as is
    return _send(Client(chosen.url, tokens), body)


def _send(client: Client, body: dict[str, Any]) -> int:
    try:
        stored = send(client, body["features"])
    except Refused as refused:
        print("Nothing was stored:", *refused.reasons, sep="\n  ", file=sys.stderr)
        return 1
    except ConnectionError as error:
        print(error, file=sys.stderr)
        return 1
    for warning in stored["warnings"]:
        at = warning["at"]
        print(f"warning: {warning['message']} ({at['lat']}, {at['lon']})", file=sys.stderr)
    print(
        f"{stored['received']:,} areas stored as version {stored['version']}; "
        f"the city has {stored['total']:,}"
    )
    return 0


def send(client: Client, features: list[dict[str, Any]]) -> dict[str, Any]:
    """Import them part by part, then all at once, and return what was stored. Raises Refused."""
    begun = client.call("POST", IMPORTS, ADMIN, {}, str(uuid.uuid4()))
    path = f"{IMPORTS}/{begun['id']}"
    for number, part in enumerate(tqdm(parts(features), unit="part"), start=1):
        body = {"type": "FeatureCollection", "features": part}
        client.call("PUT", f"{path}/parts/{number}", ADMIN, body)
    stored: dict[str, Any] = client.call("POST", f"{path}/commit", ADMIN, {}, str(uuid.uuid4()))
    return stored


def parts(features: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The features in their order, in parts that one call takes."""
    found: list[list[dict[str, Any]]] = []
    size = PART_BYTES
    for feature in features:
        more = len(json.dumps(feature))
        if size + more > PART_BYTES or len(found[-1]) == PART_FEATURES:
            found.append([])
            size = 0
        found[-1].append(feature)
        size += more
    return found


if __name__ == "__main__":
    sys.exit(main())
