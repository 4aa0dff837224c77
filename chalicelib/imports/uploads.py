"""The signed form by which a file of history is sent straight to object storage."""

from datetime import datetime, timedelta

from msgspec import Struct

from chalicelib import aws
from chalicelib.clock import Time, text
from chalicelib.settings import settings

PREFIX = "imports/"
BYTES_LIMIT = 1024**3
LIFETIME = timedelta(hours=1)
REPEATED = LIFETIME - timedelta(minutes=10)
"""How long an answer with a form is repeated as it was: later ones would be of no use."""


class Upload(Struct, frozen=True):
    """Where and how to send the file: a multipart form of `fields`, then `file`."""

    url: str
    fields: dict[str, str]
    expires_at: Time


def upload(import_id: str, at: datetime) -> Upload:
    """A signed policy for this import's one key: 1 GB at most, one hour."""
    form = aws.s3().generate_presigned_post(
        settings.uploads_bucket,
        f"{PREFIX}{import_id}",
        Conditions=[["content-length-range", 1, BYTES_LIMIT]],
        ExpiresIn=int(LIFETIME.total_seconds()),
    )
    return Upload(form["url"], form["fields"], text(at + LIFETIME))
