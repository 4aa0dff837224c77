"""A report as a service request: all seventeen fields, always; the rest for who asks for it."""

from collections.abc import Sequence
from typing import Any

from chalicelib.agencies.directory import Directory
from chalicelib.clock import Time
from chalicelib.errors import ReportNotFound
from chalicelib.people.identity import NOBODY
from chalicelib.photos import links
from chalicelib.photos.models import Photo
from chalicelib.reports import lifecycle
from chalicelib.reports.models import PRIVATE_KINDS, Report, Update, find

LARGEST = "1600.jpg"


def public(report_id: str) -> Report:
    """The report; ReportNotFound when there is none, or when not everybody may see it."""
    report = find(report_id)
    if not report.visible_to(NOBODY):
        raise ReportNotFound
    return report


def public_among(ids: Sequence[str]) -> dict[str, Report]:
    """Of these reports those that everybody may see, by id."""
    found = Report.batch_get([(id, "report") for id in dict.fromkeys(ids)])
    return {report.id: report for report in found if not report.withheld}


def words_of(reports: Sequence[Report]) -> dict[str, Update]:
    """The entries by which the agencies last said something, by the report's id."""
    keys = [(report.id, report.said_in) for report in reports if report.said_in]
    return {update.id: update for update in Update.batch_get(keys)} if keys else {}


def request_of(
    report: Report, said: Update | None, book: Directory, language: str
) -> dict[str, Any]:
    """The request; `said` is what the agency last told the public."""
    category, agency = book.categories.get(report.category), book.agencies.get(report.agency or "")
    lat, lon = report.point.lat, report.point.lon
    return {
        "service_request_id": report.id,
        "status": status_of(report.status),
        "status_notes": _notes(report, said, book, language),
        "service_name": category.name.say(language) if category else report.category,
        "service_code": report.category,
        "description": report.description,
        "agency_responsible": agency.name if agency else report.agency,
        "service_notice": None,
        "requested_datetime": second(report.created_at),
        "updated_datetime": second(_updated(report)),
        "expected_datetime": second(report.promised) if report.promised else None,
        "address": report.address or f"{lat}, {lon}",
        "address_id": None,
        "zipcode": None,
        "lat": lat,
        "long": lon,
        "media_url": links.public_url(f"{report.thumb}/{LARGEST}") if report.thumb else None,
    }


def extended(report: Report) -> dict[str, Any]:
    """What `extensions=true` adds to a request in a list."""
    return {
        "detailed_status": report.status,
        "number": report.number,
        "me_too": int(report.support_count or 0),
        "duplicate_of": report.duplicate_of,
        "resolution": {"code": report.reason, "confirmed_by_reporter": _confirmed(report)},
    }


def photos(rows: Sequence[Photo]) -> list[dict[str, Any]]:
    """The pictures that everybody may see."""
    return [
        {
            "media_url": links.public_url(f"{photo.folder}/{LARGEST}"),
            "title": photo.purpose,
            "width": int(photo.width) if photo.width else None,
            "height": int(photo.height) if photo.height else None,
            "created_at": second(photo.created_at),
        }
        for photo in rows
        if photo.state == "ready" and photo.folder and photo.folder.startswith("photos/")
    ]


def notes(updates: Sequence[Update], book: Directory, language: str) -> list[dict[str, Any]]:
    """What happened, the oldest first."""
    return [
        {
            "datetime": second(update.at),
            "type": update.status or update.kind,
            "description": _word(update, book, language),
        }
        for update in updates
    ]


def status_of(status: str) -> str:
    """`open` or `closed`: the protocol knows no other."""
    return "open" if lifecycle.is_open(status) else "closed"


def second(time: str) -> Time:
    """Whole seconds: some clients read no others."""
    return f"{time[:19]}Z"


def _updated(report: Report) -> str:
    """Of a closed one when it was closed."""
    if lifecycle.is_open(report.status):
        return str(report.updated_at)
    return str((report.standing or {}).get("closed_at") or report.updated_at)


def _notes(report: Report, said: Update | None, book: Directory, language: str) -> str | None:
    word = _word(said, book, language) if said else None
    return word or book.reason_text(report.status, report.reason, language)


def _word(update: Update, book: Directory, language: str) -> str | None:
    if update.kind in PRIVATE_KINDS:
        return None
    note: str | None = (update.notes or {}).get(language, update.note)
    return note or book.reason_text(update.status or "", update.reason, language)


def _confirmed(report: Report) -> bool | None:
    """None until the reporter has answered, or time has."""
    return report.confirmed_by == "reporter" if report.confirmed_at else None
