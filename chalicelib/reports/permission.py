"""Who may take a step of the life cycle now."""

from datetime import datetime

from chalicelib.clock import moment
from chalicelib.errors import Fault, IllegalTransition, NotAllowed, NotIdentified
from chalicelib.people.identity import Caller
from chalicelib.reports import lifecycle
from chalicelib.reports.lifecycle import Actor
from chalicelib.reports.models import Report


def actor_of(report: Report, caller: Caller) -> Actor:
    """As whom one of the staff acts on the report; NotAllowed when it is another agency's."""
    if caller.role == "officer" and report.in_hands_of(caller):
        return "agency"
    if caller.role in ("moderator", "admin"):
        return "moderator"
    if caller.sub is None:
        raise NotIdentified
    raise NotAllowed(roles=["officer", "moderator"])


def must_be_reporter(report: Report, caller: Caller) -> None:
    """NotAllowed, or NotIdentified, for everybody but who sent the report."""
    if not report.is_reporter(caller):
        raise NotAllowed(roles=["reporter"]) if caller.sub else NotIdentified


def must_lead_to(status: str, report: Report, actor: Actor, at: datetime) -> None:
    """IllegalTransition, naming the legal ones, unless the table lets this actor go there now."""
    after = at - moment(_since(report))
    legal = lifecycle.legal_next(report.status, actor, after)
    if status in legal:
        return
    faults = []
    if status in lifecycle.legal_next(report.status, actor):
        within = lifecycle.STATUSES[report.status].left_within
        faults = [Fault("status", "fault.too_late", {"days": within.days if within else 0})]
    raise illegal(status, report, legal, *faults)


def illegal(wanted: str, report: Report, legal: list[str], *faults: Fault) -> IllegalTransition:
    """The refusal of a step, with where the report is and where it may go."""
    return IllegalTransition(
        *faults, current=report.status, wanted=wanted, legal=legal, version=int(report.version)
    )


def same_officer_faults(report: Report, caller: Caller) -> list[Fault]:
    """A fault when the caller closed this report before and the closing was undone."""
    # It is open, or nobody would close it: also after steps in between.
    undone = report.closed_by is not None and report.closed_by == caller.sub
    return [Fault("status", "fault.same_officer")] if undone else []


def _since(report: Report) -> str:
    """When the report came to its status, as far as a limit depends on it."""
    since: str = report.confirmed_at if report.status == "confirmed" else report.updated_at
    return since or report.updated_at
