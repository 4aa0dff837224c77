"""Whom an event concerns, a page at a time: no report has too many followers for one run."""

from collections.abc import Callable
from functools import partial

from msgspec import Struct

from chalicelib import aws
from chalicelib.events.models import Envelope
from chalicelib.notifications import alerts
from chalicelib.notifications.waking import TOLD
from chalicelib.reports.models import Report
from chalicelib.settings import settings

PAGE = 100
FOLLOW = "follow#"


class People(Struct, frozen=True):
    """Some accounts, and the position after which more follow; None at the end."""

    accounts: list[str]
    after: str | None


Source = Callable[[str | None], People]


def sources(report: Report, envelope: Envelope, page: int = PAGE) -> list[Source]:
    """Those whose alerts a new report meets; of all other events the report's reporter, the
    reporters of its duplicates, and its followers.

    Of a report that is hidden nobody is told, of a private one and of a question only the
    reporter. Nor is anybody of what an import brings: it happened long ago, elsewhere.
    """
    if report.hidden or envelope.data.imported or envelope.type not in TOLD:
        return []
    if envelope.type == "report.created":
        return [] if report.withheld else _watching(envelope, page)
    # What is said at the original is no news to those whose report is elsewhere.
    ids = [] if envelope.type == "report.comment_added" else envelope.data.duplicate_ids or []
    if report.private or envelope.type == "report.question_asked":
        return [partial(_reporters, [], report, page)]
    return [partial(_reporters, ids, report, page), partial(_followers, report.id, page)]


def _watching(envelope: Envelope, page: int) -> list[Source]:
    data = envelope.data
    return [partial(_owners, alerts.look_up(place, data, page)) for place in alerts.places(data)]


def _owners(
    look: Callable[[str | None], tuple[list[str], str | None]], after: str | None
) -> People:
    return People(*look(after))


def _reporters(duplicates: list[str], report: Report, page: int, after: str | None) -> People:
    start = int(after or 0)
    end = start + page
    some = duplicates[start:end]
    rows = Report.batch_get([(id, "report") for id in some]) if some else ()
    accounts = [row.reporter for row in rows] + ([] if start else [report.reporter])
    more = str(end) if end < len(duplicates) else None
    return People([one for one in accounts if one], more)


def _followers(report_id: str, page: int, after: str | None) -> People:
    start = {"id": {"S": report_id}, "item": {"S": f"{FOLLOW}{after}"}}
    found = aws.dynamodb().query(
        TableName=settings.reports_table,
        KeyConditionExpression="id = :id AND begins_with(#item, :follow)",
        ExpressionAttributeNames={"#item": "item"},
        ExpressionAttributeValues={":id": {"S": report_id}, ":follow": {"S": FOLLOW}},
        ProjectionExpression="#item",
        Limit=page,
        **({"ExclusiveStartKey": start} if after else {}),
    )
    accounts = [item["item"]["S"].removeprefix(FOLLOW) for item in found["Items"]]
    return People(accounts, accounts[-1] if "LastEvaluatedKey" in found else None)
