"""What callers see of a report."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from chalicelib.agencies import directory
from chalicelib.agencies.directory import Directory
from chalicelib.clock import Time, text
from chalicelib.people.identity import Caller, Contact
from chalicelib.photos.models import Photo
from chalicelib.photos.views import PhotoView, photo_views
from chalicelib.places.geohash import Point
from chalicelib.reports import lifecycle, questions
from chalicelib.reports.comments import Comment
from chalicelib.reports.follows import follows
from chalicelib.reports.models import PRIVATE_KINDS, Report, Update
from chalicelib.reports.supports import supports


class AreaView(Struct, frozen=True):
    """An area of the chain; level 1 is the largest."""

    id: str
    name: str
    level: int


class AgencyView(Struct, frozen=True):
    """The body that has the report now."""

    id: str
    name: str
    tier: str


class Due(Struct, frozen=True):
    """When the service level wants the first answer and the end; None where there is no clock.

    While the reporter is asked nothing is due: the clocks stand since `waiting_since`.
    """

    first_response: Time | None
    resolve: Time | None
    waiting_since: Time | UnsetType = UNSET


class QuestionView(Struct, frozen=True):
    """What the reporter is asked; `link` takes the answer without a login, and is theirs alone."""

    text: str
    asked_at: Time
    answer_until: Time
    link: str | UnsetType = UNSET


class WaitingQuestion(Struct, frozen=True):
    """A question with the report that it is about."""

    number: str
    title: str
    text: str
    asked_at: Time
    answer_until: Time


class ReportView(Struct, frozen=True):
    """A report in full; `mine` to `following` for known callers, `hidden` while moderators hide it,
    and why. `answers` and `question` (the one that waits) for the reporter and who works on it.
    `reporter` is for who works on it only, and only if the reporter shares it.
    """

    id: str
    number: str
    category: str
    description: str
    title: str
    status: str
    colour: lifecycle.Colour
    location: Point
    geohash: str
    address: str | None
    areas: list[AreaView]
    agency: AgencyView | None
    photos: list[PhotoView]
    support_count: int
    comment_count: int
    follower_count: int
    due: Due
    first_response_at: Time | None
    resolved_at: Time | None
    reason: str | None
    reason_text: str | None
    confirmed_at: Time | None
    confirmed_by: Literal["reporter", "nobody"] | None
    hand_over_count: int
    duplicate_of: str | None
    recurrence_of: str | None
    created_at: Time
    updated_at: Time
    observed_at: Time | None
    private: bool
    version: int
    hidden: str | UnsetType = UNSET
    mine: bool | UnsetType = UNSET
    supported: bool | UnsetType = UNSET
    following: bool | UnsetType = UNSET
    answers: dict[str, Any] | UnsetType = UNSET
    question: QuestionView | UnsetType | None = UNSET
    reporter: Contact | UnsetType = UNSET
    assignee: str | UnsetType | None = UNSET


class UpdateView(Struct, frozen=True):
    """One entry of the public timeline.

    `changed` are the fields that were corrected, `about` is the other report of a merge, `clock` is
    what was running out. The text of a comment is its `note`; `author` is the name that its writer
    has chosen to show. What was asked and answered (`note` of the kinds `question` and `answer`) is
    shown to the reporter and who works on the report only.
    """

    at: Time
    kind: str
    by: Literal["reporter", "citizen", "agency", "moderator", "nobody"]
    agency: AgencyView | None
    status: str | None
    colour: lifecycle.Colour | None
    reason: str | None
    reason_text: str | None
    note: str | None
    photo_ids: list[str]
    changed: list[str]
    about: str | None
    clock: Literal["first_response", "resolve"] | None = None
    comment_id: str | UnsetType = UNSET
    author: str | UnsetType | None = UNSET
    state: Literal["visible", "held", "hidden"] | UnsetType = UNSET
    mine: bool | UnsetType = UNSET


def report_view(
    report: Report,
    photos: list[Photo],
    caller: Caller,
    language: str,
    book: Directory | None = None,
) -> ReportView:
    """The report as this caller may see it; `language` is that of the sentences about it.

    `book` is the directory, for who has read it already.
    """
    book = book or directory.current()
    return ReportView(
        id=report.id,
        number=report.number,
        category=report.category,
        description=report.description,
        title=report.title,
        status=report.status,
        colour=lifecycle.colour(report.status),
        location=report.point,
        geohash=report.geohash,
        address=report.address,
        areas=[AreaView(area.id, area.name, area.level) for area in report.chain],
        agency=_agency_view(report.agency, book),
        photos=photo_views(report, photos, caller, language),
        support_count=int(report.support_count or 0),
        comment_count=int(report.comment_count or 0),
        follower_count=int(report.follower_count or 0),
        due=_due(report),
        first_response_at=report.first_response_at,
        resolved_at=report.resolved_at,
        reason=report.reason,
        reason_text=book.reason_text(report.status, report.reason, language),
        confirmed_at=report.confirmed_at,
        confirmed_by=report.confirmed_by,  # type: ignore[arg-type]  # written by two verbs only
        hand_over_count=int(report.hand_over_count or 0),
        duplicate_of=report.duplicate_of,
        recurrence_of=report.recurrence_of,
        created_at=report.created_at,
        updated_at=report.updated_at,
        observed_at=report.observed_at,
        private=bool(report.private),
        version=int(report.version),
        **_for_known(report, caller),
    )


def waiting_question(report: Report) -> WaitingQuestion:
    """The open question as who holds its link sees it."""
    asked = report.question
    return WaitingQuestion(
        report.number, report.title, asked["text"], asked["at"], text(report.answer_until)
    )


def update_view(update: Update, book: Directory, language: str, inside: bool = False) -> UpdateView:
    """A timeline entry in public, or `inside`: as the reporter and who works on the report see it.

    `language` is that of its reason.
    """
    told = inside or update.kind not in PRIVATE_KINDS
    return UpdateView(
        at=update.at,
        kind=update.kind,
        by=update.by,  # type: ignore[arg-type]  # the writer's vocabulary is this Literal
        agency=_agency_view(update.agency, book),
        status=update.status,
        colour=lifecycle.colour(update.status) if update.status else None,
        reason=update.reason,
        reason_text=book.reason_text(update.status or "", update.reason, language),
        note=(update.notes or {}).get(language, update.note) if told else None,
        photo_ids=update.photo_ids or [],
        changed=update.changed or [],
        about=update.about,
        clock=update.clock,  # type: ignore[arg-type]  # the writer's vocabulary is this Literal
    )


def comment_view(comment: Comment, book: Directory, author: str | None, mine: bool) -> UpdateView:
    """A comment as an entry of the timeline."""
    return UpdateView(
        at=comment.at,
        kind="comment",
        by=comment.by,  # type: ignore[arg-type]  # the writer's vocabulary is this Literal
        agency=_agency_view(comment.agency, book),
        status=None,
        colour=None,
        reason=None,
        reason_text=None,
        note=comment.text,
        photo_ids=[],
        changed=[],
        about=None,
        comment_id=comment.comment_id,
        author=author,
        state=comment.state,  # type: ignore[arg-type]  # the writer's vocabulary is this Literal
        mine=mine,
    )


def _for_known(report: Report, caller: Caller) -> dict[str, Any]:
    mine = report.is_reporter(caller)
    facts: dict[str, Any] = {"hidden": report.hidden} if report.hidden else {}
    if caller.sub is not None or mine:
        # Nobody supports their own report.
        supported = caller.sub is not None and not mine and supports(report.id, caller.sub)
        # Who sent it is told without following.
        following = mine or (caller.sub is not None and follows(report.id, caller.sub))
        facts |= {"mine": mine, "supported": supported, "following": following}
    if mine or report.in_hands_of(caller):
        facts["answers"] = report.answers or {}
        facts["question"] = _question(report, mine) if report.question else None
    if report.in_hands_of(caller) and report.share_identity and report.contact:
        facts["reporter"] = msgspec.convert(report.contact, Contact)
    if caller.staff and report.in_hands_of(caller):
        facts["assignee"] = report.assignee
    return facts


def _due(report: Report) -> Due:
    if report.question:
        return Due(None, None, report.question["at"])
    return Due(report.first_response_due, report.resolve_due)


def _question(report: Report, mine: bool) -> QuestionView:
    asked, until = report.question, text(report.answer_until)
    link = questions.link(report) if mine else UNSET
    return QuestionView(asked["text"], asked["at"], until, link)


def _agency_view(agency_id: str | None, book: Directory) -> AgencyView | None:
    if agency_id is None:
        return None
    agency = book.agencies.get(agency_id)
    # An agency that has left the directory keeps its id in the histories of its reports.
    name, tier = (agency.name, agency.tier) if agency else (agency_id, "external")
    return AgencyView(agency_id, name, tier)
