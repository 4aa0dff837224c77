"""Scheduled reports and their runs as stored."""

from datetime import datetime
from typing import Any

from pynamodb.attributes import JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.clock import text
from chalicelib.errors import DigestNotFound
from chalicelib.settings import settings

DEFINITIONS = "digests"


class _DigestsTable:
    table_name = settings.digests_table


class Digest(Table):
    """A scheduled report: which period, for whom, in which formats."""

    class Meta(_DigestsTable):
        pass

    owner = UnicodeAttribute(hash_key=True, default=DEFINITIONS)
    id = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    period = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    language = UnicodeAttribute(default="id")
    filters = JSONAttribute(default=dict)
    formats: ListAttribute[Any] = ListAttribute(default=list)
    recipients: ListAttribute[Any] = ListAttribute(default=list)
    created_at = UnicodeAttribute()


class Run(Table):
    """One digest of one period; a later run of the same period is its next revision."""

    class Meta(_DigestsTable):
        pass

    owner = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    digest_id = UnicodeAttribute()
    period = UnicodeAttribute()
    state = UnicodeAttribute(default="waiting")
    revision = NumberAttribute(null=True)
    files = JSONAttribute(null=True)
    figures = JSONAttribute(null=True)
    created_at = UnicodeAttribute()
    done_at = UnicodeAttribute(null=True)


class Revision(Table):
    """What was published of a period: revision after revision, whichever run was first."""

    class Meta(_DigestsTable):
        pass

    owner = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    number = NumberAttribute()
    run_id = UnicodeAttribute()
    content_hash = UnicodeAttribute()
    files = JSONAttribute()


def find(digest_id: str) -> Digest:
    """A scheduled report; DigestNotFound."""
    try:
        return Digest.get(DEFINITIONS, digest_id, consistent_read=True)
    except Digest.DoesNotExist:
        raise DigestNotFound from None


def find_run(digest_id: str, run_id: str) -> Run:
    """A run; DigestNotFound."""
    try:
        return Run.get(f"runs#{digest_id}", run_id, consistent_read=True)
    except Run.DoesNotExist:
        raise DigestNotFound from None


def last_revision(digest_id: str, period: str) -> Revision | None:
    """The last that was published of a period; None before the first."""
    found = Revision.query(
        f"revisions#{digest_id}",
        Revision.id.startswith(f"{period}#"),
        consistent_read=True,
        scan_index_forward=False,
        limit=1,
    )
    return next(iter(found), None)


def new_revision(digest_id: str, period: str, number: int, **facts: Any) -> Revision:
    """The revision of that number; whoever stores it first has made it."""
    id = f"{period}#{number:06d}"
    return Revision(owner=f"revisions#{digest_id}", id=id, number=number, **facts)


def new_run(digest: Digest, period: str, run_id: str, at: datetime) -> Run:
    """A run that waits to be computed."""
    return Run(
        owner=f"runs#{digest.id}",
        id=run_id,
        digest_id=digest.id,
        period=period,
        created_at=text(at),
    )
