"""The photos of a new request: sent along, written into the field, or to be fetched.

They go where a citizen's own uploads go, and through the same pipeline: what is no picture is
rejected there. A photo that cannot be had does not keep a report from being taken.
"""

import base64
import binascii
import time
from collections.abc import Callable

from chalicelib import aws
from chalicelib.observability import logger
from chalicelib.open311.forms import Form
from chalicelib.photos import uploads
from chalicelib.photos.models import Photo
from chalicelib.settings import settings

PHOTOS_LIMIT = 5
FETCHING_S = 12.0
"""For all of them together; a request is ended after 28 s."""

Fetch = Callable[[str, float], bytes]


def had(form: Form, fetch: Fetch | None = None) -> list[bytes]:
    """The first five that could be had, those that were sent along first."""
    end = time.monotonic() + FETCHING_S
    found = form.files[:PHOTOS_LIMIT]
    for address in form.many("media_url", "media_url[]")[: PHOTOS_LIMIT - len(found)]:
        body = _body(address.strip(), end - time.monotonic(), fetch or _fetched)
        found += [body] if body else []
    return found


def store(photos: list[Photo], bodies: list[bytes]) -> None:
    """Put each where its slot's own upload would have come; the pipeline takes it from there."""
    for photo, body in zip(photos, bodies, strict=False):
        if photo.state == "waiting":
            key = uploads.key_of(photo.id, photo.photo_id)
            aws.s3().put_object(
                Bucket=settings.uploads_bucket, Key=key, Body=body, ContentType="image/jpeg"
            )


def _body(address: str, seconds: float, fetch: Fetch) -> bytes | None:
    if address.startswith("data:"):
        return _written(address)
    try:
        return fetch(address, seconds) if seconds > 0 else None
    except Exception as error:
        # Whatever stands there, the report is worth more. The address may be personal: not logged.
        logger.info("media not fetched", reason=str(error))
        return None


def _fetched(address: str, seconds: float) -> bytes:
    # Imported only for requests that name a photo elsewhere.
    from chalicelib.webhooks import outbound

    return outbound.fetch(
        address,
        uploads.BYTES_LIMIT,
        loopback_allowed=settings.local,
        deadline_s=seconds,
    )


def _written(address: str) -> bytes | None:
    """The bytes of a `data:` address in base 64 (RFC 2397)."""
    head, _, data = address.partition(",")
    try:
        return base64.b64decode(data, validate=True) if head.endswith(";base64") else None
    except (binascii.Error, ValueError):
        return None
