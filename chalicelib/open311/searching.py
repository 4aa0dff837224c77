"""The list of requests: 90 days at most, 1,000 at a time, and always by an index.

Pages are an extension that most servers have; the protocol's own list is the first page. There is
no index of the whole city by time: its newest requests are those of the boxes around its areas.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import isfinite
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.agencies.directory import Directory
from chalicelib.clock import first_id, moment
from chalicelib.errors import Fault, InvalidInput
from chalicelib.open311.forms import Form
from chalicelib.open311.requests import public_among, status_of
from chalicelib.places.box import Box
from chalicelib.places.point import LATITUDE_LIMIT, Point
from chalicelib.reports import feed, lifecycle
from chalicelib.reports.by_area import boxes_of_all
from chalicelib.reports.feed import BoxTooLarge
from chalicelib.reports.index import Entry, Filters
from chalicelib.reports.listed import box_of
from chalicelib.reports.models import Report
from chalicelib.reports.nearby import nearest

SPAN = timedelta(days=90)
COUNT_LIMIT = 1000
DEPTH_LIMIT = 5000
"""Of pages the last request; who wants more asks for fewer days."""
ROUNDS_LIMIT = 20
RADIUS_M, RADIUS_LIMIT_M = 1000.0, 50_000.0
STATUSES = ("open", "closed")


class Wanted(Struct, frozen=True):
    """What a list is of: `near` with `radius_m`, or `bbox`, or all of the city."""

    filters: Filters
    page: int = 1
    page_size: int = COUNT_LIMIT
    near: Point | None = None
    radius_m: float = RADIUS_M
    bbox: str | None = None

    @property
    def skipped(self) -> int:
        """How many come before this page."""
        return (self.page - 1) * self.page_size


class Listed(Struct, frozen=True):
    """A page of requests that everybody may see, and whether there is another."""

    reports: list[Report]
    more: bool = False


def found(form: Form, book: Directory, at: datetime) -> Listed:
    """The page; InvalidInput naming all that is wrong. A list of ids overrides all else."""
    ids = _listed(form, "service_request_id")
    if ids:
        known = public_among([one for one in ids if 0 < len(one) <= 64][:COUNT_LIMIT])
        return Listed([known[id] for id in dict.fromkeys(ids) if id in known])
    wanted = _wanted(form, at)
    entries = _entries(wanted, book)
    chosen = entries[wanted.skipped : wanted.skipped + wanted.page_size]
    known = public_among([entry.id for entry in chosen])
    reports = [known[entry.id] for entry in chosen if entry.id in known]
    # An index is a moment late: what has been opened or closed since is in the other list.
    fitting = [one for one in reports if wanted.filters.status is None or _fits(one, wanted)]
    return Listed(fitting, len(entries) > wanted.skipped + wanted.page_size)


def next_page(path: str, form: Form) -> str:
    """The address of the page after this one."""
    fields = {name: values for name, values in form.fields.items() if name != "api_key"}
    fields["page"] = [str(int(form.one("page") or 1) + 1)]
    return f"{path}?{urlencode(fields, doseq=True)}"


def _fits(report: Report, wanted: Wanted) -> bool:
    return report.status in (wanted.filters.status or ())


def _entries(wanted: Wanted, book: Directory) -> list[Entry]:
    """All up to the end of the page, and one more."""
    count = wanted.skipped + wanted.page_size + 1
    if wanted.near is not None:
        near = nearest(wanted.near, wanted.radius_m, count, wanted.filters)
        return [one.entry for one in near]
    box = box_of(wanted.bbox) if wanted.bbox else None
    try:
        return _newest([box] if box else boxes_of_all(book), count, wanted.filters)
    except BoxTooLarge:
        raise InvalidInput(Fault("bbox", "fault.box_too_large")) from None


def _newest(boxes: Sequence[Box], count: int, filters: Filters) -> list[Entry]:
    entries: list[Entry] = []
    before = "~"
    for _ in range(ROUNDS_LIMIT):
        piece = feed.page(list(boxes), count - len(entries), filters, before=before)
        entries += piece.entries
        if piece.last is None or len(entries) >= count:
            return entries
        before = piece.last
    raise InvalidInput(Fault("start_date", "fault.fewer_days"))


def _wanted(form: Form, at: datetime) -> Wanted:
    since, until, faults = _period(form, at)
    status, of_status = _statuses(form)
    codes = _listed(form, "service_code")
    page, of_page = _number(form, "page", 1, DEPTH_LIMIT)
    size, of_size = _number(form, "page_size", COUNT_LIMIT, COUNT_LIMIT)
    filters = Filters(frozenset(codes) if codes else None, status, None, since, until)
    wanted, of_place = _placed(form, Wanted(filters, page, size))
    faults += of_status + of_page + of_size + of_place
    if not faults and wanted.skipped + wanted.page_size > DEPTH_LIMIT and page > 1:
        faults.append(Fault("page", "fault.too_big", {"limit": DEPTH_LIMIT // size}))
    if faults:
        raise InvalidInput(*faults)
    return wanted


def period(
    form: Form, at: datetime, span: timedelta, least: timedelta
) -> tuple[datetime, datetime, list[Fault]]:
    """From when to when, one of them following from the other; and what is wrong with it."""
    start, of_start = _time(form, "start_date")
    end, of_end = _time(form, "end_date")
    faults = of_start + of_end
    if start and end and start > end:
        faults.append(Fault("end_date", "fault.end_before_start"))
    if start and end and end - start > span:
        faults.append(Fault("end_date", "fault.span", {"limit": span.days}))
    if start is None:
        end = end or at
        return end - least, end, faults
    return start, end or min(max(at, start), start + span), faults


def _period(form: Form, at: datetime) -> tuple[str, str, list[Fault]]:
    """The least id that is wanted, and the least after all that are."""
    start, end, faults = period(form, at, SPAN, SPAN)
    # Its second is shown: all that was sent in it is wanted.
    return first_id(start), first_id(end + timedelta(seconds=1)), faults


def _time(form: Form, name: str) -> tuple[datetime | None, list[Fault]]:
    given = form.one(name)
    if given is None:
        return None, []
    try:
        # In a query the plus of a time zone is read as a blank by whoever does not write %2B.
        time = moment(given.strip().replace(" ", "+"))
    except (ValueError, OverflowError):
        return None, [Fault(name, "fault.time")]
    return (time, []) if 1971 <= time.year <= 9000 else (None, [Fault(name, "fault.time")])


def _statuses(form: Form) -> tuple[frozenset[str] | None, list[Fault]]:
    words = {word.lower() for word in _listed(form, "status")}
    if unknown := words - set(STATUSES):
        got = ", ".join(sorted(unknown))
        return None, [Fault("status", "fault.choice", {"got": got})]
    if not words or len(words) == len(STATUSES):
        return None, []
    return frozenset(one for one in lifecycle.STATUSES if status_of(one) in words), []


def _placed(form: Form, wanted: Wanted) -> tuple[Wanted, list[Fault]]:
    lat, lon, radius = (_decimal(form, name) for name in ("lat", "long", "radius"))
    bbox = form.one("bbox")
    if bbox is not None and (box_of(bbox) is None or form.one("lat")):
        return wanted, [Fault("bbox", "fault.bbox")]
    if form.one("lat") is None and form.one("long") is None:
        return replace(wanted, bbox=bbox), []
    if lat is None or lon is None or abs(lat) > LATITUDE_LIMIT or abs(lon) > 180:
        return wanted, [Fault("near", "fault.near", {"limit": LATITUDE_LIMIT})]
    if form.one("radius") is not None and (radius is None or not 1 <= radius <= RADIUS_LIMIT_M):
        return wanted, [Fault("radius", "fault.too_big", {"limit": int(RADIUS_LIMIT_M)})]
    return replace(wanted, near=Point(lat, lon), radius_m=radius or RADIUS_M), []


def _decimal(form: Form, name: str) -> float | None:
    try:
        value = float(form.one(name) or "")
    except ValueError:
        return None
    return value if isfinite(value) else None


def _number(form: Form, name: str, default: int, limit: int) -> tuple[int, list[Fault]]:
    given = (form.one(name) or str(default)).strip()
    if not (given.isascii() and given.isdigit()) or int(given[:9]) < 1:
        return default, [Fault(name, "fault.too_small", {"limit": 1})]
    if int(given[:9]) > limit:
        return default, [Fault(name, "fault.too_big", {"limit": limit})]
    return int(given[:9]), []


def _listed(form: Form, name: str) -> list[str]:
    """The values of a comma-separated list, which may also come in several fields."""
    parts = (one.strip() for text in form.many(name, f"{name}[]") for one in text.split(","))
    return [one for one in parts if one]
