"""Updates that clients send: of an agency's system a step in the life cycle, of others a comment.

An agency's own codes go before the words of the extension, which leave open who is meant or why.
"""

from datetime import datetime
from typing import Any

import msgspec

from chalicelib import clock
from chalicelib.clock import moment
from chalicelib.errors import Fault, InvalidInput, ReportNotFound
from chalicelib.open311 import forms, words
from chalicelib.open311.forms import Form
from chalicelib.open311.requests import public
from chalicelib.open311.updates import change_id
from chalicelib.open311.writing import written
from chalicelib.people import budgets
from chalicelib.people.budgets import Sender
from chalicelib.people.identity import Caller
from chalicelib.reports import comments, progress
from chalicelib.reports.comments import NewComment
from chalicelib.reports.models import Report, find
from chalicelib.reports.wording import StatusChange
from chalicelib.validation import parse
from chalicelib.web import Asked, Reply


def receive(asked: Asked, caller: Caller) -> Reply[Any]:
    """Take the update; ReportNotFound, InvalidInput, and what the step or the comment raises."""
    form, at = forms.sent(asked), clock.now()
    faults = _faults(form)
    if faults:
        raise InvalidInput(*faults)
    report = _report(form, caller)
    budgets.spend("word", Sender(caller, asked.headers, asked.address), at)
    step = _step(form, report) if report.in_hands_of(caller) else None
    id = _done(report, step, caller, at) if step else _said(report, form, caller, at)
    headers = {"Cache-Control": "no-store"}
    return written("service_request_updates", [{"update_id": id}], asked, 201, headers)


def _faults(form: Form) -> list[Fault]:
    needed = ("service_request_id", "update_id", "status", "updated_datetime")
    faults = [Fault(name, "fault.required") for name in needed if form.one(name) is None]
    status = (form.one("status") or "open").lower()
    if status not in words.STATUSES:
        faults.append(Fault("status", "fault.choice", {"got": status}))
    if (time := form.one("updated_datetime")) and not _is_time(time):
        faults.append(Fault("updated_datetime", "fault.time"))
    return faults


def _is_time(text: str) -> bool:
    try:
        moment(text.strip().replace(" ", "+"))
    except (ValueError, OverflowError):
        return False
    return True


def _report(form: Form, caller: Caller) -> Report:
    """The report: a public one, or one that the caller's agency has."""
    id = form.one("service_request_id") or ""
    try:
        return public(id)
    except ReportNotFound:
        report = find(id)
        if report.in_hands_of(caller):
            return report
        raise


def _step(form: Form, report: Report) -> StatusChange | None:
    """What an agency's update asks for; None when it changes nothing but what was said."""
    code, word = form.one("external_status_code"), (form.one("status") or "").lower()
    facts: dict[str, Any] = {"note": form.one("description")}
    if code is not None:
        return _checked({**facts, "code": code})
    if word not in words.MEANINGS:
        raise InvalidInput(Fault("status", "fault.needs_code", {"got": word}))
    meaning = words.MEANINGS[word]
    if meaning is None or meaning.status == report.status:
        return None
    return _checked({**facts, "status": meaning.status, "reason": meaning.reason})


def _checked(facts: dict[str, Any]) -> StatusChange:
    given = {name: value for name, value in facts.items() if value is not None}
    return parse(msgspec.json.encode(given), StatusChange)


def _done(report: Report, step: StatusChange, caller: Caller, at: datetime) -> str:
    changed = progress.change_status(report.id, step, caller, at)
    return change_id(changed.id, int(changed.version))


def _said(report: Report, form: Form, caller: Caller, at: datetime) -> str:
    text = form.one("description")
    if text is None:
        raise InvalidInput(Fault("description", "fault.required"))
    comment = parse(msgspec.json.encode({"text": text}), NewComment)
    return comments.add(report.id, comment, caller, at).comment_id
