"""Events: written in the transaction of the change they tell; only an erasure empties a text."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import msgspec
from msgspec import Struct
from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute

from chalicelib import aws
from chalicelib.aws import Table
from chalicelib.clock import first_id, id_time, new_id, text
from chalicelib.people import doing
from chalicelib.settings import settings

TYPES = (
    "report.created",
    "report.routed",
    "report.status_changed",
    "report.comment_added",
    "report.photo_ready",
    "report.confirmed",
    "report.disputed",
    "report.question_asked",
    "report.question_answered",
    "report.question_lapsed",
    "report.due_soon",
    "report.overdue",
    "report.escalated",
    "report.merged",
    "report.unmerged",
    "report.edited",
    "report.hidden",
    "report.shown",
    "report.erased",
    "digest.ready",
    "endpoint.ping",
)
DIGEST_READY = "digest.ready"
CELL_LENGTH = 6
"""Characters of the geohash cell by which a report is counted: some 1.2 km by 0.6 km."""


class EventArea(Struct, frozen=True):
    """An area of the report's chain, as it was when the event happened."""

    id: str
    level: int


class Standing(Struct, frozen=True, omit_defaults=True):
    """What has become of a report, as the figures count it; times as in EventData.

    `claimed_at` is the last claim of a fix, also of a report that was reopened since; `late`: still
    open when its due time passed. `disputed` and `reopened` tell that it ever was so.
    """

    first_response_at: str | None = None
    claimed_at: str | None = None
    closed_at: str | None = None
    confirmed_by: str | None = None
    disputed: bool = False
    reopened: bool = False
    hand_overs: int = 0
    rating: int | None = None
    late: bool = False
    spam: bool = False


class EventData(Struct, frozen=True, omit_defaults=True):
    """What an event tells of its report: never who reported it.

    `previous_*` are told by the one event of a change that changed them, None by all others:
    counters subtract what was and add what is. So does `standing`, with `previous`: the values
    before the change of whatever it changed among status, category, agency, areas, due time,
    geohash cell and the standing. A new report has no `previous`.
    `hidden` is why moderators hide the report now (`spam` is among it); meanwhile it is `private`.
    """

    report_id: str
    number: str
    version: int
    status: str
    category: str
    agency_id: str | None
    areas: list[EventArea]
    location: dict[str, float]
    reported_at: str
    url: str
    resolve_due: str | None = None
    private: bool = False
    previous_status: str | None = None
    previous_location: dict[str, float] | None = None
    previous_private: bool | None = None
    previous_agency_id: str | None = None
    reason: str | None = None
    note: str | None = None
    named_agency_id: str | None = None
    escalated_to: str | None = None
    clock: str | None = None
    due: str | None = None
    duplicate_of: str | None = None
    duplicate_id: str | None = None
    duplicate_ids: list[str] | None = None
    recurrence_of: str | None = None
    changed: list[str] | None = None
    actor: str | None = None
    photo_id: str | None = None
    comment_id: str | None = None
    hidden: str | None = None
    rating: int | None = None
    imported: bool = False
    standing: Standing | None = None
    previous: dict[str, Any] | None = None


class Envelope(Struct, frozen=True):
    """The body of a webhook request, signed and sent as these very bytes."""

    type: str
    timestamp: str
    data: EventData


class Event(Table):
    """One fact. The partition is the UTC hour of the id, so a period is read without an index.

    `doer` is the mark of who did it (see people/doing.py); it is told to nobody.
    `digest.ready` is of no report: then `report_id` is None, and the body no Envelope.
    """

    class Meta:
        table_name = settings.events_table

    hour = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute()
    report_id = UnicodeAttribute(null=True)
    category = UnicodeAttribute()
    agency_ids = UnicodeSetAttribute(null=True)
    body = UnicodeAttribute()
    doer = UnicodeAttribute(null=True)


def new_event(type: str, data: EventData, at: datetime) -> Event:
    """An event of one of TYPES, ready to be saved in the change's transaction."""
    id = new_id(at)
    told = (data.agency_id, data.previous_agency_id, data.escalated_to)
    agencies = {agency for agency in told if agency}
    return Event(
        hour=hour_of(id),
        id=id,
        type=type,
        report_id=data.report_id,
        category=data.category,
        agency_ids=agencies or None,
        body=msgspec.json.encode(Envelope(type, text(at), data)).decode(),
        doer=doing.mark(id),
    )


def hour_of(event_id: str) -> str:
    """The partition of an event: `2026-11-24T01`, from the time inside its ULID."""
    return id_time(event_id).strftime("%Y-%m-%dT%H")


def between(start: datetime, end: datetime) -> Iterator[tuple[str, Envelope]]:
    """(id, envelope) of the events of reports with start <= time < end, in order of their ids."""
    hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour < end:
        items = items_of_hour(hour.strftime("%Y-%m-%dT%H"), first_id(start), first_id(end))
        yield from (of_item(item) for item in items if about_report(item))
        hour += timedelta(hours=1)


def newest(at: datetime, limit: int) -> list[tuple[str, Envelope]]:
    """The last events before `at`, the newest first; none that are older than the hour before."""
    found: list[tuple[str, Envelope]] = []
    for hour in (at, at - timedelta(hours=1)):
        items = items_of_hour(hour_of(first_id(hour)), "0", first_id(at), _backwards)
        reports = filter(about_report, items)
        found += [of_item(item) for item in islice(reports, limit - len(found))]
    return found


def everything() -> Iterator[tuple[str, Envelope]]:
    """(id, envelope) of all reports' events, in no order: reads the whole log, for operators only.

    None is missed that was written before the first is given out.
    """
    pages = (
        aws.dynamodb()
        .get_paginator("scan")
        .paginate(
            TableName=settings.events_table,
            ProjectionExpression="id, report_id, body",
            ConsistentRead=True,
        )
    )
    for page in pages:
        yield from (of_item(item) for item in page["Items"] if about_report(item))


def about_report(item: dict[str, Any]) -> bool:
    """Whether an event, as DynamoDB or its stream gives it, is of a report."""
    return "report_id" in item


def of_item(item: dict[str, Any]) -> tuple[str, Envelope]:
    """(id, envelope) of an event as DynamoDB or its stream gives it."""
    return item["id"]["S"], msgspec.json.decode(item["body"]["S"], type=Envelope)


def _backwards(request: dict[str, Any]) -> None:
    request |= {"ScanIndexForward": False, "Limit": 100}


def items_of_hour(
    hour: str, first: str, end: str, narrow: Callable[[dict[str, Any]], None] = lambda _: None
) -> Iterator[dict[str, Any]]:
    """The raw items of a partition with first <= id < end, in order; `narrow` adds to the query."""
    request: dict[str, Any] = {
        "TableName": settings.events_table,
        "KeyConditionExpression": "#hour = :hour AND id BETWEEN :first AND :end",
        "ExpressionAttributeNames": {"#hour": "hour"},
        "ExpressionAttributeValues": {
            ":hour": {"S": hour},
            ":first": {"S": first},
            ":end": {"S": end},
        },
        "ConsistentRead": True,
    }
    narrow(request)
    for page in aws.dynamodb().get_paginator("query").paginate(**request):
        # BETWEEN includes its upper end, which already belongs to what comes after.
        yield from (item for item in page["Items"] if item["id"]["S"] < end)
