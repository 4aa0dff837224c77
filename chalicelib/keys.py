"""The city's own signing key: made once, kept in the directory's table, never leaves the server."""

import base64
import secrets
from functools import cache

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError

from chalicelib.aws import Table
from chalicelib.settings import settings


class _Key(Table):
    class Meta:
        table_name = settings.directory_table

    kind = UnicodeAttribute(hash_key=True, default="directory")
    id = UnicodeAttribute(range_key=True, default="signing-key")
    secret = BinaryAttribute(legacy_encoding=False)


@cache
def signing_key() -> bytes:
    """32 random bytes, the same for all functions of a stage; signs cursors and tracking codes."""
    try:
        return bytes(_Key.get("directory", "signing-key", consistent_read=True).secret)
    except _Key.DoesNotExist:
        return _first()


def _first() -> bytes:
    key = _Key(secret=secrets.token_bytes(32))
    try:
        key.save(condition=_Key.secret.does_not_exist())
    except PutError:
        # Another function was first: its key is the one.
        key.refresh(consistent_read=True)
    return bytes(key.secret)


def opaque(raw: bytes) -> str:
    """URL-safe base 64 without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unopaque(text: str) -> bytes:
    """The bytes of an opaque text; ValueError when it is none."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
