"""Whether a problem has come back: a fix of the same kind, close by, was confirmed lately."""

from datetime import datetime

from chalicelib.agencies.models import Category
from chalicelib.clock import text
from chalicelib.places.point import Point
from chalicelib.reports.index import Filters
from chalicelib.reports.lifecycle import RECURS_WITHIN
from chalicelib.reports.models import Report
from chalicelib.reports.nearby import nearest

# Of the confirmed reports of one kind at one place, so many of the nearest are looked at.
LOOKED_AT = 50


def recurrence_of(point: Point, category_id: str, category: Category, at: datetime) -> str | None:
    """The id of the report that was confirmed last of those that this one can be the return of.

    Within the category's `duplicate_radius_m`, confirmed less than RECURS_WITHIN before `at`. Costs
    a small read of index `near`, and one of the reports themselves where there are any.
    """
    wanted = Filters(category=frozenset([category_id]), status=frozenset(["confirmed"]))
    found = nearest(point, category.duplicate_radius_m, LOOKED_AT, wanted)
    since = text(at - RECURS_WITHIN)
    recent = [
        (report.confirmed_at, report.id)
        for report in _read([one.id for one in found])
        if report.status == "confirmed" and report.confirmed_at and report.confirmed_at > since
    ]
    return max(recent)[1] if recent else None


def _read(ids: list[str]) -> list[Report]:
    if not ids:
        return []
    return list(Report.batch_get([(id, "report") for id in ids], consistent_read=True))
