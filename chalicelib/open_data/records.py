"""A public report as a row of GeoReport's bulk CSV and as a GeoJSON feature: nothing personal."""

from typing import Any

import msgspec

from chalicelib.agencies.directory import Directory
from chalicelib.reports import lifecycle
from chalicelib.reports.models import Report
from chalicelib.stats.rows import written
from chalicelib.visible import visible

# GeoReport Bulk, proposed by Open311: https://wiki.open311.org/GeoReport_Bulk
COLUMNS = (
    "service_request_id",
    "requested_datetime",
    "updated_datetime",
    "closed_date",
    "status_description",
    "status_notes",
    "source",
    "service_name",
    "service_subtype",
    "description",
    "agency_responsible",
    "address",
    "lat",
    "long",
)
LANGUAGE = "id"


def is_public(report: Report) -> bool:
    """Whether everybody may see it; what was withdrawn is nobody's any more."""
    return not report.withheld and report.status != "withdrawn"


def record(report: Report, book: Directory) -> dict[str, Any]:
    """The columns of a report. What is not named here does not leave the system."""
    category, agency = book.categories.get(report.category), book.agencies.get(report.agency or "")
    reason = book.reason_text(report.status, report.reason, LANGUAGE)
    return {
        "service_request_id": report.id,
        "requested_datetime": report.created_at,
        "updated_datetime": report.updated_at,
        "closed_date": None if lifecycle.is_open(report.status) else _closed_at(report),
        "status_description": report.status,
        "status_notes": visible(reason) if reason else None,
        "source": None,
        "service_name": visible(category.name.say(LANGUAGE)) if category else report.category,
        "service_subtype": category.group if category else None,
        "description": visible(report.description),
        "agency_responsible": visible(agency.name) if agency else report.agency,
        "address": visible(report.address) if report.address else None,
        "lat": float(report.lat),
        "long": float(report.lon),
    }


def csv_row(columns: dict[str, Any]) -> bytes:
    """A line of the CSV, safe in spreadsheets."""
    return written([[columns[name] for name in COLUMNS]]).encode()


def feature(columns: dict[str, Any], report: Report) -> bytes:
    """A GeoJSON feature (RFC 7946)."""
    made = {
        "type": "Feature",
        "id": report.id,
        "geometry": {"type": "Point", "coordinates": [columns["long"], columns["lat"]]},
        "properties": {
            **{name: columns[name] for name in COLUMNS[:-2]},
            "areas": [area.id for area in report.chain],
        },
    }
    return msgspec.json.encode(made)


def _closed_at(report: Report) -> str | None:
    closed: str | None = (report.standing or {}).get("closed_at") or report.resolved_at
    return closed
