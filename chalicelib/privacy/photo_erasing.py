"""Erasing photos: originals, pictures, what they said privately, and what is compared by.

An upload that is still under way finds no slot, and is removed as it arrives.
"""

from collections.abc import Iterable
from itertools import batched

from chalicelib import aws
from chalicelib.photos import pictures, reuse, uploads
from chalicelib.photos.models import Photo, PhotoEvidence, photos_of
from chalicelib.settings import settings

DELETED_AT_ONCE = 1_000


def erase(report_id: str, photos: Iterable[Photo], agencies: Iterable[str | None]) -> int:
    """Delete these photos of a report; how many rows and objects were there."""
    evidence = {row.photo_id: row for row in _evidence(report_id)}
    found = 0
    for photo in photos:
        found += _originals(uploads.key_of(report_id, photo.photo_id))
        if photo.folder:
            pictures.remove(photo.folder)
        row = evidence.get(photo.photo_id)
        if row is not None:
            _forget(row, agencies)
        photo.delete()
        found += 1
    return found


def forget_sources(report_id: str) -> int:
    """Leave the pictures alone that everybody sees, and delete where they came from.

    Slots that nothing has come for are gone, so that nothing comes any more.
    """
    found = _originals(f"{uploads.PREFIX}{report_id}/")
    for row in _evidence(report_id):
        row.delete()
        found += 1
    for photo in photos_of(report_id):
        if photo.purpose == "evidence" and photo.state == "waiting":
            photo.delete()
            found += 1
        elif photo.purpose == "evidence" and photo.by is not None:
            photo.update([Photo.by.remove()])
            found += 1
    return found


def _evidence(report_id: str) -> list[PhotoEvidence]:
    # Also those that are over: the database may be days late in deleting.
    return list(PhotoEvidence.query(report_id, PhotoEvidence.item.startswith("evidence#")))


def _forget(row: PhotoEvidence, agencies: Iterable[str | None]) -> None:
    for agency in agencies:
        for hashed in reuse.rows(row.photo_id, row.id, int(row.dhash, 16), agency, 0):
            hashed.delete()
    row.delete()


def _originals(prefix: str) -> int:
    """Delete all originals whose keys begin so."""
    pages = (
        aws.s3()
        .get_paginator("list_objects_v2")
        .paginate(Bucket=settings.uploads_bucket, Prefix=prefix)
    )
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    for some in batched(keys, DELETED_AT_ONCE):
        aws.s3().delete_objects(
            Bucket=settings.uploads_bucket,
            Delete={"Objects": [{"Key": key} for key in some], "Quiet": True},
        )
    return len(keys)
