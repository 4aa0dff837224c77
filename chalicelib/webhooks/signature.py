"""Signing of webhook requests by Standard Webhooks 1.0 (https://www.standardwebhooks.com)."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from secrets import token_bytes

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)
"""How long a former secret signs beside the new one."""

FORMER_MAX = 3


def new_secret() -> str:
    """A fresh secret: `whsec_` and 32 random bytes in base64 (the standard asks 24 to 64)."""
    return SECRET_PREFIX + b64encode(token_bytes(SECRET_BYTES)).decode()


def headers(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of the standard; arguments and errors as for `sign`."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secrets, message_id, timestamp, body),
    }


def sign(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """One `v1,<base64 HMAC-SHA256>` for each live secret, separated by spaces.

    `timestamp` is the moment of this attempt in Unix seconds, `body` the exact bytes sent. During a
    rotation both secrets sign, so a receiver may change over at any time. Raises ValueError without
    a secret: nothing leaves unsigned.
    """
    if not secrets:
        raise ValueError("a webhook needs at least one live secret")
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(_signature(secret, signed) for secret in secrets)


def _signature(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    return "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()
