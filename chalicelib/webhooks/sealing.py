"""Secrets of an endpoint, encrypted under the stage's key and bound to their endpoint."""

import base64
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

import msgspec

from chalicelib import aws
from chalicelib.clock import text
from chalicelib.settings import settings
from chalicelib.webhooks.models import Endpoint
from chalicelib.webhooks.outbound import Identity

BYTES_MAX = 4_096
"""What KMS encrypts without a data key."""


def sealed(secret: str, endpoint_id: str) -> str:
    """A secret of at most BYTES_MAX bytes, encrypted."""
    answer = aws.kms().encrypt(
        KeyId=settings.secrets_key_arn,
        Plaintext=secret.encode(),
        EncryptionContext={"endpoint": endpoint_id},
    )
    return base64.b64encode(answer["CiphertextBlob"]).decode()


def sealed_headers(headers: Mapping[str, str], endpoint_id: str) -> str | None:
    """Request headers, encrypted: their values are often credentials."""
    return sealed(msgspec.json.encode(headers).decode(), endpoint_id) if headers else None


def live_secrets(of: Endpoint, at: datetime) -> list[str]:
    """Every secret that signs now: the current one, and former ones for as long as they live."""
    former = [one["sealed"] for one in of.former_secrets if one["until"] > text(at)]
    return [unsealed(one, of.id) for one in [*of.secrets, *former]]


def request_headers(of: Endpoint) -> dict[str, str]:
    """The endpoint's own headers in clear."""
    if not of.headers:
        return {}
    return msgspec.json.decode(unsealed(of.headers, of.id), type=dict[str, str])


def identity(of: Endpoint) -> Identity | None:
    """The client certificate that we show to the receiver, if it wants one."""
    if not of.certificate or not of.certificate_key:
        return None
    return Identity(of.certificate, unsealed(of.certificate_key, of.id))


# A call for each signature would cost more than all else; what is sealed anew has another text.
@lru_cache(maxsize=1_000)
def unsealed(secret: str, endpoint_id: str) -> str:
    """The secret in clear."""
    answer = aws.kms().decrypt(
        KeyId=settings.secrets_key_arn,
        CiphertextBlob=base64.b64decode(secret),
        EncryptionContext={"endpoint": endpoint_id},
    )
    plain: bytes = answer["Plaintext"]
    return plain.decode()
