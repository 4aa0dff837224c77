"""HTTP of what is kept of a person: to be seen, and to be erased."""

from collections import Counter
from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.clock import Time
from chalicelib.errors import (
    ExportNotFound,
    NotAllowed,
    NotIdentified,
    ReportChanged,
    ReportNotFound,
)
from chalicelib.people.identity import Caller
from chalicelib.privacy import exports
from chalicelib.privacy.exports import Export, State
from chalicelib.privacy.models import Erasure, How, erasure_of, order_account, order_report
from chalicelib.reports.models import find
from chalicelib.reports.permission import must_be_reporter
from chalicelib.settings import settings
from chalicelib.validation import parse
from chalicelib.web import Asked, Reply, Routes

routes = Routes(__name__, "privacy")

PRIVATE = {"Cache-Control": "no-store"}
SHOWN = 200
LOOKED_S = 15


class ErasureView(Struct, frozen=True):
    """An erasure under way: it is gone from `GET /v1/me/data` when it is done.

    `reports` is what becomes of reports, as in the query of `DELETE /v1/me`.
    """

    ordered_at: Time
    reports: str
    state: Literal["under_way"] = "under_way"


class KeptData(Struct, frozen=True):
    """How much is kept of the caller's account, by kind.

    `at_reports` counts supports, follows, comments and flags; `account` what else there is, of
    which `standing` (a role) and `ban` are the city's own and are not erased.
    """

    reports: int
    at_reports: dict[str, int]
    account: dict[str, int]
    erasure: ErasureView | None


class NewExport(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing has to be said; a body may be left out, too."""


class ExportView(Struct, frozen=True):
    """An archive of all that is kept of an account; `size` in bytes.

    `url` is there when it is `ready`, and good for five minutes: to ask again gives another one.
    """

    state: State
    ordered_at: Time
    expires_at: Time
    size: int | None
    url: str | None


class RetentionQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`days`: what would be due if so many were kept, instead of the deployment's own number."""

    days: Annotated[int, Meta(ge=1, le=36_500)] | None = None


class DueReport(Struct, frozen=True):
    """A report that is due since its last change; `how` is as in `DELETE /v1/me`."""

    report_id: str
    number: str
    updated_at: Time
    how: How


class RetentionView(Struct, frozen=True):
    """Closed reports whose last change was before `until`, and that still say who sent them.

    `done_until`: those before were looked at by earlier runs. `more`: this is not all.
    """

    days: int
    until: Time
    done_until: Time | None
    items: list[DueReport]
    more: bool


class EraseQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`confirm=erase` says that it is meant: nothing of it can be brought back.

    `reports`: with `unlink` they stay for the city as a place, a category and a history, without
    words, pictures or any link to the person; with `keep_text` words and pictures stay too; with
    `delete` nothing of them stays.
    """

    confirm: Literal["erase"]
    reports: How = "unlink"


@routes.get("/v1/me/data")
def show_my_data(caller: Caller) -> Reply[KeptData]:
    """What is kept of the caller's account, and whether it is being erased."""
    # What erases knows every slice; only who looks for a person's traces loads it.
    from chalicelib.privacy import erasing, taking_part

    sub = _account(caller)
    here = Counter(_kind(item) for _, item in taking_part.rows_of(sub))
    own = Counter(_kind(row["item"]["S"]) for row in erasing.own_rows(sub))
    order = erasure_of(sub)
    del own["erasure"]
    kept = KeptData(
        reports=sum(1 for _ in erasing.reports_of(sub)),
        at_reports=dict(here),
        account=dict(own),
        erasure=_view(order) if order else None,
    )
    return Reply(kept, headers=PRIVATE)


@routes.post("/v1/me/export", status=202)
def order_export(caller: Caller, asked: Asked) -> Reply[ExportView]:
    """Order an archive of all that is kept of the caller's account: a ZIP of JSON and pictures.

    It is ready within minutes: `GET /v1/me/export` says so and has its link. Who orders again
    while it is made, or within an hour, gets that one; a later one takes its place.
    """
    if asked.body:
        parse(asked.body, NewExport)
    export = exports.order(_account(caller), clock.now())
    return Reply(_export_view(export), 202, headers=PRIVATE)


@routes.get("/v1/me/export", problems=(ExportNotFound,))
def show_export(caller: Caller) -> Reply[ExportView]:
    """The caller's archive, with a link when it is ready; it is kept for seven days."""
    export = exports.export_of(_account(caller), clock.now())
    return Reply(_export_view(export), headers=PRIVATE)


@routes.get("/v1/admin/retention")
def show_retention(query: RetentionQuery) -> RetentionView:
    """A dry run: which reports the next run of the schedule would erase, and how far."""
    from chalicelib.privacy import retention

    at, days = clock.now(), query.days or settings.retention_days
    found, more = retention.dry_run(at, days, SHOWN, clock.for_seconds(LOOKED_S))
    done = retention.done_until()
    until = clock.text(at - timedelta(days=days))
    shown = [DueReport(one.report_id, one.number, one.updated_at, one.how) for one in found]
    return RetentionView(days, until, clock.text(done) if done else None, shown, more)


@routes.delete("/v1/me", status=202)
def erase_me(query: EraseQuery, caller: Caller) -> Reply[ErasureView]:
    """Erase all that the caller did with this account; within minutes nothing of it is left.

    What is sent with the account before it is done is erased too. The login itself is with the
    identity provider; who signs in again begins anew.
    """
    order = order_account(_account(caller), query.reports, clock.now())
    return Reply(_view(order), 202, headers=PRIVATE)


@routes.delete(
    "/v1/reports/{report_id}",
    status=202,
    problems=(ReportNotFound, NotAllowed, NotIdentified, ReportChanged),
)
def erase_report(report_id: str, caller: Caller) -> Reply[ErasureView]:
    """Erase a report, by its reporter or who holds its tracking code, whatever its status.

    From now on there is none under this id for anybody; within minutes nothing of it is left.
    """
    from chalicelib.privacy import report_erasing

    report, at = find(report_id), clock.now()
    if not report.visible_to(caller):
        raise ReportNotFound
    must_be_reporter(report, caller)
    order = order_report(report_id, "delete", at)
    report_erasing.hide(report_id, at)
    return Reply(_view(order), 202, headers=PRIVATE)


def _account(caller: Caller) -> str:
    if caller.account is None:
        raise NotIdentified
    return caller.account


def _kind(item: str) -> str:
    return item.partition("#")[0]


def _view(order: Erasure) -> ErasureView:
    return ErasureView(order.ordered_at, order.reports)


def _export_view(export: Export) -> ExportView:
    return ExportView(
        state=export.state,  # type: ignore[arg-type]  # the writers' vocabulary is this Literal
        ordered_at=export.ordered_at,
        expires_at=clock.text(export.gone_at),
        size=int(export.size) if export.size else None,
        url=exports.link(export) if export.state == "ready" else None,
    )
