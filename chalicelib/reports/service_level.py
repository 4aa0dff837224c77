"""The clocks of a report: until the first response, and until it is closed.

They run while the report is open and nobody but the agency is waited for; else they stand, and what
was left then is left when they run again. A clock is never begun anew: neither by a hand-over nor
by a re-opening. All functions are pure; they change the report that they are given.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from chalicelib.agencies.models import Category
from chalicelib.clock import moment, text
from chalicelib.reports import lifecycle
from chalicelib.reports.models import Report
from chalicelib.working_time import Calendar, after, between

# Which share of the time is spent when it is told: to the agency, in the end to the coordinator.
RUNGS = {"due_soon": 0.8, "overdue": 1.0, "escalated": 1.2}

# The calendar of a clock: of working time for True, none for False.
Calendars = Callable[[bool], Calendar | None]


def kept(due: str | None, closed: str | None) -> bool:
    """Whether a report was closed no later than it was due; False without a due time.

    Times are texts of `clock.text`, which sort as the times do.
    """
    return due is not None and closed is not None and closed <= due


def late(due: str | None, at: str) -> bool:
    """Whether it would come too late to close a report at `at`."""
    return due is not None and at > due


def begin(report: Report, category: Category, calendars: Calendars) -> None:
    """Set both clocks from when the report was sent; what was told before stays told."""
    report.working_time = category.working_time or None
    calendar, created = calendars(category.working_time), moment(report.created_at)
    told = {name: None for name, time in (report.alarms or {}).items() if time is None}
    alarms: dict[str, str | None] = {**told}
    for clock in ("first_response", "resolve"):
        hours = getattr(category, f"{clock}_hours")
        due = after(created, timedelta(hours=hours), calendar) if hours else None
        setattr(report, f"{clock}_due", text(due) if due else None)
        for rung, share in RUNGS.items() if hours else ():
            spent = after(created, timedelta(hours=hours * share), calendar)
            name = f"{clock}.{rung}"
            alarms[name] = None if name in told else text(spent)
    report.alarms = alarms or None


def follow(report: Report, at: datetime, calendars: Calendars) -> None:
    """Stop the clocks, or let them run on, as the state that the report has since `at` wants."""
    if report.first_response_at is not None:
        _forget("first_response", report)
    if not lifecycle.is_open(report.status) and report.question is not None:
        # Whoever closes it does not wait any longer: that it was in time is decided by now.
        report.question = None
        run_on(report, at, calendars)
    if not lifecycle.is_open(report.status) or report.question is not None:
        report.stopped_at = report.stopped_at or text(at)
    else:
        run_on(report, at, calendars)


def run_on(report: Report, at: datetime, calendars: Calendars) -> None:
    """Let clocks that stand run again since `at`: all that lay ahead is as far ahead as it was."""
    if report.stopped_at is None:
        return
    stopped, report.stopped_at = moment(report.stopped_at), None
    calendar = calendars(bool(report.working_time))

    def moved(time: str | None) -> str | None:
        if time is None or moment(time) <= stopped:
            return time
        return text(after(at, between(stopped, moment(time), calendar), calendar))

    if report.first_response_at is None:
        report.first_response_due = moved(report.first_response_due)
    report.resolve_due = moved(report.resolve_due)
    report.alarms = {name: moved(time) for name, time in (report.alarms or {}).items()} or None


def ring(report: Report, at: datetime) -> tuple[str, str] | None:
    """Take the first alarm that is past off the report: its clock and its rung; None without."""
    alarms = {name: time for name, time in (report.alarms or {}).items() if time}
    name = min(alarms, key=lambda name: alarms[name], default="")
    if report.stopped_at is not None or not name or alarms[name] >= text(at):
        return None
    report.alarms = {**report.alarms, name: None}
    clock, _, rung = name.partition(".")
    return clock, rung


def _forget(clock: str, report: Report) -> None:
    """Nothing more is to be told of this clock."""
    left = {
        name: time
        for name, time in (report.alarms or {}).items()
        if not (time and name.startswith(f"{clock}."))
    }
    report.alarms = left or None
