"""The clean pictures as objects: named after what they were made from, put, read and removed."""

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib import aws
from chalicelib.photos.links import NAMES
from chalicelib.photos.models import Photo
from chalicelib.settings import settings

if TYPE_CHECKING:
    from chalicelib.photos.derivatives import Derived

CACHE_FOREVER = "public, max-age=31536000, immutable"


def folder_of(photo: Photo, source: bytes, private: bool) -> str:
    """Named after the content and its redactions, so that a second run writes the same keys.

    The photo's id is mixed in: of equal pictures one may be redacted or erased without the other,
    and nobody who has a picture can compute where somebody else's copy of it is.
    """
    parts = photo.photo_id.encode() + msgspec.json.encode(photo.redactions or []) + source
    return f"{'private' if private else 'photos'}/{hashlib.sha256(parts).hexdigest()[:32]}"


def publish(folder: str, derived: "Derived", private: bool) -> None:
    """Put all derivatives; public ones never change under their names, private ones stay out of
    every cache."""
    for picture in derived.derivatives:
        aws.s3().put_object(
            Bucket=settings.photos_bucket,
            Key=f"{folder}/{picture.name}",
            Body=picture.body,
            ContentType=picture.content_type,
            CacheControl="private, no-store" if private else CACHE_FOREVER,
        )


def largest(folder: str) -> bytes | None:
    """The 1600-pixel JPEG of a folder; None when it is gone."""
    return read(settings.photos_bucket, f"{folder}/{NAMES[0]}")[0]


def remove(folder: str) -> None:
    """Delete a folder's pictures, and have the delivery network forget them."""
    for name in NAMES:
        aws.s3().delete_object(Bucket=settings.photos_bucket, Key=f"{folder}/{name}")
    if settings.photos_distribution and folder.startswith("photos/"):
        forget(aws.cloudfront(), settings.photos_distribution, folder)


def forget(cloudfront: Any, distribution: str, folder: str) -> None:
    """Ask CloudFront to drop a folder from its edges; repeated for the same folder it is one order.

    One wildcard is one path, of which a thousand a month are free.
    """
    cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": [f"/{folder}/*"]},
            "CallerReference": folder,
        },
    )


def read(bucket: str, key: str) -> tuple[bytes, str] | tuple[None, None]:
    """An object's bytes and its entity tag; (None, None) when there is no such object."""
    try:
        found = aws.s3().get_object(Bucket=bucket, Key=key)
    except aws.s3().exceptions.NoSuchKey:
        return None, None
    return found["Body"].read(), found["ETag"].strip('"')
