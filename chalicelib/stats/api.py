"""HTTP of scheduled reports: administrators define them and run them for any period."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.clock import Time, new_id, text
from chalicelib.errors import DigestNotFound, Fault, Unprocessable
from chalicelib.settings import settings
from chalicelib.stats import links, planning, schedules
from chalicelib.stats.asked import period_of, scope_faults, zone_of
from chalicelib.stats.models import DEFINITIONS, Digest, Run, find, find_run
from chalicelib.stats.scopes import Scope
from chalicelib.web import Routes

routes = Routes(__name__, "scheduled reports")

Name = Annotated[str, Meta(min_length=1, max_length=120)]
Address = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\Z", max_length=254)]
Kind = Literal["area", "agency", "category"]


class NewDigest(Struct, frozen=True, forbid_unknown_fields=True):
    """What to report, how often, and to whom."""

    name: Name
    period: Literal["day", "week", "month", "year"]
    time_zone: str | None = None
    language: Literal["id", "en"] = "id"
    filters: dict[Kind, Annotated[str, Meta(max_length=64)]] = {}
    formats: Annotated[
        list[Literal["html", "pdf", "csv", "json"]], Meta(min_length=1, max_length=4)
    ] = msgspec.field(default_factory=lambda: ["html", "json"])
    recipients: Annotated[list[Address], Meta(max_length=50)] = []


class DigestView(Struct, frozen=True):
    """A scheduled report."""

    id: str
    name: str
    period: str
    time_zone: str
    language: str
    filters: dict[str, str]
    formats: list[str]
    recipients: list[str]
    created_at: Time


class DigestList(Struct, frozen=True):
    """All scheduled reports."""

    items: list[DigestView]
    next: None = None


class NewRun(Struct, frozen=True, forbid_unknown_fields=True):
    """A day `2026-11-24`, an ISO week `2026-W48`, a month `2026-11` or a year `2026`."""

    period: Annotated[str, Meta(min_length=4, max_length=10)]


class RunView(Struct, frozen=True):
    """A run: `waiting`, `done` with links good for an hour, or `failed`: then order another."""

    id: str
    digest_id: str
    period: str
    state: str
    revision: int | None
    files: dict[str, str]
    figures: dict[str, Any] | None
    rates: dict[str, Any] | None
    created_at: Time
    done_at: Time | None


class RunList(Struct, frozen=True):
    """The runs of a scheduled report."""

    items: list[RunView]
    next: None = None


@routes.post("/v1/admin/digests", status=201, problems=(Unprocessable,))
def create_digest(body: NewDigest) -> DigestView:
    """Define a scheduled report; its first run comes in the morning after the present period."""
    at = clock.now()
    return _view(_defined(body, new_id(at), text(at)))


@routes.put("/v1/admin/digests/{id}", problems=(DigestNotFound, Unprocessable))
def replace_digest(id: str, body: NewDigest) -> DigestView:
    """Define a scheduled report anew; its runs stay."""
    return _view(_defined(body, id, find(id).created_at))


@routes.get("/v1/admin/digests")
def list_digests() -> DigestList:
    """All scheduled reports."""
    return DigestList([_view(one) for one in Digest.query(DEFINITIONS, consistent_read=True)])


@routes.get("/v1/admin/digests/{id}", problems=(DigestNotFound,))
def show_digest(id: str) -> DigestView:
    """One scheduled report."""
    return _view(find(id))


@routes.delete("/v1/admin/digests/{id}", status=204, problems=(DigestNotFound,))
def delete_digest(id: str) -> None:
    """Stop a scheduled report; what it has published stays."""
    digest = find(id)
    schedules.remove(id)
    digest.delete()


@routes.post(
    "/v1/admin/digests/{id}/runs",
    status=202,
    problems=(DigestNotFound, Unprocessable),
)
def run_digest(id: str, body: NewRun) -> RunView:
    """Compute a past period now; when something has changed since, it is the next revision."""
    at, digest = clock.now(), find(id)
    period_of(body.period, ZoneInfo(digest.time_zone), at)
    return _run_view(planning.plan(digest, body.period, new_id(at), at))


@routes.get("/v1/admin/digests/{id}/runs", problems=(DigestNotFound,))
def list_runs(id: str) -> RunList:
    """All runs of a scheduled report."""
    find(id)
    return RunList([_run_view(run) for run in Run.query(f"runs#{id}", consistent_read=True)])


@routes.get("/v1/admin/digests/{id}/runs/{run}", problems=(DigestNotFound,))
def show_run(id: str, run: str) -> RunView:
    """One run with its figures and links to its files."""
    return _run_view(find_run(id, run))


def _defined(body: NewDigest, id: str, created_at: str) -> Digest:
    """Stored with its schedule; the schedule first, for without a report it starts nothing."""
    if faults := _faults(body):
        raise Unprocessable(*faults)
    digest = Digest(
        id=id,
        name=body.name,
        period=body.period,
        time_zone=body.time_zone or settings.city_time_zone,
        language=body.language,
        filters=dict(body.filters),
        formats=list(body.formats),
        recipients=list(body.recipients),
        created_at=created_at,
    )
    schedules.put(digest)
    digest.save()
    return digest


def _faults(body: NewDigest) -> list[Fault]:
    faults = []
    if zone_of(body.time_zone or settings.city_time_zone) is None:
        faults.append(Fault("time_zone", "fault.time_zone"))
    return [*faults, *scope_faults(Scope(**body.filters), "filters.")]


def _view(digest: Digest) -> DigestView:
    return DigestView(
        id=digest.id,
        name=digest.name,
        period=digest.period,
        time_zone=digest.time_zone,
        language=digest.language,
        filters=digest.filters,
        formats=list(digest.formats),
        recipients=list(digest.recipients),
        created_at=digest.created_at,
    )


def _run_view(run: Run) -> RunView:
    counted = run.figures or {}
    return RunView(
        id=run.id,
        digest_id=run.digest_id,
        period=run.period,
        state=run.state,
        revision=int(run.revision) if run.revision is not None else None,
        files={format: links.link(key) for format, key in (run.files or {}).items()},
        figures=counted.get("figures"),
        rates=counted.get("rates"),
        created_at=run.created_at,
        done_at=run.done_at,
    )
