"""Reading GeoJSON and CSV files, plain or gzipped, as records with a stable id."""

import csv
import gzip
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

type Record = dict[str, Any]

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.org/replay")


def read(file: Path) -> list[Record]:
    """All features of a FeatureCollection, or all rows of a table with a header.

    ValueError when the file is neither.
    """
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8-sig", newline="") as text:
        if ".csv" in file.suffixes:
            return list(csv.DictReader(text))
        content = json.load(text)
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        raise ValueError(f"{file} is neither a table (.csv) nor a GeoJSON FeatureCollection")
    features: list[Record] = content["features"]
    return features


def identified(records: list[Record], run: str = "") -> Iterator[tuple[uuid.UUID, Record]]:
    """Each record with an id of its content: replaying a file again adds nothing new.

    Equal records of one file are told apart by counting them. Another `run` gives other ids.
    """
    seen: Counter[str] = Counter()
    for record in records:
        content = json.dumps(record, sort_keys=True, ensure_ascii=False)
        seen[content] += 1
        yield uuid.uuid5(NAMESPACE, f"{run}\n{seen[content]}\n{content}"), record
