"""API keys of agencies' systems: made, shown once, checked, revoked.

A key is `tgp_{id}_{secret}`. The id finds its row in one read; the secret has 256 random bits, so
that its plain SHA-256 is all that has to be stored.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from datetime import datetime

from pynamodb.exceptions import UpdateError

from chalicelib import clock
from chalicelib.briefly import Briefly
from chalicelib.clock import base32, new_id, text
from chalicelib.errors import KeyNotFound, NotIdentified
from chalicelib.people.models import KEYS, ApiKey, find_key

_FORM = re.compile(r"tgp_([0-9A-Z]{26})_([0-9A-Z]{52})")
known: Briefly[ApiKey] = Briefly()


def new_key(
    name: str, agency: str | None, scopes: list[str], by: str | None, at: datetime
) -> tuple[ApiKey, str]:
    """The row of a new key, not stored yet, and the key itself, to be shown once."""
    id, secret = new_id(at), base32(secrets.randbits(256), 52)
    row = ApiKey(
        kind=KEYS,
        id=id,
        name=name,
        agency=agency,
        scopes=sorted(set(scopes)),
        secret_hash=_hash(secret),
        created_at=text(at),
        created_by=by,
    )
    return row, f"tgp_{id}_{secret}"


def verified(
    key: str,
    now: Callable[[], datetime] = clock.now,
    ticks: Callable[[], float] = time.monotonic,
) -> ApiKey:
    """The row of a key; NotIdentified when it is none of ours, or has been revoked for a while.

    What is marked as used is the day, so that a busy key costs one write a day.
    """
    form = _FORM.fullmatch(key)
    if form is None:
        raise NotIdentified
    row = known.get(form[1], _row, ticks)
    if not hmac.compare_digest(_hash(form[2]), row.secret_hash):
        raise NotIdentified
    _mark_used(row, text(now())[:10])
    return row


def _row(id: str) -> ApiKey:
    try:
        return find_key(id)
    except KeyNotFound:
        raise NotIdentified from None


def _mark_used(row: ApiKey, day: str) -> None:
    if row.used_on == day:
        return
    try:
        row.update([ApiKey.used_on.set(day)], condition=ApiKey.id.exists())
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        # Revoked at this moment.
        known.forget(row.id)
        raise NotIdentified from None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
