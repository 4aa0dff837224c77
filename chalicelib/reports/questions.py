"""What an agency asks the reporter: until the answer, or for 14 days, the report's clocks stand.

Everybody can see that something was asked and answered, and when; what, only the reporter and the
agency that has the report. An answer may tell where somebody lives, so no event has it either.
"""

import hmac
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.agencies import directory
from chalicelib.clock import text
from chalicelib.errors import CannotAsk, NotAllowed, NothingAsked, NotIdentified, ReportNotFound
from chalicelib.keys import opaque, signing_key
from chalicelib.moderation.plain_text import plain
from chalicelib.people.identity import Caller
from chalicelib.reports import lifecycle, service_level
from chalicelib.reports.changing import Step, apply
from chalicelib.reports.models import Report, find
from chalicelib.reports.permission import actor_of
from chalicelib.settings import settings

Words = Annotated[str, Meta(min_length=1, max_length=2000)]


class NewQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """What the agency wants to know."""

    text: Words


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """The reporter's answer; the link's `token` does instead of an account or a tracking code."""

    text: Words
    token: Annotated[str, Meta(max_length=100)] | None = None


class LinkQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What the link to a question has; not needed with the account or the tracking code."""

    token: Annotated[str, Meta(max_length=100)] | None = None


def ask(
    report_id: str, body: NewQuestion, caller: Caller, at: datetime, only: int | None = None
) -> Report:
    """Ask, and stop the clocks; CannotAsk on a closed report, or while another question waits.

    Raises what `changing.apply` raises, NotAllowed, and Unprocessable for words that hide some.
    """

    words = plain(body.text, "text")

    def change(report: Report) -> Step:
        actor = actor_of(report, caller)
        if report.question is not None or not lifecycle.is_open(report.status):
            raise CannotAsk(current=report.status, version=int(report.version))
        number = int(report.version) + 1
        report.question = {"number": number, "text": words, "at": text(at)}
        # To ask is to act on it: from now on the reporter cannot rewrite what was asked about.
        report.first_response_at = report.first_response_at or text(at)
        entry = {"kind": "question", "by": actor, "agency": caller.agency_id, "note": words}
        return Step("report.question_asked", {"actor": actor}, entry)

    return apply(report_id, change, at, only)


def answer(report_id: str, body: Answer, caller: Caller, at: datetime) -> Report:
    """Take the reporter's answer, and let the clocks run on; NothingAsked when none is waited for.

    Raises what `changing.apply` raises, Unprocessable for words that hide some, and NotIdentified
    or NotAllowed for anybody but the reporter.
    """

    words = plain(body.text, "text")

    def change(report: Report) -> Step:
        _must_wait_for(report, body.token, caller, at)
        report.question = None
        entry = {"kind": "answer", "by": "reporter", "note": words}
        return Step("report.question_answered", {"actor": "reporter"}, entry)

    return apply(report_id, change, at)


def lapse(report: Report) -> Step:
    """Wait no longer: the clocks run since the last moment at which an answer could come."""
    until, report.question = report.answer_until, None
    service_level.run_on(report, until, directory.calendar)
    return Step(
        "report.question_lapsed", {"actor": "nobody"}, {"kind": "question_lapsed", "by": "nobody"}
    )


def asked(report_id: str, token: str | None, caller: Caller, at: datetime) -> Report:
    """The report whose question waits for this caller, or for who has this token.

    Raises as `answer` does.
    """
    report = find(report_id)
    _must_wait_for(report, token, caller, at)
    return report


def waiting_for(account: str, report_id: str) -> Report | None:
    """The report, when a question about it waits for the account that sent it."""
    try:
        report = find(report_id)
    except ReportNotFound:
        return None
    return report if report.question is not None and report.reporter == account else None


def link(report: Report) -> str:
    """Where the open question can be answered without any login; for the reporter only."""
    token = _token(report.id, report.question["number"])
    return f"{settings.public_url}/v1/reports/{report.id}/question?token={token}"


def _must_wait_for(report: Report, token: str | None, caller: Caller, at: datetime) -> None:
    """Refuse everybody but the reporter and who has the link; a private report is not there."""
    if not report.is_reporter(caller) and not _opens(report, token):
        if not report.visible_to(caller):
            raise ReportNotFound
        raise NotAllowed(roles=["reporter"]) if caller.sub else NotIdentified
    if report.question is None or at >= report.answer_until:
        raise NothingAsked
    if token is not None and token.partition(".")[0] != str(report.question["number"]):
        raise NothingAsked


def _opens(report: Report, token: str | None) -> bool:
    """Whether it is the token of a question about this report, in constant time."""
    number, _, _ = (token or "").partition(".")
    right = _token(report.id, number)
    return token is not None and hmac.compare_digest(token.encode(errors="replace"), right.encode())


def _token(report_id: str, number: object) -> str:
    """Good for one question: nothing of it is stored, and it tells nothing but the number."""
    seal = hmac.digest(
        signing_key(), f"question {report_id} {number}".encode(errors="replace"), "sha256"
    )
    return f"{number}.{opaque(seal)}"
