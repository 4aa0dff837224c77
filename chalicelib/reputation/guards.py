"""Patterns by which points might be gamed: they make a moderator look, and decide nothing.

Each has honest explanations: a street with many holes, neighbours who look after each other, one
picture of two faults. So nobody is refused anything for them.
"""

from itertools import islice

from chalicelib import aws
from chalicelib.photos.dhash import distance
from chalicelib.photos.models import PhotoEvidence, photos_of
from chalicelib.photos.reuse import SAME
from chalicelib.reports.models import Report
from chalicelib.reports.supports import Support
from chalicelib.reputation.models import Award, Tally, day_item
from chalicelib.settings import settings

BURST = 5
"""Confirmed reports of one account in a day from which on more of them are suspicious."""
RING = 3
"""So many who support a report while its reporter supports theirs are a ring."""
LOOKED_AT = 100
"""Supports that are looked at on either side: the cost of an award stays bounded."""


def suspicious(report: Report, day: str, pictures: list[str]) -> bool:
    """Whether a moderator is to look before the report brings its reporter points.

    `day` is that of the award (`2026-11-24`), `pictures` are the dHashes of the report's pictures.
    """
    return (
        _is_burst(report.reporter, day)
        or _is_repeated(report, pictures)
        or _is_ring(report.id, report.reporter)
    )


def pictures_of(report_id: str) -> list[str]:
    """The dHashes of the pictures that the reporter sent, as long as they are kept (90 days)."""
    proofs = {photo.photo_id for photo in photos_of(report_id) if photo.purpose == "proof"}
    rows = PhotoEvidence.query(report_id, PhotoEvidence.item.startswith("evidence#"))
    return [str(row.dhash) for row in rows if row.photo_id not in proofs]


def _is_burst(sub: str, day: str) -> bool:
    row = Tally.seek(sub, day_item(day))
    return row is not None and row.points >= BURST


def _is_repeated(report: Report, pictures: list[str]) -> bool:
    """Whether a picture has earned the account points before, with another report."""
    # 0 is a picture without contrast: it resembles every other of its kind.
    hashes = [int(one, 16) for one in pictures if int(one, 16)]
    if not hashes:
        return False
    earlier = Award.query(report.reporter, Award.item.startswith("award#"))
    seen = [int(one, 16) for award in earlier for one in award.pictures or []]
    return any(distance(a, b) <= SAME for a in hashes for b in seen)


def _is_ring(report_id: str, sub: str) -> bool:
    rows = Support.query(report_id, Support.item.startswith("support#"), limit=LOOKED_AT)
    supporters = {str(row.person) for row in rows if row.person}
    if len(supporters) < RING:
        return False
    return len(supporters & _supported_by(sub)) >= RING


def _supported_by(sub: str) -> set[str]:
    """Whose reports the account supports."""
    found = aws.dynamodb().query(
        TableName=settings.reports_table,
        IndexName="left",
        KeyConditionExpression="person = :sub",
        ExpressionAttributeValues={":sub": {"S": sub}},
        ScanIndexForward=False,
        Limit=5 * LOOKED_AT,
    )
    ids = (one["id"]["S"] for one in found["Items"] if one["item"]["S"].startswith("support#"))
    rows = Report.batch_get([(id, "report") for id in islice(ids, LOOKED_AT)])
    return {str(row.reporter) for row in rows if row.reporter}
