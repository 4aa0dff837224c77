"""The prepared area index in object storage: one immutable object under its content's hash."""

import hashlib

from chalicelib import aws
from chalicelib.places.areas import AreaIndex
from chalicelib.settings import settings


def save(index: AreaIndex) -> str:
    """Store the index and return its key; the same areas give the same key."""
    body = index.dump()
    key = f"areas/{hashlib.sha256(body).hexdigest()}"
    aws.s3().put_object(Bucket=settings.exports_bucket, Key=key, Body=body)
    return key


def load(key: str | None) -> AreaIndex:
    """The index stored under `key`; an empty one for None."""
    if key is None:
        return AreaIndex.build([])
    answer = aws.s3().get_object(Bucket=settings.exports_bucket, Key=key)
    return AreaIndex.load(answer["Body"].read())
