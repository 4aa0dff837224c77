"""What callers see of a photo: everybody its clean pictures, some also what it says privately."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from chalicelib import texts
from chalicelib.agencies import directory
from chalicelib.clock import now
from chalicelib.people.identity import Caller
from chalicelib.photos import checks, links
from chalicelib.photos.checks import EvidenceView, Known, ProofChecks
from chalicelib.photos.evidence import Evidence
from chalicelib.photos.models import Photo, PhotoEvidence, evidence_of
from chalicelib.reports.models import Report
from chalicelib.settings import settings


class SuggestedLocation(Struct, frozen=True):
    """Where the camera says that it was (WGS 84 degrees), with its stated error in metres."""

    lat: float
    lon: float
    accuracy_m: float | None


class PhotoView(Struct, frozen=True):
    """A photo; `urls` by long side in pixels (`640_avif` beside `640`), once it is `ready`.

    `message` says why there is no picture. `suggested_location` is for the reporter; `evidence`
    and, of a proof, `checks` are for the agency that has the report and for moderators.
    """

    photo_id: str
    state: str
    purpose: str
    urls: dict[str, str]
    width: int | None
    height: int | None
    thumbhash: str | None
    reason: str | None
    message: str | None
    suggested_location: SuggestedLocation | UnsetType = UNSET
    evidence: EvidenceView | UnsetType = UNSET
    checks: ProofChecks | UnsetType = UNSET


def photo_views(
    report: Report, photos: list[Photo], caller: Caller, language: str, at: datetime | None = None
) -> list[PhotoView]:
    """The report's photos as this caller may see them."""
    at = at or now()
    private = _private(report, photos, caller, at)
    return [_view(photo, report, caller, language, at, private) for photo in photos]


def _private(
    report: Report, photos: list[Photo], caller: Caller, at: datetime
) -> dict[str, PhotoEvidence]:
    """Private facts by photo, read only for those who may see any of them."""
    known = report.is_reporter(caller) or report.in_hands_of(caller)
    if not known or not any(photo.state == "ready" for photo in photos):
        return {}
    return {row.photo_id: row for row in evidence_of(report.id, at)}


def _view(
    photo: Photo,
    report: Report,
    caller: Caller,
    language: str,
    at: datetime,
    private: dict[str, PhotoEvidence],
) -> PhotoView:
    state, row = photo.state_at(at), private.get(photo.photo_id)
    ready = state == "ready" and photo.folder is not None
    return PhotoView(
        photo_id=photo.photo_id,
        state=state,
        purpose=photo.purpose,
        urls=links.urls(photo.folder, bool(report.private)) if ready else {},
        width=int(photo.width) if photo.width else None,
        height=int(photo.height) if photo.height else None,
        thumbhash=photo.thumbhash if ready else None,
        reason=photo.reason,
        message=_message(state, photo.reason, language),
        **(_facts(row, photo, report, caller) if row and ready else {}),
    )


def _message(state: str, reason: str | None, language: str) -> str | None:
    if reason is not None:
        return texts.say(f"photo.reason.{reason}", language)
    key = f"photo.state.{state}"
    return texts.say(key, language) if texts.knows(key) else None


def _facts(row: PhotoEvidence, photo: Photo, report: Report, caller: Caller) -> dict[str, Any]:
    facts = msgspec.convert(row.facts, Evidence)
    shown: dict[str, Any] = {}
    # Not of an officer's picture: it tells where that officer was.
    # A holder of the code has no name, also after an account has claimed the report.
    own = photo.purpose == "evidence" and photo.by in (None, report.reporter)
    if own and report.is_reporter(caller) and facts.lat is not None and facts.lon is not None:
        shown["suggested_location"] = SuggestedLocation(facts.lat, facts.lon, facts.accuracy_m)
    if report.in_hands_of(caller):
        known = _known(report)
        shown["evidence"] = checks.evidence_view(facts, known)
        if photo.purpose == "proof":
            used_in = [(report_id, photo_id) for report_id, photo_id in row.used_in or ()]
            shown["checks"] = checks.proof_checks(facts, known, used_in)
    return shown


def _known(report: Report) -> Known:
    category = directory.current().categories.get(report.category)
    radius_m = category.duplicate_radius_m if category else None
    return Known(report.point, report.created_at, settings.time_zone, radius_m)
