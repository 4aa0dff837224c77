"""HTTP of moderation: flags by anybody, and the queue, decisions and bans of moderators."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from chalicelib import clock, cursor
from chalicelib.errors import (
    BanNotFound,
    CaseNotFound,
    CommentNotFound,
    NotIdentified,
    ReportChanged,
    ReportNotFound,
    TooManyRequests,
    Unprocessable,
)
from chalicelib.moderation import bans, cases, flags, reading
from chalicelib.moderation.bans import BanView, NewBan
from chalicelib.moderation.deciding import (
    CommentDecision,
    ReportDecision,
    decide_comment,
    decide_report,
)
from chalicelib.moderation.flags import Flagged, NewFlag
from chalicelib.moderation.models import Case, find_case
from chalicelib.moderation.reading import CaseView, CommentFile, ReportFile
from chalicelib.people import budgets
from chalicelib.people.budgets import Sender
from chalicelib.people.identity import Caller
from chalicelib.web import Asked, Routes

routes = Routes(__name__, "moderation")


class CaseQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """In which order, and which page."""

    sort: Literal["newest", "most_flagged"] = "newest"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class CasePage(Struct, frozen=True):
    """Cases that wait."""

    items: list[CaseView]
    next: str | None


class BanQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class BanPage(Struct, frozen=True):
    """Banned accounts, by id."""

    items: list[BanView]
    next: str | None


FLAG_PROBLEMS: tuple[Any, ...] = (NotIdentified, ReportNotFound, Unprocessable, TooManyRequests)


@routes.post("/v1/reports/{report_id}/flags", status=201, problems=FLAG_PROBLEMS)
def flag_report(report_id: str, body: NewFlag, caller: Caller, asked: Asked) -> Flagged:
    """Tell the moderators that something is wrong with a report; counted once a person."""
    budgets.spend("word", Sender(caller, asked.headers, asked.address), clock.now())
    return flags.flag_report(report_id, body, caller, clock.now())


@routes.post(
    "/v1/reports/{report_id}/comments/{comment_id}/flags",
    status=201,
    problems=(*FLAG_PROBLEMS, CommentNotFound),
)
def flag_comment(
    report_id: str, comment_id: str, body: NewFlag, caller: Caller, asked: Asked
) -> Flagged:
    """Tell the moderators that something is wrong with a comment; counted once a person."""
    budgets.spend("word", Sender(caller, asked.headers, asked.address), clock.now())
    return flags.flag_comment(report_id, comment_id, body, caller, clock.now())


@routes.get("/v1/admin/moderation/cases")
def list_cases(query: CaseQuery) -> CasePage:
    """Reports and comments that wait for a decision, the newest or the most flagged first."""
    identity = ["cases", query.sort]
    before = str(cursor.unseal(identity, query.cursor)[0]) if query.cursor else None
    read = cases.newest if query.sort == "newest" else cases.most_flagged
    found = read(before, query.limit + 1)
    shown = found[: query.limit]
    more = cursor.seal(identity, [_key(shown[-1], query.sort)]) if found[query.limit :] else None
    return CasePage([reading.case_view(case) for case in shown], more)


@routes.get("/v1/admin/moderation/cases/{case_id}", problems=(CaseNotFound,))
def show_case(case_id: str) -> CaseView:
    """One case with what people said of it."""
    return reading.case_view(find_case(case_id), with_flags=True)


@routes.get("/v1/admin/moderation/reports/{report_id}", problems=(ReportNotFound,))
def show_report_file(report_id: str) -> ReportFile:
    """A report as moderators read it: with what it said before it was edited."""
    return reading.report_file(report_id)


@routes.post(
    "/v1/admin/moderation/reports/{report_id}",
    problems=(ReportNotFound, ReportChanged, Unprocessable),
)
def moderate_report(report_id: str, body: ReportDecision, caller: Caller) -> ReportFile:
    """Hide or show a report, or edit what it says."""
    decide_report(report_id, body, caller, clock.now())
    return reading.report_file(report_id)


@routes.get(
    "/v1/admin/moderation/comments/{report_id}/{comment_id}",
    problems=(ReportNotFound, CommentNotFound),
)
def show_comment_file(report_id: str, comment_id: str) -> CommentFile:
    """A comment as moderators read it: with what it said before it was edited."""
    return reading.comment_file(report_id, comment_id)


@routes.post(
    "/v1/admin/moderation/comments/{report_id}/{comment_id}",
    problems=(ReportNotFound, CommentNotFound, ReportChanged, Unprocessable, TooManyRequests),
)
def moderate_comment(
    report_id: str, comment_id: str, body: CommentDecision, caller: Caller
) -> CommentFile:
    """Hide or show a comment, or edit what it says."""
    decide_comment(report_id, comment_id, body, caller, clock.now())
    return reading.comment_file(report_id, comment_id)


@routes.post(
    "/v1/admin/moderation/bans",
    status=201,
    problems=(ReportNotFound, CommentNotFound, Unprocessable),
)
def ban_author(body: NewBan, caller: Caller) -> BanView:
    """Ban who wrote a report or comment: within half a minute the account can only read."""
    return bans.ban(body, caller, clock.now())


@routes.get("/v1/admin/moderation/bans")
def list_bans(query: BanQuery) -> BanPage:
    """All banned accounts."""
    after = str(cursor.unseal(["bans"], query.cursor)[0]) if query.cursor else None
    found = bans.all_bans(after, query.limit + 1)
    shown = found[: query.limit]
    more = cursor.seal(["bans"], [shown[-1].person]) if found[query.limit :] else None
    return BanPage(shown, more)


@routes.delete("/v1/admin/moderation/bans/{id}", status=204, problems=(BanNotFound,))
def lift_ban(id: str) -> None:
    """Let an account write again."""
    bans.lift(id)


def _key(case: Case, sort: str) -> str:
    return str(case.item if sort == "newest" else case.due_at)
