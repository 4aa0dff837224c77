"""Stored nouns of access: the API keys of agencies' systems."""

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.errors import KeyNotFound
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
