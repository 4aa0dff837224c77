"""HTTP of reports: submit, read, list by place, and move through the life cycle."""

from msgspec import Struct

from chalicelib import clock, idempotency, pages, web
from chalicelib.errors import (
    AlreadyActedOn,
    CallEmergency,
    CannotAsk,
    CommentNotFound,
    IdempotencyMismatch,
    IllegalTransition,
    NotAllowed,
    NothingAsked,
    NotIdentified,
    ReportChanged,
    ReportClosed,
    ReportNotFound,
    TooManyRequests,
    Unprocessable,
)
from chalicelib.idempotency import KEPT, REPLAYED
from chalicelib.people import budgets
from chalicelib.people.budgets import Sender
from chalicelib.people.identity import Caller
from chalicelib.photos import uploads
from chalicelib.photos.models import offer_again, photos_of
from chalicelib.photos.uploads import Upload
from chalicelib.reports import (
    claiming,
    comments,
    conversation,
    corrections,
    duplicates,
    follows,
    listing,
    map_view,
    merging,
    mine,
    progress,
    question_page,
    questions,
    share,
    submission,
    supports,
)
from chalicelib.reports.comments import NewComment
from chalicelib.reports.conversation import UpdatesQuery
from chalicelib.reports.corrections import Correction, Withdrawal
from chalicelib.reports.duplicates import Duplicates, DuplicatesQuery
from chalicelib.reports.follows import Following
from chalicelib.reports.listing import ListQuery, ReportPage
from chalicelib.reports.map_view import MapQuery, MapView
from chalicelib.reports.merging import Merge, Unmerge
from chalicelib.reports.mine import MineQuery
from chalicelib.reports.models import Report, find
from chalicelib.reports.progress import Confirmation
from chalicelib.reports.questions import Answer, NewQuestion
from chalicelib.reports.submission import NewReport
from chalicelib.reports.supports import Supported
from chalicelib.reports.views import (
    ReportView,
    UpdateView,
    WaitingQuestion,
    report_view,
    waiting_question,
)
from chalicelib.reports.wording import StatusChange
from chalicelib.web import GEOJSON, HTML, Asked, Reply, Routes

routes = Routes(__name__, "reports")


class CreatedReport(ReportView, frozen=True, kw_only=True):
    """A new report; `tracking_code` is shown here and never again."""

    tracking_code: str | None
    uploads: list[Upload]


class Claim(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing more than the header `x-tracking-code` and a token says."""


class Answered(Struct, frozen=True):
    """That the answer has been taken."""

    report_id: str
    number: str
    version: int


@routes.post(
    "/v1/reports",
    status=201,
    problems=(CallEmergency, IdempotencyMismatch, Unprocessable, TooManyRequests),
)
def create_report(body: NewReport, caller: Caller, asked: Asked) -> Reply[CreatedReport]:
    """Send a report. The answer has the tracking code and one upload form for each photo."""
    at, key = clock.now(), idempotency.key_in(asked.headers)
    sender = Sender(caller, asked.headers, asked.address)
    sent = submission.submit(body, asked.body, caller, key, at, sender)
    waiting = [photo for photo in sent.photos if photo.state == "waiting"]
    # An offline phone may ask again after its upload forms have expired: it gets new ones.
    offer_again(waiting, at)
    knower = Caller(caller.sub, caller.role, caller.agency_id, sent.tracking_code)
    view = report_view(sent.report, sent.photos, knower, asked.language, sent.book)
    created = CreatedReport(
        **{name: getattr(view, name) for name in view.__struct_fields__},
        tracking_code=sent.tracking_code,
        uploads=[uploads.upload(photo, at) for photo in waiting],
    )
    headers = {"Location": f"/v1/reports/{sent.report.id}", "Cache-Control": "no-store"}
    if sent.replayed:
        headers[REPLAYED] = "true"
    kept = uploads.REPEATED if waiting else KEPT
    return Reply(created, 201, headers=headers, kept=kept)


@routes.get("/v1/reports", problems=(Unprocessable,))
def list_reports(query: ListQuery, asked: Asked) -> Reply[ReportPage]:
    """Reports near a point, nearest first; or in a box or area, newest or trending first."""
    found = listing.page(query)
    if GEOJSON in asked.headers.get("accept", ""):
        return Reply(listing.geojson(found), media_type=GEOJSON)
    return Reply(found)


@routes.get("/v1/me/reports")
def list_my_reports(query: MineQuery, caller: Caller) -> ReportPage:
    """The reports that the caller sent with this account, the newest first."""
    assert caller.sub is not None  # a role is an account's
    return mine.page(caller.sub, query)


@routes.get("/v1/map")
def show_map(query: MapQuery) -> MapView:
    """What a map draws: counted cells from far, the reports themselves from near."""
    return map_view.view(query)


@routes.get("/v1/reports/duplicates", problems=(Unprocessable,))
def list_duplicates(query: DuplicatesQuery) -> Duplicates:
    """Open reports that may tell of the same problem, nearest first: to ask before sending one."""
    return duplicates.likely(query)


@routes.get("/v1/reports/{report_id}", problems=(ReportNotFound,))
def show_report(report_id: str, caller: Caller, asked: Asked) -> ReportView:
    """One report in full."""
    report = _visible(report_id, caller)
    return report_view(report, photos_of(report.id), caller, asked.language)


@routes.get("/v1/reports/{report_id}/updates", problems=(ReportNotFound,))
def list_updates(
    report_id: str, query: UpdatesQuery, caller: Caller, asked: Asked
) -> conversation.Updates:
    """What happened to the report and what was said about it, the oldest entry first."""
    report = _visible(report_id, caller)
    return conversation.page(report, query, caller, asked.language)


@routes.post(
    "/v1/reports/{report_id}/comments",
    status=201,
    problems=(NotIdentified, ReportNotFound, Unprocessable, TooManyRequests),
)
def add_comment(report_id: str, body: NewComment, caller: Caller, asked: Asked) -> UpdateView:
    """Say something about the report. `state` is `held` when it waits for a moderator."""
    budgets.spend("word", Sender(caller, asked.headers, asked.address), clock.now())
    comment = comments.add(report_id, body, caller, clock.now())
    report = find(report_id)
    return conversation.view_of(comment, report, caller, asked.language)


@routes.delete(
    "/v1/reports/{report_id}/comments/{comment_id}",
    status=204,
    problems=(NotIdentified, NotAllowed, ReportNotFound, CommentNotFound, ReportChanged),
)
def remove_comment(report_id: str, comment_id: str, caller: Caller) -> None:
    """Delete a comment that the caller wrote; nothing of it is kept."""
    comments.remove(report_id, comment_id, caller)


@routes.get("/v1/reports/{report_id}/share", problems=(ReportNotFound,), page=True)
def share_report(report_id: str, caller: Caller, asked: Asked) -> Reply[str]:
    """The report as a page to be shared: HTML with Open Graph and Twitter tags."""
    report = _visible(report_id, caller)
    page = share.page(report, asked.language)
    return Reply(page, media_type=HTML, headers=share.headers(report))


@routes.patch(
    "/v1/reports/{report_id}",
    problems=(
        ReportNotFound,
        NotAllowed,
        AlreadyActedOn,
        ReportClosed,
        ReportChanged,
        Unprocessable,
        CallEmergency,
    ),
)
def correct_report(report_id: str, body: Correction, caller: Caller, asked: Asked) -> ReportView:
    """Correct a report: its reporter while nobody has acted on it, staff while it is open.

    Staff corrects `category`, `location`, `address` and `answers` only.
    """
    only = _matched(_visible(report_id, caller), asked)
    report = corrections.correct(report_id, body, caller, clock.now(), only)
    return report_view(report, photos_of(report.id), caller, asked.language)


@routes.post(
    "/v1/reports/{report_id}/withdraw",
    problems=(ReportNotFound, NotAllowed, IllegalTransition, ReportChanged),
)
def withdraw_report(report_id: str, body: Withdrawal, caller: Caller, asked: Asked) -> ReportView:
    """Take a report back, by its reporter and while nobody has acted on it."""
    only = _matched(_visible(report_id, caller), asked)
    report = corrections.withdraw(report_id, body, caller, clock.now(), only)
    return report_view(report, photos_of(report.id), caller, asked.language)


@routes.post(
    "/v1/reports/{report_id}/status",
    problems=(ReportNotFound, NotAllowed, IllegalTransition, ReportChanged, Unprocessable),
)
def change_status(report_id: str, body: StatusChange, caller: Caller, asked: Asked) -> ReportView:
    """Move the report through its life cycle, in the name of its agency."""
    only = _matched(_visible(report_id, caller), asked)
    report = progress.change_status(report_id, body, caller, clock.now(), only)
    return report_view(report, photos_of(report.id), caller, asked.language)


@routes.post(
    "/v1/reports/{report_id}/merge",
    problems=(ReportNotFound, NotAllowed, IllegalTransition, ReportChanged, Unprocessable),
)
def merge_report(report_id: str, body: Merge, caller: Caller, asked: Asked) -> ReportView:
    """Make the report a duplicate of another: its supporters and followers move there."""
    only = _matched(_visible(report_id, caller), asked)
    at = clock.now()
    report = merging.merge(report_id, body.duplicate_of, body.note, caller, at, only)
    return report_view(report, photos_of(report.id), caller, asked.language)


@routes.post(
    "/v1/reports/{report_id}/unmerge",
    problems=(ReportNotFound, NotAllowed, IllegalTransition, ReportChanged),
)
def unmerge_report(report_id: str, body: Unmerge, caller: Caller, asked: Asked) -> ReportView:
    """Take a duplicate apart from its original: it gets back its status and its people."""
    only = _matched(_visible(report_id, caller), asked)
    report = merging.unmerge(report_id, body.note, caller, clock.now(), only)
    return report_view(report, photos_of(report.id), caller, asked.language)


@routes.post(
    "/v1/reports/{report_id}/questions",
    problems=(ReportNotFound, NotAllowed, CannotAsk, ReportChanged, Unprocessable),
)
def ask_reporter(report_id: str, body: NewQuestion, caller: Caller, asked: Asked) -> ReportView:
    """Ask the reporter something: until the answer, or for 14 days, the report's clocks stand."""
    only = _matched(_visible(report_id, caller), asked)
    report = questions.ask(report_id, body, caller, clock.now(), only)
    return report_view(report, photos_of(report.id), caller, asked.language)


@routes.get(
    "/v1/reports/{report_id}/question",
    problems=(ReportNotFound, NotIdentified, NotAllowed, NothingAsked),
    page=True,
)
def show_question(
    report_id: str, query: questions.LinkQuery, caller: Caller, asked: Asked
) -> Reply[WaitingQuestion]:
    """The question that waits for the reporter; the link to it needs no login.

    A browser gets it as a page, with a form for the answer.
    """
    question = waiting_question(questions.asked(report_id, query.token, caller, clock.now()))
    if not asked.wants_page:
        return Reply(question, headers=pages.HEADERS)
    page = question_page.page(question, query.token, asked.language)
    return Reply(page, media_type=HTML, headers=pages.HEADERS)


@routes.post(
    "/v1/reports/{report_id}/answers",
    problems=(
        ReportNotFound,
        NotIdentified,
        NotAllowed,
        NothingAsked,
        ReportChanged,
        Unprocessable,
    ),
    page=True,
)
def answer_question(report_id: str, body: Answer, caller: Caller, asked: Asked) -> Reply[Answered]:
    """The reporter's answer: by account, by tracking code, or by the token of the link."""
    report = questions.answer(report_id, body, caller, clock.now())
    if asked.wants_page:
        taken = question_page.taken(asked.language)
        return Reply(taken, media_type=HTML, headers=pages.HEADERS)
    return Reply(Answered(report.id, report.number, int(report.version)))


@routes.post(
    "/v1/reports/{report_id}/confirmation",
    problems=(ReportNotFound, NotAllowed, IllegalTransition, ReportChanged),
)
def confirm_report(report_id: str, body: Confirmation, caller: Caller, asked: Asked) -> ReportView:
    """The reporter's word on a claimed fix: confirms it, or reopens the report."""
    only = _matched(_visible(report_id, caller), asked)
    report = progress.confirm(report_id, body, caller, clock.now(), only)
    return report_view(report, photos_of(report.id), caller, asked.language)


@routes.post("/v1/reports/{report_id}/claim", problems=(ReportNotFound, NotAllowed, ReportChanged))
def claim_report(report_id: str, body: Claim, caller: Caller, asked: Asked) -> ReportView:
    """Make an anonymous report one's own, by its tracking code and one's account.

    From then on it is among one's reports, and the code is good for nothing any more.
    """
    _visible(report_id, caller)
    report = claiming.claim(report_id, caller, clock.now())
    return report_view(report, photos_of(report.id), caller, asked.language)


@routes.put(
    "/v1/reports/{report_id}/support",
    problems=(NotIdentified, ReportNotFound, Unprocessable, TooManyRequests),
)
def support_report(report_id: str, caller: Caller) -> Supported:
    """Say "me too": one support a person, however often it is sent."""
    return supports.support(report_id, caller, clock.now())


@routes.delete(
    "/v1/reports/{report_id}/support",
    problems=(NotIdentified, ReportNotFound, Unprocessable, TooManyRequests),
)
def withdraw_support(report_id: str, caller: Caller) -> Supported:
    """Take back one's support, if there is one."""
    return supports.withdraw(report_id, caller)


@routes.put(
    "/v1/reports/{report_id}/follow",
    problems=(NotIdentified, ReportNotFound, Unprocessable, TooManyRequests),
)
def follow_report(report_id: str, caller: Caller) -> Following:
    """Be told what happens to the report. Its reporter is told without asking."""
    return follows.follow(report_id, caller, clock.now())


@routes.delete(
    "/v1/reports/{report_id}/follow",
    problems=(NotIdentified, ReportNotFound, Unprocessable, TooManyRequests),
)
def unfollow_report(report_id: str, caller: Caller) -> Following:
    """Be told no more, if one was."""
    return follows.unfollow(report_id, caller)


def _visible(report_id: str, caller: Caller) -> Report:
    report = find(report_id)
    if not report.visible_to(caller):
        raise ReportNotFound
    return report


def _matched(report: Report, asked: Asked) -> int | None:
    """The one version that `If-Match` lets be changed; None where the caller named none."""
    if "if-match" not in asked.headers:
        return None
    web.match(asked.headers, int(report.version))
    return int(report.version)
