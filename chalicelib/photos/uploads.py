"""Upload slots: signed POST policies by which a client sends a photo straight to object storage."""

from datetime import datetime, timedelta

from msgspec import Struct

from chalicelib import aws
from chalicelib.clock import Time, text
from chalicelib.photos.models import SLOT_LIFETIME, Photo
from chalicelib.settings import settings

BYTES_LIMIT = 15 * 1024 * 1024
LIFETIME = SLOT_LIFETIME
REPEATED = LIFETIME - timedelta(minutes=10)
"""How long an answer with forms is repeated as it was: later ones would be of no use."""
PREFIX = "originals/"


class Upload(Struct, frozen=True):
    """Where and how to send one photo: a multipart form of `fields`, then `file`."""

    photo_id: str
    url: str
    fields: dict[str, str]
    expires_at: Time


def upload(photo: Photo, at: datetime) -> Upload:
    """A signed policy for this photo's one key: pictures only, 15 MB at most, one hour."""
    form = aws.s3().generate_presigned_post(
        settings.uploads_bucket,
        key_of(photo.id, photo.photo_id),
        Conditions=[
            ["content-length-range", 1, BYTES_LIMIT],
            ["starts-with", "$Content-Type", "image/"],
        ],
        ExpiresIn=int(LIFETIME.total_seconds()),
    )
    # The client may put the picture's real type here; the policy admits images only.
    fields = {"Content-Type": "image/jpeg", **form["fields"]}
    return Upload(photo.photo_id, form["url"], fields, text(at + LIFETIME))


def key_of(report_id: str, photo_id: str) -> str:
    """The original's key: its report and photo, so that the worker knows what arrived."""
    return f"{PREFIX}{report_id}/{photo_id}"


def ids_of(key: str) -> tuple[str, str]:
    """(report id, photo id) of an original's key; ValueError when the key is not one of ours."""
    report_id, photo_id = key.removeprefix(PREFIX).split("/")
    return report_id, photo_id
