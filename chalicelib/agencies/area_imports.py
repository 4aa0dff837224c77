"""Importing more areas than one call holds: part by part, then all of them at once.

A part is checked when it comes, so that faults are told early and the last step is quick. Nothing
of an import is part of the directory before that step.
"""

import zlib
from datetime import datetime

import msgspec
from msgspec import Struct
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib import aws
from chalicelib.agencies import area_changes
from chalicelib.agencies.area_changes import AreasStored, Sent
from chalicelib.agencies.geojson import AreaFeature
from chalicelib.audit import recording
from chalicelib.aws import Table
from chalicelib.clock import Time, new_id, text
from chalicelib.errors import Fault, NotInDirectory, Unprocessable
from chalicelib.settings import settings

PARTS = 200


class _Row(Table):
    """`id` 0000 is the import itself, each other row one part."""

    class Meta:
        table_name = settings.directory_table

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True, default="0000")
    at = UnicodeAttribute()
    features = NumberAttribute(default=0)
    faults = NumberAttribute(default=0)
    stored = NumberAttribute(null=True)


class Part(Struct, frozen=True):
    """One part of an import: how many areas, and how many faults of outlines."""

    number: int
    features: int
    faults: int


class Import(Struct, frozen=True):
    """How far an import is; `version` is that of the areas when it is `done`."""

    id: str
    state: str
    started_at: Time
    features: int
    faults: int
    parts: list[Part]
    version: int | None


def begin(at: datetime) -> Import:
    """A new import without parts."""
    id = new_id(at)
    with recording.transaction(f"areas/imports/{id}") as writes:
        writes.save(_Row(kind=_kind(id), at=text(at)))
    return find(id)


def find(id: str) -> Import:
    """The import as it is now; NotInDirectory."""
    rows = list(_Row.query(_kind(id), consistent_read=True))
    if not rows:
        raise NotInDirectory
    head, *others = rows
    parts = [Part(int(row.id), int(row.features), int(row.faults)) for row in others]
    return Import(
        id=id,
        state="waiting" if head.stored is None else "done",
        started_at=head.at,
        features=sum(part.features for part in parts),
        faults=sum(part.faults for part in parts),
        parts=parts,
        version=None if head.stored is None else int(head.stored),
    )


def put_part(id: str, number: int, features: list[AreaFeature], at: datetime) -> list[Sent]:
    """Keep a part, in place of one of the same number, and return it with its faults.

    NotInDirectory; Unprocessable when the import is done.
    """
    _waiting(id)
    part = [
        area_changes.sent(f"parts[{number}].features[{index}]", feature)
        for index, feature in enumerate(features)
    ]
    body = zlib.compress(msgspec.msgpack.encode(part), 1)
    aws.s3().put_object(Bucket=settings.exports_bucket, Key=_key(id, number), Body=body)
    faults = sum(len(one.faults) for one in part)
    row = _Row(kind=_kind(id), id=f"{number:04d}", at=text(at), features=len(part), faults=faults)
    with recording.transaction(f"areas/imports/{id}") as writes:
        writes.save(row)
    return part


def commit(id: str, replace: bool, language: str) -> AreasStored:
    """Make all parts the city's areas, or nothing of them; as `area_changes.add`."""
    found = _waiting(id)
    if not found.parts:
        raise Unprocessable(Fault("id", "fault.no_parts"))
    came = [one for part in found.parts for one in _part(id, part.number)]
    stored = area_changes.add(came, language, replace)
    _Row(_kind(id), "0000").update([_Row.stored.set(stored.version)])
    return stored


def _waiting(id: str) -> Import:
    found = find(id)
    if found.state == "done":
        raise Unprocessable(Fault("id", "fault.import_done"))
    return found


def _part(id: str, number: int) -> list[Sent]:
    answer = aws.s3().get_object(Bucket=settings.exports_bucket, Key=_key(id, number))
    return msgspec.msgpack.decode(zlib.decompress(answer["Body"].read()), type=list[Sent])


def _kind(id: str) -> str:
    return f"areas-import#{id}"


def _key(id: str, number: int) -> str:
    return f"areas/imports/{id}/{number:04d}"
