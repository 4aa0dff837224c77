"""Working off what people ordered to be erased: pass by pass, until a pass finds nothing more.

Every pass begins from what is there, so that it does not matter where an earlier one broke off, or
that two run side by side. The indexes by which a person's rows are found follow the tables with a
moment's delay: an order is done when nothing is found a minute after it was given.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from msgspec import Struct

from chalicelib import aws, idempotency
from chalicelib.clock import moment
from chalicelib.errors import ReportChanged
from chalicelib.notifications import alerts, devices
from chalicelib.observability import logger
from chalicelib.privacy import exports, report_erasing, taking_part
from chalicelib.privacy.models import Erasure, How, forget, order_report, waiting
from chalicelib.reputation import points
from chalicelib.settings import settings

FOUND_AFTER = timedelta(minutes=1)
"""By then everything that was written before the order is in the indexes."""

CITYS_OWN = ("standing", "ban")
"""What the city says of an account, and not the person: who is banned stays so."""


class Erased(Struct, frozen=True):
    """How many orders were done, and how many go on."""

    done: int
    left: int


def work_off(at: datetime, time_left: Callable[[], bool]) -> Erased:
    """One pass over all orders."""
    done = left = 0
    # Accounts first: a report that loses its person for another reason is not found by them.
    for order in sorted(waiting(), key=lambda one: one.report_id is not None):
        if time_left() and _finished(order, at):
            done += 1
        else:
            left += 1
    return Erased(done, left)


def _finished(order: Erasure, at: datetime) -> bool:
    """Do what is left of an order; whether nothing was, and the order is gone too."""
    try:
        found = _pass(order, at)
    except ReportChanged:
        # Somebody is working on one of the reports at this moment; the next pass comes soon.
        return False
    if found or at - moment(order.ordered_at) < FOUND_AFTER:
        return False
    if not forget(order):
        return False
    logger.info("erased", kind="report" if order.report_id else "account")
    return True


def _pass(order: Erasure, at: datetime) -> int:
    how = cast(How, order.reports)
    if order.report_id:
        return report_erasing.erase(order.report_id, how, at, order.by or "reporter")
    sub = str(order.person)
    # The phones first: their rows name what is to be deleted with SNS.
    elsewhere = (
        devices.forget(sub) + alerts.forget(sub) + points.forget(sub) + idempotency.forget(sub)
    )
    own = exports.erase(sub) + _own(sub)
    return _reports(sub, how, at) + _rows(sub) + elsewhere + own


def _reports(sub: str, how: How, at: datetime) -> int:
    found = list(reports_of(sub))
    for report_id in found:
        # Its link to the person goes first: what else is to be done must be known without it.
        order_report(report_id, how, at)
        report_erasing.erase(report_id, how, at)
    return len(found)


def _rows(sub: str) -> int:
    found = list(taking_part.rows_of(sub))
    for report_id, item in found:
        taking_part.remove(report_id, item)
    return len(found)


def _own(sub: str) -> int:
    """Delete the account's own rows: whatever is kept of it there, but the city's and the order."""
    found = [row for row in own_rows(sub) if row["item"]["S"] not in (*CITYS_OWN, "erasure")]
    for row in found:
        key = {"person": row["person"], "item": row["item"]}
        aws.dynamodb().delete_item(TableName=settings.people_table, Key=key)
    return len(found)


def reports_of(sub: str) -> Iterator[str]:
    """The ids of the reports that were sent with the account."""
    request = {
        "TableName": settings.reports_table,
        "IndexName": "mine",
        "KeyConditionExpression": "reporter = :sub",
        "ExpressionAttributeValues": {":sub": {"S": sub}},
        "ProjectionExpression": "id",
    }
    for page in aws.dynamodb().get_paginator("query").paginate(**request):
        yield from (item["id"]["S"] for item in page["Items"])


def own_rows(sub: str) -> Iterator[dict[str, Any]]:
    """The rows of the account in the table of people, as they are."""
    request = {
        "TableName": settings.people_table,
        "KeyConditionExpression": "person = :sub",
        "ExpressionAttributeValues": {":sub": {"S": sub}},
        "ConsistentRead": True,
    }
    for page in aws.dynamodb().get_paginator("query").paginate(**request):
        yield from page["Items"]
