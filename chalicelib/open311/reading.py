"""The documents that anybody may read, made for one request."""

from typing import Any

from chalicelib import clock
from chalicelib.agencies import directory
from chalicelib.errors import Fault, InvalidInput
from chalicelib.open311 import forms, searching, services, updates
from chalicelib.open311.forms import Form
from chalicelib.open311.requests import (
    extended,
    notes,
    photos,
    public,
    request_of,
    words_of,
)
from chalicelib.open311.writing import written
from chalicelib.photos.models import photos_of
from chalicelib.reports.models import Report, timeline
from chalicelib.web import Asked, Reply

ANSWER_LIMIT = 5_500_000
"""Characters; a function can answer with 6 MB."""


def discovery(asked: Asked) -> Reply[Any]:
    """Where the endpoints are."""
    reply = written("discovery", services.discovery(directory.current()), asked)
    # Of this document alone the protocol names the type without a character set.
    bare = {"Content-Type": reply.media_type}
    return Reply(reply.content, 200, reply.media_type, {**reply.headers, **bare})


def service_list(asked: Asked) -> Reply[Any]:
    """All services."""
    return written("services", services.listed(directory.current(), asked.language), asked)


def service_definition(document: str, asked: Asked) -> Reply[Any]:
    """One service's attributes; NotInDirectory."""
    book, code = directory.current(), _id(document)
    return written("service_definition", services.definition(book, code, asked.language), asked)


def request_list(asked: Asked) -> Reply[Any]:
    """The requests that the query wants; InvalidInput naming all that is wrong with it."""
    form, book = forms.asked_for(asked), directory.current()
    found = searching.found(form, book, clock.now())
    content = _requests(found.reports, book, asked, _extensions(form))
    headers = {}
    if found.more:
        headers["Link"] = f'<{searching.next_page(asked.path, form)}>; rel="next"'
    reply = written("service_requests", content, asked, headers=headers)
    if len(reply.content.encode()) > ANSWER_LIMIT:
        raise InvalidInput(Fault("page_size", "fault.too_big", {"limit": len(content) // 2}))
    return reply


def request(document: str, asked: Asked) -> Reply[Any]:
    """One request; ReportNotFound."""
    report, book = public(_id(document)), directory.current()
    (content,) = _requests([report], book, asked, False)
    if _extensions(forms.asked_for(asked)):
        rows = photos(photos_of(report.id))
        content["extended_attributes"] = {**extended(report), "photos": rows}
        content["notes"] = notes(timeline(report.id), book, asked.language)
    return written("service_requests", [content], asked)


def token(document: str, asked: Asked) -> Reply[Any]:
    """All reports are taken at once: a token is nothing but the report's own id."""
    report = public(_id(document))
    content = [{"service_request_id": report.id, "token": report.id}]
    return written("service_requests", content, asked)


def update_list(asked: Asked) -> Reply[Any]:
    """The updates of a period; InvalidInput."""
    found = updates.listed(forms.asked_for(asked), clock.now(), asked.language)
    return written("service_request_updates", found, asked)


def _requests(
    reports: list[Report], book: directory.Directory, asked: Asked, more: bool
) -> list[dict[str, Any]]:
    words = words_of(reports)
    content = [request_of(one, words.get(one.id), book, asked.language) for one in reports]
    if more:
        for one, report in zip(content, reports, strict=True):
            one["extended_attributes"] = extended(report)
    return content


def _id(document: str) -> str:
    """The id without the format."""
    return document.removesuffix(".xml").removesuffix(".json")


def _extensions(form: Form) -> bool:
    return (form.one("extensions") or "").lower() in ("true", "1", "yes")
