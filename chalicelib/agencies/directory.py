"""The directory as one value in memory, read again only when its edition has changed."""

from datetime import date
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.update import Action

from chalicelib import aws
from chalicelib.agencies import reasons
from chalicelib.agencies.models import (
    AREAS,
    Agency,
    AreasVersion,
    Category,
    CityTime,
    Edition,
    Entry,
    Reason,
    Route,
    Template,
    WordList,
    WorkingHours,
)
from chalicelib.agencies.reasons import Reasons
from chalicelib.audit import recording
from chalicelib.clock import now, text
from chalicelib.errors import NotInDirectory
from chalicelib.places import atlas
from chalicelib.places.areas import AreaIndex, AreaShape
from chalicelib.settings import settings
from chalicelib.working_time import Calendar

KINDS: dict[str, type[Struct]] = {
    "category": Category,
    "agency": Agency,
    "route": Route,
    "word-list": WordList,
    "time": CityTime,
    "template": Template,
    "reason": Reason,
}

FIRST_CHANGE = "1970-01-01T00:00:00.000Z"
"""Of a directory that nobody has changed yet."""
_EIGHT_HOURS = ["08:00-16:00"]
# Of a city that has not said when it works.
USUAL_HOURS = WorkingHours(*[_EIGHT_HOURS] * 5)


class Directory(Struct, frozen=True):
    """Everything that decides where a report goes; `changed_at` is when any of it last did."""

    edition: int
    areas_key: str | None
    categories: dict[str, Category]
    agencies: dict[str, Agency]
    routes: dict[str, Route]
    time: dict[str, CityTime]
    templates: dict[str, Template]
    changed_at: str = FIRST_CHANGE

    @property
    def areas(self) -> AreaIndex:
        """The city's areas; read at first use, for most requests name no place."""
        return _areas(self.areas_key)

    @property
    def word_lists(self) -> dict[str, WordList]:
        """The lists by language; read at first use, for only what people write is compared."""
        return _word_lists(self.edition)

    @property
    def reasons(self) -> Reasons:
        """All reason codes; read at first use, for only closed reports have one."""
        return _reasons(self.edition)

    def reason_text(self, status: str, code: str | None, language: str) -> str | None:
        """The sentence for the public that a reason code stands for; None without a code."""
        return reasons.text_of(self.reasons, status, code, language) if code else None

    @property
    def coordinator(self) -> str | None:
        """The agency that takes what no route covers."""
        return next((id for id, agency in self.agencies.items() if agency.coordinator), None)

    @property
    def holidays(self) -> list[date]:
        """The days on which nobody works, whatever the weekday."""
        row = self.time.get("holidays")
        return row.dates or [] if row else []

    @property
    def working_hours(self) -> WorkingHours:
        """When the city works in a usual week."""
        row = self.time.get("working-hours")
        return row.hours or USUAL_HOURS if row else USUAL_HOURS

    def calendar(self, working_time: bool) -> Calendar | None:
        """The city's working time, or None for a clock that all time counts for."""
        if not working_time:
            return None
        week, holidays = self.working_hours.week(), frozenset(self.holidays)
        return Calendar(settings.time_zone, week, holidays)


_cached: Directory | None = None


def current() -> Directory:
    """The directory as of now: one strongly read row when nothing changed since the last call."""
    global _cached
    edition = _edition()
    if _cached is None or _cached.edition != edition.number:
        _cached = _load(edition)
    return _cached


def calendar(working_time: bool) -> Calendar | None:
    """As `Directory.calendar` of now, which is read for working time only."""
    return current().calendar(True) if working_time else None


def put(kind: str, id: str, entry: Struct) -> None:
    """Create or replace one entry."""
    row = Entry(kind=kind, id=id, body=msgspec.json.encode(entry).decode())
    changed = recording.changes(_there(kind, id), entry, _shown(entry))
    with recording.transaction(f"{kind}/{id}", changed) as transaction:
        transaction.save(row)
        transaction.update(Edition("directory", "edition"), actions=_counted_up())


def remove(kind: str, id: str) -> None:
    """Delete one entry; nothing happens when it is not there."""
    before = _there(kind, id)
    changed = recording.changes(before, None, _shown(before))
    with recording.transaction(f"{kind}/{id}", changed) as transaction:
        transaction.delete(Entry(kind=kind, id=id))
        transaction.update(Edition("directory", "edition"), actions=_counted_up())


def replace_areas(shapes: list[AreaShape]) -> int | None:
    """Make these the city's areas, all at once, and return the number of this version of them.

    None when another change came in between.

    The prepared index is one object under the hash of its content, so nobody ever sees half of it.
    """
    edition = _edition()
    number = int(edition.number) + 1
    version = AreasVersion(id=f"{number:08d}", at=text(now()), areas=len(shapes))
    key = version.key = atlas.save(AreaIndex.build(shapes))
    unchanged = (
        Edition.number == edition.number if edition.number else Edition.number.does_not_exist()
    )
    try:
        with recording.transaction("areas", {"areas": (edition.areas_key, key)}) as transaction:
            transaction.update(
                Edition("directory", "edition"),
                actions=[
                    Edition.number.set(number),
                    Edition.areas_key.set(key),
                    Edition.changed_at.set(version.at),
                ],
                condition=unchanged,
            )
            transaction.save(version)
    except TransactWriteError:
        return None
    return number


def area_versions() -> list[AreasVersion]:
    """All versions that the areas have had, the oldest first."""
    return list(AreasVersion.query(AREAS, consistent_read=True))


def areas_of(version: int) -> AreaIndex:
    """The areas of one version; NotInDirectory."""
    try:
        return _areas(AreasVersion.get(AREAS, f"{version:08d}", consistent_read=True).key)
    except AreasVersion.DoesNotExist:
        raise NotInDirectory from None


def _counted_up() -> list[Action]:
    return [Edition.number.add(1), Edition.changed_at.set(text(now()))]


def _there(kind: str, id: str) -> Struct | None:
    """The entry as it is now."""
    try:
        row = Entry.get(kind, id, consistent_read=True)
    except Entry.DoesNotExist:
        return None
    return msgspec.json.decode(row.body, type=KINDS[kind])


def _shown(entry: Struct | None) -> tuple[str, ...]:
    """The fields that the audit tells; an address of people it does not."""
    return tuple(name for name in getattr(entry, "__struct_fields__", ()) if name != "email")


def _edition() -> Edition:
    try:
        return Edition.get("directory", "edition", consistent_read=True)
    except Edition.DoesNotExist:
        return Edition(number=0)


@lru_cache(maxsize=2)
def _areas(key: str | None) -> AreaIndex:
    # An object is named by its content's hash, so that what was read once never grows old.
    return atlas.load(key)


@lru_cache(maxsize=2)
def _word_lists(edition: int) -> dict[str, WordList]:
    return _entries("word-list")


@lru_cache(maxsize=2)
def _reasons(edition: int) -> Reasons:
    return reasons.of_city(_entries("reason"))


def _load(edition: Edition) -> Directory:
    return Directory(
        edition=int(edition.number),
        areas_key=edition.areas_key,
        categories=_entries("category"),
        agencies=_entries("agency"),
        routes=_entries("route"),
        time=_entries("time"),
        templates=_entries("template"),
        changed_at=edition.changed_at or FIRST_CHANGE,
    )


def _entries(kind: str) -> dict[str, Any]:
    request = {
        "TableName": settings.directory_table,
        "KeyConditionExpression": "kind = :kind",
        "ExpressionAttributeValues": {":kind": {"S": kind}},
        "ConsistentRead": True,
    }
    pages = aws.dynamodb().get_paginator("query").paginate(**request)
    return {
        item["id"]["S"]: msgspec.json.decode(item["body"]["S"], type=KINDS[kind])
        for page in pages
        for item in page["Items"]
    }
