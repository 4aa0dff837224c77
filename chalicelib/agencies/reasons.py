"""Why reports are closed: the built-in codes, as the city words them, and those of its own. Pure.

A code that is retired stays, with its text, for the reports that have it.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from chalicelib import texts
from chalicelib.agencies.models import Bilingual, Reason
from chalicelib.clock import moment
from chalicelib.errors import Fault
from chalicelib.reports import lifecycle
from chalicelib.visible import NOTHING, visible

Reasons = Mapping[str, Mapping[str, Reason]]
"""By the status that they go with and by code, the built-in ones first."""

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")


def of_city(stored: Mapping[str, Reason]) -> Reasons:
    """All codes; `stored` are those that the city has worded, added or retired, by id."""
    found = {
        status: {code: _built_in(status, code) for code in codes}
        for status, codes in lifecycle.REASONS.items()
    }
    for id, reason in stored.items():
        status, code = id.split("/")
        found[status][code] = reason
    return found


def id_of(status: str, code: str) -> str:
    """By which a code is stored: the same may go with both statuses."""
    return f"{status}/{code}"


def offered(reasons: Reasons, status: str, at: datetime | None = None) -> list[str]:
    """The codes that a report can come to the status with, now or at that time."""
    return [code for code, one in reasons[status].items() if _was_offered(one, at)]


def text_of(reasons: Reasons, status: str, code: str, language: str) -> str | None:
    """What the code says to the public; None when the status has no such code."""
    # A confirmed report keeps the reason that it was resolved with.
    found = reasons.get("resolved" if status == "confirmed" else status, {}).get(code)
    return found.text.say(language) if found else None


def faults(
    reasons: Reasons, status: str, code: str | None, field: str, at: datetime | None = None
) -> list[Fault]:
    """Why a report cannot come to the status with this reason, now or at that time."""
    if status not in reasons:
        return [Fault(field, "fault.no_reason_here")]
    allowed = offered(reasons, status, at)
    if code in allowed:
        return []
    return [Fault(field, "fault.reason", {"allowed": ", ".join(allowed)})]


def code_faults(status: str, code: str) -> list[Fault]:
    """Why no city can have such a code."""
    if status not in lifecycle.REASONS:
        return [Fault("status", "fault.no_reason_here")]
    if not _CODE.fullmatch(code):
        return [Fault("code", "fault.reason_code")]
    only = lifecycle.COUNTED_REASONS.get(code, status)
    return [] if only == status else [Fault("code", "fault.not_here", {"status": only})]


def text_faults(text: Bilingual) -> list[Fault]:
    """The languages in which nothing can be read."""
    return [
        Fault(f"text.{language}", "fault.blank")
        for language in texts.LANGUAGES
        if visible(text.say(language)) == NOTHING
    ]


def _built_in(status: str, code: str) -> Reason:
    said = {one: lifecycle.built_in_text(status, code, one) for one in texts.LANGUAGES}
    return Reason(Bilingual(**said))


def _was_offered(reason: Reason, at: datetime | None) -> bool:
    if reason.retired_at is None:
        return True
    return at is not None and at < moment(reason.retired_at)
