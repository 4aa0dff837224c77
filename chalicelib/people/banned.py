"""Whether an account is banned: looked up before it writes, then taken for true half a minute."""

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DeleteError

from chalicelib import aws
from chalicelib.aws import Table
from chalicelib.briefly import Briefly
from chalicelib.errors import Banned
from chalicelib.people.identity import Caller
from chalicelib.settings import settings

LISTED = "bans"


class Ban(Table):
    """That an account may only read; `listed` is its key of the sparse index of all bans."""

    class Meta:
        table_name = settings.people_table

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="ban")
    listed = UnicodeAttribute(default=LISTED)
    at = UnicodeAttribute()
    by = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)


known: Briefly[bool] = Briefly()


def must_not_be(caller: Caller, method: str, path: str) -> None:
    """Banned when a banned account is about to write; what is its own it may still change."""
    if method == "GET" or caller.account is None or path.startswith("/v1/me"):
        return
    if known.get(caller.account, _is_banned):
        raise Banned


def ban(person: str, reason: str | None, by: str, at: str) -> Ban:
    """Ban the account."""
    row = Ban(person=person, reason=reason, by=by, at=at)
    row.save()
    known.forget(person)
    return row


def lift(person: str) -> bool:
    """Whether the account was banned; it no longer is."""
    known.forget(person)
    try:
        Ban(person, "ban").delete(condition=Ban.person.exists())
    except DeleteError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


def listed(after: str | None, limit: int) -> list[Ban]:
    """At most `limit` banned accounts by id, those after `after`."""
    start = {"listed": {"S": LISTED}, "person": {"S": after}, "item": {"S": "ban"}}
    found = aws.dynamodb().query(
        TableName=settings.people_table,
        IndexName="listed",
        KeyConditionExpression="listed = :bans",
        ExpressionAttributeValues={":bans": {"S": LISTED}},
        Limit=limit,
        **({"ExclusiveStartKey": start} if after else {}),
    )
    return [Ban.from_raw_data(item) for item in found["Items"]]


def _is_banned(person: str) -> bool:
    return Ban.seek(person, "ban") is not None
