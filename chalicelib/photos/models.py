"""A photo as stored: one item of its report's collection, from upload slot to clean pictures."""

from typing import Literal

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.settings import settings

State = Literal["waiting", "ready", "rejected"]
Purpose = Literal["evidence", "proof"]


class Photo(Table):
    """`state` is `waiting` for the upload, `ready` with clean pictures, or `rejected` and why.

    `folder` is where the derivatives are, named by the hash of the original's content; `evidence`
    (place and time that the camera wrote) is for officers and moderators only.
    """

    class Meta:
        table_name = settings.reports_table

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    photo_id = UnicodeAttribute()
    purpose = UnicodeAttribute(default="evidence")
    state = UnicodeAttribute(default="waiting")
    reason = UnicodeAttribute(null=True)
    by = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    folder = UnicodeAttribute(null=True)
    width = NumberAttribute(null=True)
    height = NumberAttribute(null=True)
    thumbhash = UnicodeAttribute(null=True)
    dhash = UnicodeAttribute(null=True)
    evidence = JSONAttribute(null=True)


def slot(report_id: str, photo_id: str, purpose: Purpose, by: str | None, at: str) -> Photo:
    """A photo that is waited for."""
    return Photo(
        id=report_id,
        item=f"photo#{photo_id}",
        photo_id=photo_id,
        purpose=purpose,
        by=by,
        created_at=at,
    )


def photos_of(report_id: str) -> list[Photo]:
    """All photos of a report, the oldest slot first."""
    return list(Photo.query(report_id, Photo.item.startswith("photo#"), consistent_read=True))
