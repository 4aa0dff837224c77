"""From a record of somebody's file to a report, by a small mapping file in YAML.

Its keys are fields of the report (`answers.depth-cm` is inside `answers`), its values rules:

    {value: flooding}                          always this
    {from: [text, title], otherwise: "..."}    the first of these fields that is not empty, or else
    {from: type, choices: {Pothole: road}}     translated; `otherwise` for all that is not listed
    {from: opened, zone: Asia/Jakarta}         a time; the zone of times that name none

Fields inside others are named with dots: `report_data.flood_depth`. A GeoJSON point gives the
location; a table names its columns by `location.lat` and `location.lon`.
"""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

type Record = dict[str, Any]
type Rule = dict[str, Any]

WORDS = {"value", "from", "otherwise", "choices", "zone"}
NUMBERS = ("location.lat", "location.lon", "accuracy_m")


def load(file: Path) -> dict[str, Rule]:
    """The rules by report field; ValueError naming the first that is none."""
    rules = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(rules, dict):
        raise ValueError(f"{file}: expected fields of a report and their rules")
    for field, rule in rules.items():
        if not isinstance(rule, dict) or not rule or set(rule) - WORDS:
            raise ValueError(f"{file}: {field} has no rule of {', '.join(sorted(WORDS))}")
    return rules


def report(record: Record, rules: dict[str, Rule]) -> Record:
    """The body of `POST /v1/reports`; what no rule fills is left out.

    ValueError when a time or a number cannot be read.
    """
    body: Record = {}
    if isinstance(point := _point(record), dict):
        body["location"] = point
    for field, rule in rules.items():
        value = _value(record, rule)
        if value is not None:
            _put(body, field, float(value) if field in NUMBERS else value)
    return body


def _point(record: Record) -> Record | None:
    geometry = record.get("geometry")
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None
    lon, lat = geometry["coordinates"][:2]
    return {"lat": lat, "lon": lon}


def _value(record: Record, rule: Rule) -> Any:
    if "value" in rule:
        return rule["value"]
    names = rule["from"] if isinstance(rule["from"], list) else [rule["from"]]
    found = next((one for name in names if not _empty(one := _field(record, name))), None)
    if "choices" in rule:
        found = rule["choices"].get(found)
    if found is None:
        return rule.get("otherwise")
    return _time(found, rule["zone"]) if "zone" in rule else found


def _field(record: Record, name: str) -> Any:
    # A GeoJSON feature keeps its fields in `properties`, a table's row is flat.
    value: Any = record.get("properties", record)
    if name in value:
        return value[name]
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _time(value: str, zone: str) -> str:
    at = datetime.fromisoformat(value)
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).isoformat()


def _put(body: Record, field: str, value: Any) -> None:
    *path, last = field.split(".")
    for part in path:
        body = body.setdefault(part, {})
    body[last] = value
