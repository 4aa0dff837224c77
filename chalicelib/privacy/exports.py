"""An account's archive as ordered and kept: one at a time, under a name that the city alone knows.

The row and its archive are named by a keyed hash of the account, so that the queue's message says
of nobody who it is. Archives lie in the bucket of uploads, which keeps no versions.
"""

import hmac
from datetime import datetime, timedelta
from typing import Literal

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib import aws
from chalicelib.aws import Table
from chalicelib.clock import moment, new_id, text
from chalicelib.errors import ExportNotFound
from chalicelib.keys import signing_key
from chalicelib.settings import settings

KEPT = timedelta(days=7)
AGAIN_AFTER = timedelta(hours=1)
"""Who orders sooner gets the archive that is there."""
LINK_SECONDS = 300
PREFIX = "exports/"

State = Literal["waiting", "ready", "failed"]


class Export(Table):
    """An archive: `waiting` to be made, `ready` to be fetched, or `failed` in all tries.

    `owner` is the account; `made` the ULID of the order, which names the archive.
    """

    class Meta:
        table_name = settings.people_table

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="export")
    owner = UnicodeAttribute()
    made = UnicodeAttribute()
    state = UnicodeAttribute(default="waiting")
    ordered_at = UnicodeAttribute()
    size = NumberAttribute(null=True)
    expires = NumberAttribute()

    @property
    def key(self) -> str:
        """Where the archive is."""
        return f"{PREFIX}{str(self.person).partition('#')[2]}/{self.made}.zip"

    @property
    def gone_at(self) -> datetime:
        """When it is no more; the database and the bucket may be a day late in deleting."""
        return moment(self.ordered_at) + KEPT


def order(sub: str, at: datetime) -> Export:
    """Order an archive; while one is being made, or a new one is ready, it is that one."""
    earlier = Export.seek(_name(sub), "export")
    if earlier is not None and not _over(earlier, at):
        return earlier
    if earlier is not None:
        remove_file(earlier)
    row = Export(
        person=_name(sub),
        owner=sub,
        made=new_id(at),
        ordered_at=text(at),
        expires=int((at + KEPT).timestamp()),
    )
    row.save()
    aws.sqs().send_message(QueueUrl=settings.export_queue_url, MessageBody=row.person)
    return row


def export_of(sub: str, at: datetime) -> Export:
    """The account's archive; ExportNotFound without one."""
    row = Export.seek(_name(sub), "export")
    if row is None or at >= row.gone_at:
        raise ExportNotFound
    return row


def link(export: Export) -> str:
    """Where the archive can be fetched for LINK_SECONDS."""
    signed: str = aws.s3().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings.uploads_bucket,
            "Key": export.key,
            "ResponseContentDisposition": 'attachment; filename="tanggap.zip"',
            "ResponseCacheControl": "no-store",
        },
        ExpiresIn=LINK_SECONDS,
    )
    return signed


def erase(sub: str) -> int:
    """Delete the account's archive, ready or not; how many there were."""
    row = Export.seek(_name(sub), "export")
    if row is None:
        return 0
    remove_file(row)
    row.delete()
    return 1


def remove_file(export: Export) -> None:
    """Delete an archive that nobody waits for any more."""
    aws.s3().delete_object(Bucket=settings.uploads_bucket, Key=export.key)


def _over(export: Export, at: datetime) -> bool:
    """Whether a new one may take its place."""
    age = at - moment(export.ordered_at)
    return export.state == "failed" or age >= (AGAIN_AFTER if export.state == "ready" else KEPT)


def _name(sub: str) -> str:
    text = ascii(["export", sub])
    return f"export#{hmac.digest(signing_key(), text.encode(), 'sha256').hex()}"
