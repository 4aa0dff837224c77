"""A photo as stored: one item of its report's collection, from upload slot to clean pictures."""

from datetime import datetime, timedelta
from typing import Literal

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.clock import moment, new_id, text
from chalicelib.settings import settings

Purpose = Literal["evidence", "proof"]

# How long an upload form is valid; what arrives in its last minute still has to be noticed.
SLOT_LIFETIME = timedelta(hours=1)
_NOTICED = timedelta(minutes=15)
# A client's own key is remembered as long: who repeats it still finds the slots.
_SLOT_KEPT = timedelta(days=7)
EVIDENCE_KEPT = timedelta(days=90)

STATES = {
    "waiting": "an upload slot; nothing has arrived yet, or it is being looked at",
    "ready": "clean pictures are there",
    "rejected": "what arrived cannot be shown; `reason` and `message` say why",
    "expired": "nothing arrived within the hour; after seven days the slot is gone",
    "redacting": "a moderator blacks out parts; nothing is shown meanwhile",
}
# The reason that no file has: all tries failed on our side. Operators may try once more.
FAILED = "failed"


class _OfReports:
    table_name = settings.reports_table


class Photo(Table):
    """`state` is one of STATES but `expired`, which is a matter of time: see `state_at`.

    `folder` is where the derivatives are, named by the hash of the original's content; `etag` is
    S3's name of the content that they were made from. `offered_at` is when its slot got a second
    form, after the first had expired. `redactions`: who blacked out what, as
    `{left, top, right, bottom, by, at}` in fractions of the upright picture.
    """

    class Meta(_OfReports):
        pass

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    photo_id = UnicodeAttribute()
    purpose = UnicodeAttribute(default="evidence")
    state = UnicodeAttribute(default="waiting")
    reason = UnicodeAttribute(null=True)
    by = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    offered_at = UnicodeAttribute(null=True)
    folder = UnicodeAttribute(null=True)
    etag = UnicodeAttribute(null=True)
    width = NumberAttribute(null=True)
    height = NumberAttribute(null=True)
    thumbhash = UnicodeAttribute(null=True)
    redactions = JSONAttribute(null=True)
    expires = NumberAttribute(null=True)

    def state_at(self, at: datetime) -> str:
        """The state that callers see: a slot that nothing came for is `expired`."""
        over = moment(self.offered_at or self.created_at) + SLOT_LIFETIME + _NOTICED
        return "expired" if self.state == "waiting" and at > over else self.state

    @property
    def failed(self) -> bool:
        """Whether it was given up on our side, so that a later try may still succeed."""
        return self.state == "rejected" and self.reason == FAILED


class PhotoEvidence(Table):
    """Private facts of a photo, kept for EVIDENCE_KEPT: place and time by the camera, and dHash.

    `used_in`: earlier photos that look the same, as `[report id, photo id]`.
    """

    class Meta(_OfReports):
        pass

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    photo_id = UnicodeAttribute()
    facts = JSONAttribute()
    dhash = UnicodeAttribute()
    used_in = JSONAttribute(null=True)
    expires = NumberAttribute()


def slots(
    report_id: str, count: int, purpose: Purpose, by: str | None, at: datetime
) -> list[Photo]:
    """Photos that are waited for; swept by the table's time to live if nothing comes."""
    # A millisecond apart, so that they keep the order in which the client will send them.
    ids = [new_id(at + timedelta(milliseconds=number)) for number in range(count)]
    return [
        Photo(
            id=report_id,
            item=f"photo#{id}",
            photo_id=id,
            purpose=purpose,
            by=by,
            created_at=text(at),
            expires=int((at + _SLOT_KEPT).timestamp()),
        )
        for id in ids
    ]


def offer_again(photos: list[Photo], at: datetime) -> None:
    """Wait anew for what nothing has come for in time: its client asks for forms again."""
    for photo in photos:
        if photo.state_at(at) == "expired":
            expires = int((at + _SLOT_KEPT).timestamp())
            photo.update([Photo.offered_at.set(text(at)), Photo.expires.set(expires)])


def find_photo(report_id: str, photo_id: str) -> Photo:
    """The photo as it is now; Photo.DoesNotExist when there is none."""
    return Photo.get(report_id, f"photo#{photo_id}", consistent_read=True)


def photos_of(report_id: str) -> list[Photo]:
    """All photos of a report, the oldest slot first."""
    return list(Photo.query(report_id, Photo.item.startswith("photo#"), consistent_read=True))


def evidence_of(report_id: str, at: datetime) -> list[PhotoEvidence]:
    """What is still kept of a report's photos; the database may be days late in deleting."""
    rows = PhotoEvidence.query(report_id, PhotoEvidence.item.startswith("evidence#"))
    return [row for row in rows if row.expires > at.timestamp()]
