"""What has become of a report, told by each event that changes how the figures count it."""

from datetime import datetime
from typing import Any

import msgspec

from chalicelib.clock import text
from chalicelib.events.models import Standing
from chalicelib.reports import lifecycle, service_level
from chalicelib.reports.models import Report

_CLOSED_BY_WORK = ("resolved", "rejected", "duplicate")


def told(report: Report, event: str, at: datetime, actor: str | None) -> dict[str, Any]:
    """Bring the standing up to what `actor` does now; the event's facts that tell it.

    None of them when the report counts as before. They are the whole difference to what was read,
    so that they are true only if the version that was read is the one that is replaced.
    """
    before = report.account_read
    standing = _standing(report, event, at, actor)
    report.standing = msgspec.to_builtins(standing)
    now = report.account()
    if before is None:
        return {"standing": standing}
    previous = {name: before[name] for name in now if now[name] != before[name]}
    return {"standing": standing, "previous": previous} if previous else {}


def _standing(report: Report, event: str, at: datetime, actor: str | None) -> Standing:
    before = msgspec.convert(report.standing or {}, Standing)
    entered = report.status != (report.account_read or {}).get("status")
    claimed = entered and report.status == "resolved" and report.reason == "fixed"
    return Standing(
        first_response_at=report.first_response_at,
        claimed_at=text(at) if claimed else before.claimed_at,
        closed_at=_closed_at(report, before, entered, at),
        confirmed_by=report.confirmed_by,
        disputed=before.disputed or event == "report.disputed",
        reopened=before.reopened or report.status == "reopened",
        hand_overs=int(report.hand_over_count or 0),
        rating=None if report.rating is None else int(report.rating),
        late=_late(report, at),
        spam=_spam(report, before, event, entered, actor),
    )


def _closed_at(report: Report, before: Standing, entered: bool, at: datetime) -> str | None:
    if lifecycle.is_open(report.status):
        return None
    return text(at) if entered and report.status in _CLOSED_BY_WORK else before.closed_at


def _late(report: Report, at: datetime) -> bool:
    """Whether its due time has passed while it is open."""
    return lifecycle.is_open(report.status) and service_level.late(report.promised, text(at))


def _spam(report: Report, before: Standing, event: str, entered: bool, actor: str | None) -> bool:
    """Whether a moderator put it away: an agency cannot take reports out of its own figures."""
    if report.hidden == "spam":
        return True
    if not entered:
        return before.spam and report.status == "rejected" and event != "report.shown"
    return report.status == "rejected" and report.reason == "spam" and actor == "moderator"
