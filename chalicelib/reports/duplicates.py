"""Likely duplicates of a report that is about to be sent."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.agencies import directory
from chalicelib.errors import Fault, InvalidInput, Unprocessable
from chalicelib.places.point import LATITUDE_LIMIT
from chalicelib.reports import lifecycle
from chalicelib.reports.index import Filters, ReportItem
from chalicelib.reports.listed import point_of, shown
from chalicelib.reports.nearby import nearest

LIMIT = 20


class DuplicatesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the problem is, and of what kind."""

    near: Annotated[str, Meta(max_length=400, description="`lat,lon` in degrees")]
    category: Annotated[str, Meta(min_length=1, max_length=64)]


class Duplicates(Struct, frozen=True):
    """Likely duplicates, nearest first, each with `distance_m`; at most 20."""

    items: list[ReportItem]
    next: Annotated[str | None, Meta(description="always null: there is one page")] = None


def likely(query: DuplicatesQuery) -> Duplicates:
    """Open reports of the category's group, within the category's radius of the point.

    InvalidInput when there is no such point, Unprocessable when there is no such category.
    """
    point = point_of(query.near)
    if point is None:
        raise InvalidInput(Fault("near", "fault.near", {"limit": LATITUDE_LIMIT}))
    categories = directory.current().categories
    if query.category not in categories:
        raise Unprocessable(Fault("category", "fault.no_category", {"id": query.category}))
    category = categories[query.category]
    group = frozenset(id for id, one in categories.items() if one.group == category.group)
    open_ones = frozenset(status for status in lifecycle.STATUSES if lifecycle.is_open(status))
    filters = Filters(category=group, status=open_ones)
    found = nearest(point, category.duplicate_radius_m, LIMIT, filters)
    return Duplicates([shown(one.entry, one.distance_m) for one in found])
