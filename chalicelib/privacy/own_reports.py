"""A person's own report as their archive has it: all that they sent, and what became of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.agencies import directory
from chalicelib.errors import ReportNotFound
from chalicelib.moderation.models import EarlierText
from chalicelib.people.identity import Caller
from chalicelib.photos.models import Photo, evidence_of
from chalicelib.privacy import erasing, own_account
from chalicelib.reports import rows
from chalicelib.reports.models import Report, find, timeline
from chalicelib.reports.views import report_view, update_view

LANGUAGE = "id"
"""Of the sentences in it that are the city's: the codes beside them are in no language."""


def reports_of(sub: str) -> Iterator[Report]:
    """The reports that were sent with the account, also private and hidden ones."""
    for report_id in erasing.reports_of(sub):
        try:
            yield find(report_id)
        except ReportNotFound:
            # Erased a moment ago.
            continue


def content(report: Report, photos: list[Photo], sub: str, at: datetime) -> dict[str, Any]:
    """The report as its reporter sees it, and what is shown to nobody else."""
    view = msgspec.to_builtins(report_view(report, photos, Caller(sub, "citizen"), LANGUAGE))
    for photo in view["photos"]:
        # Links of five minutes are of no use in an archive.
        del photo["urls"]
    book = directory.current()
    if view.get("question"):
        # Whoever has it answers in the person's name.
        view["question"].pop("link", None)
    return {
        "report": view,
        "share_identity": bool(report.share_identity),
        "contact": report.contact,
        "accuracy_m": report.accuracy_m,
        "rating": report.rating,
        "updates": [update_view(one, book, LANGUAGE, inside=True) for one in timeline(report.id)],
        "comments": [own_account.comment(one) for one in _said(report)],
        "earlier_descriptions": _earlier(report),
        "photo_facts": _facts(report, photos, at),
    }


def is_own(photo: Photo, report: Report) -> bool:
    """Whether the person sent it, with the account or with the tracking code."""
    return photo.purpose == "evidence" and photo.by in (None, report.reporter)


def _said(report: Report) -> list[rows.Row]:
    return [row for row in rows.read(report.id, "comment#") if row["by"]["S"] == "reporter"]


def _earlier(report: Report) -> list[dict[str, str]]:
    """What the description was before moderators edited it, without who did."""
    found = EarlierText.query(report.id, EarlierText.item.startswith("earlier#"))
    return [{"at": one.at, "text": one.text} for one in found]


def _facts(report: Report, photos: list[Photo], at: datetime) -> dict[str, Any]:
    """Place and time that the camera wrote into the person's photos, by photo."""
    own = {one.photo_id for one in photos if is_own(one, report)}
    return {row.photo_id: row.facts for row in evidence_of(report.id, at) if row.photo_id in own}
