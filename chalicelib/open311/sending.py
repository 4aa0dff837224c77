"""A new request: the form as a citizen's report, by the same code that takes those.

Nobody has an account here: who sends through a client has the tracking code alone, which the answer
has as a header. Names, addresses and devices of people are not kept: the client knows them.
"""

import math
from typing import Any

import msgspec

from chalicelib import clock, idempotency, texts
from chalicelib.agencies import directory
from chalicelib.agencies.directory import Directory
from chalicelib.agencies.models import Category, Question
from chalicelib.clock import moment
from chalicelib.errors import Fault, InvalidInput, NotInDirectory
from chalicelib.open311 import dialect, forms, media
from chalicelib.open311.forms import Form
from chalicelib.open311.writing import written
from chalicelib.people.budgets import Sender
from chalicelib.people.identity import Caller
from chalicelib.reports import submission
from chalicelib.reports.models import Report
from chalicelib.reports.submission import NewReport
from chalicelib.texts import city_form
from chalicelib.validation import parse
from chalicelib.web import Asked, Reply


def send(asked: Asked, caller: Caller) -> Reply[Any]:
    """Take the request. NotInDirectory for an unknown service, InvalidInput, and what `submit`
    raises."""
    form, book, at = forms.sent(asked), directory.current(), clock.now()
    body = _new_report(form, book, asked.language)
    pictures = media.had(form)
    body = msgspec.structs.replace(body, photos=len(pictures))
    key = idempotency.key_in(asked.headers)
    sent = asked.body if key else b""
    sender = Sender(caller, asked.headers, asked.address)
    taken = submission.submit(body, sent, caller, key or dialect.key(asked), at, sender)
    media.store(taken.photos, pictures)
    content = {
        "service_request_id": taken.report.id,
        "service_notice": _notice(taken.report, book, asked.language),
        "account_id": None,
    }
    headers = {"Cache-Control": "no-store", "X-Tracking-Code": taken.tracking_code or ""}
    return written("service_requests", [content], asked, 201, headers)


def _new_report(form: Form, book: Directory, language: str) -> NewReport:
    code = form.one("service_code")
    category = book.categories.get(code or "")
    if code is not None and category is None:
        raise NotInDirectory
    lat, lon = _decimal(form.one("lat")), _decimal(form.one("long"))
    faults = [] if code else [Fault("service_code", "fault.required")]
    faults += _place_faults(form, lat, lon)
    if faults or category is None:
        raise InvalidInput(*faults)
    facts = {
        "category": code,
        # The protocol lets it be left out; lists and officers need something to read.
        "description": form.one("description") or category.name.say(language),
        "location": {"lat": lat, "lon": lon},
        "address": form.one("address_string"),
        "answers": _answers(form, category),
    }
    return parse(msgspec.json.encode(facts), NewReport)


def _place_faults(form: Form, lat: float | None, lon: float | None) -> list[Fault]:
    if form.one("lat") is None and form.one("long") is None:
        elsewhere = form.one("address_string") or form.one("address_id")
        return [Fault("location", "fault.no_lookup" if elsewhere else "fault.required")]
    given = {"lat": lat, "long": lon}
    return [
        Fault(name, "fault.required" if form.one(name) is None else "fault.invalid")
        for name, value in given.items()
        if value is None
    ]


def _answers(form: Form, category: Category) -> dict[str, Any]:
    """By question; attributes that nobody asks for are left out."""
    answers = {}
    for question in category.questions:
        name = f"attribute[{question.id}]"
        given = form.many(name, f"{name}[]")
        if given:
            answers[question.id] = _answer(question, given)
    return answers


def _answer(question: Question, given: list[str]) -> Any:
    if question.type == "multivaluelist":
        return given
    if question.type == "number":
        number = _decimal(given[0])
        return given[0] if number is None else number
    return given[0]


def _decimal(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _notice(report: Report, book: Directory, language: str) -> str:
    agency = book.agencies.get(report.agency or "")
    if agency is None:
        return texts.say("open311.notice", language, number=report.number)
    if report.promised is None:
        return texts.say(
            "open311.notice_agency", language, number=report.number, agency=agency.name
        )
    until = city_form.local_day(moment(report.promised), language)
    return texts.say(
        "open311.notice_due", language, number=report.number, agency=agency.name, until=until
    )
