"""Stored nouns of access: the keys of agencies' systems, and the standing of accounts."""

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib import aws
from chalicelib.aws import Table
from chalicelib.errors import KeyNotFound, RoleNotFound
from chalicelib.settings import settings

KEYS = "key"


class ApiKey(Table):
    """A system's key: of its secret only the hash, and `used_on`, the last day that saw it."""

    class Meta:
        table_name = settings.directory_table

    kind = UnicodeAttribute(hash_key=True, default=KEYS)
    id = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    agency = UnicodeAttribute(null=True)
    scopes = JSONAttribute()
    secret_hash = UnicodeAttribute()
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute(null=True)
    used_on = UnicodeAttribute(null=True)


class Standing(Table):
    """What the city says of an account; without a role, its token decides.

    `listed` is the key of the sparse index of all accounts that were given a role.
    """

    class Meta:
        table_name = settings.people_table

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="standing")
    role = UnicodeAttribute(null=True)
    agency = UnicodeAttribute(null=True)
    listed = UnicodeAttribute(null=True)
    given_at = UnicodeAttribute(null=True)
    given_by = UnicodeAttribute(null=True)


def keys_of(agency: str | None = None) -> list[ApiKey]:
    """The keys of an agency, or all, the oldest first."""
    found = ApiKey.query(KEYS, consistent_read=True)
    return [key for key in found if agency in (None, key.agency)]


def find_key(id: str, agency: str | None = None) -> ApiKey:
    """One key; KeyNotFound when there is none, or it is not of `agency`."""
    try:
        key = ApiKey.get(KEYS, id, consistent_read=True)
    except ApiKey.DoesNotExist:
        raise KeyNotFound from None
    if agency not in (None, key.agency):
        raise KeyNotFound
    return key


def standing_of(sub: str) -> Standing:
    """An account's standing; RoleNotFound when it was given no role."""
    row = Standing.seek(sub, "standing")
    if row is None or row.role is None:
        raise RoleNotFound
    return row


def given_roles(after: str | None, limit: int) -> list[Standing]:
    """At most `limit` accounts that were given a role, by id, those after `after`."""
    start = {"listed": {"S": "roles"}, "person": {"S": after}, "item": {"S": "standing"}}
    found = aws.dynamodb().query(
        TableName=settings.people_table,
        IndexName="listed",
        KeyConditionExpression="listed = :roles",
        ExpressionAttributeValues={":roles": {"S": "roles"}},
        Limit=limit,
        **({"ExclusiveStartKey": start} if after else {}),
    )
    rows = []
    for item in found["Items"]:
        row = Standing()
        row.deserialize(item)
        rows.append(row)
    return rows
