"""Orders of people about their data, as rows of the table of people that the worker looks for."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DeleteError, PutError

from chalicelib import aws
from chalicelib.aws import Table
from chalicelib.clock import text
from chalicelib.settings import settings

How = Literal["keep_text", "unlink", "delete"]
"""What becomes of a report: it loses its link to the person; its words and pictures too; or all."""

ERASURES = "erasures"
_REPORT = "report#"


class Erasure(Table):
    """That an account, or one report (`report#{id}`), is to be erased. There until it is done.

    `listed` is the key of the sparse index by which the worker finds it, `by` who wants it: the
    `reporter`, or `nobody` where it is a matter of time.
    """

    class Meta:
        table_name = settings.people_table

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="erasure")
    listed = UnicodeAttribute(default=ERASURES)
    reports = UnicodeAttribute()
    ordered_at = UnicodeAttribute()
    by = UnicodeAttribute(default="reporter")

    @property
    def report_id(self) -> str | None:
        """The one report that is to be erased; None where it is an account."""
        name = str(self.person)
        return name.removeprefix(_REPORT) if name.startswith(_REPORT) else None


def order_account(sub: str, reports: How, at: datetime) -> Erasure:
    """Order an account to be erased; ordered again, the last word about its reports counts."""
    return _order(sub, reports, at)


def order_report(report_id: str, how: How, at: datetime) -> Erasure:
    """Order one report to be erased."""
    return _order(f"{_REPORT}{report_id}", how, at)


def order_report_once(report_id: str, how: How, at: datetime, by: str) -> None:
    """The same in the name of `by`, unless it is ordered already: nobody's own word is undone."""
    row = Erasure(person=f"{_REPORT}{report_id}", reports=how, ordered_at=text(at), by=by)
    try:
        row.save(condition=Erasure.person.does_not_exist())
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def erasure_of(sub: str) -> Erasure | None:
    """The account's order that is being worked off, if there is one."""
    return Erasure.seek(sub, "erasure")


def forget(order: Erasure) -> bool:
    """Strike a done order; False when another one has taken its place meanwhile."""
    try:
        order.delete(condition=Erasure.ordered_at == order.ordered_at)
    except DeleteError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def waiting() -> Iterator[Erasure]:
    """All orders that are not done."""
    request = {
        "TableName": settings.people_table,
        "IndexName": "listed",
        "KeyConditionExpression": "listed = :erasures",
        "ExpressionAttributeValues": {":erasures": {"S": ERASURES}},
    }
    for page in aws.dynamodb().get_paginator("query").paginate(**request):
        yield from (Erasure.from_raw_data(item) for item in page["Items"])


def _order(person: str, how: How, at: datetime) -> Erasure:
    row = Erasure(person=person, reports=how, ordered_at=text(at))
    row.save()
    return row
