"""The life cycle of a report: tables of facts. Pure; the docs print it from here."""

from datetime import timedelta
from typing import Literal

from msgspec import Struct

from chalicelib import texts

Colour = Literal["red", "yellow", "green", "grey"]
Actor = Literal["agency", "moderator", "reporter", "nobody"]

# A claim that nobody disputes for so long is taken for the truth, and counted apart.
UNANSWERED_AFTER = timedelta(days=7)
# For so long the agency waits for an answer to its question; then its clocks run again.
ANSWERED_WITHIN = timedelta(days=14)
# From this hand-over on, an agency cannot pass a report to anybody but the coordinator.
ESCALATING_HAND_OVER = 3
# A new report beside one that was confirmed so recently is the same problem come back.
RECURS_WITHIN = timedelta(days=90)


class Status(Struct, frozen=True):
    """One state: how the public sees it, who brings a report there, where it may go.

    `left_by`: who alone may bring it away; anybody who may enter the next status when empty.
    `left_within`: how long it can be left; for ever when None. `undone_by`: the step that is no
    status of its own but leads back to the one before.
    """

    colour: Colour
    open: bool
    entered_by: tuple[Actor, ...]
    next: tuple[str, ...]
    left_by: tuple[Actor, ...] = ()
    left_within: timedelta | None = None
    undone_by: str | None = None


_WORKABLE = ("acknowledged", "in_progress", "referred", "rejected", "duplicate", "resolved")
_STAFF: tuple[Actor, ...] = ("agency", "moderator")

STATUSES: dict[str, Status] = {
    "submitted": Status("red", True, ("reporter",), (*_WORKABLE, "withdrawn")),
    "acknowledged": Status("yellow", True, _STAFF, _WORKABLE[1:]),
    "in_progress": Status(
        "yellow", True, _STAFF, ("acknowledged", "referred", "rejected", "duplicate", "resolved")
    ),
    "referred": Status("yellow", True, _STAFF, _WORKABLE),
    "resolved": Status("green", False, _STAFF, ("confirmed", "reopened")),
    "confirmed": Status(
        "green", False, ("reporter", "nobody"), ("reopened",), left_within=timedelta(days=30)
    ),
    "reopened": Status("red", True, ("reporter", "moderator"), _WORKABLE),
    "rejected": Status("grey", False, _STAFF, ("reopened",), left_by=("moderator",)),
    "duplicate": Status("grey", False, _STAFF, (), undone_by="un-merge"),
    "withdrawn": Status("grey", False, ("reporter",), ()),
}

COLOURS: tuple[Colour, ...] = ("red", "yellow", "green", "grey")

# Why an agency closed a report: the codes of every city, which may word them and add its own.
REASONS: dict[str, tuple[str, ...]] = {
    "resolved": ("fixed", "planned", "no_permission", "temporary_fix"),
    "rejected": (
        "not_reproducible",
        "not_a_public_matter",
        "private_property",
        "insufficient_information",
        "no_permission",
        "planned",
        "spam",
    ),
}

# Only the one claims that the problem is gone; with the other a moderator keeps a report out of the
# figures. So each means what it does here in every city, whatever its words.
COUNTED_REASONS = {"fixed": "resolved", "spam": "rejected"}

# Entering one of these is an agency's action on the report: it counts as followed up.
AGENCY_ACTIONS = ("acknowledged", "in_progress", "referred", "resolved", "rejected", "duplicate")


def legal_next(status: str, actor: Actor, after: timedelta | None = None) -> list[str]:
    """Where `actor` may bring a report that has been in `status` for so long."""
    here = STATUSES[status]
    if here.left_by and actor not in here.left_by:
        return []
    if after is not None and is_final(status, after):
        return []
    return [name for name in here.next if actor in STATUSES[name].entered_by]


def is_final(status: str, after: timedelta) -> bool:
    """Whether a report that has been in `status` for so long must stay there."""
    within = STATUSES[status].left_within
    return within is not None and after > within


def colour(status: str) -> Colour:
    """What the public map shows."""
    return STATUSES[status].colour


def is_open(status: str) -> bool:
    """Whether work is still expected (Open311: open)."""
    return STATUSES[status].open


def built_in_text(status: str, code: str, language: str) -> str:
    """What one of `REASONS` says to the public where a city has not worded it."""
    return texts.say(f"reason.{status}.{code}", language)


def as_markdown() -> str:
    """The tables as docs/lifecycle.md has them; a test compares the two."""
    head = ["| status | colour | Open311 | entered by | may become |", "| --- " * 5 + "|"]
    rows = [_row(name, status) for name, status in STATUSES.items()]
    limits = [
        f"- `nobody` confirms: {UNANSWERED_AFTER.days} days pass after `resolved` and the reporter"
        " neither confirms nor disputes.",
        f"- Hand-over {ESCALATING_HAND_OVER} of a report, and each later one by another agency than"
        " the coordinator, goes to the coordinator, whatever agency was named.",
        f"- A new report of the same category, within the category's radius of one that was"
        f" confirmed less than {RECURS_WITHIN.days} days ago, is its recurrence.",
    ]
    reasons = ["| status | reason | English | Indonesian |", "| --- " * 4 + "|", *_reason_rows()]
    return "\n".join([*head, *rows, "", *limits, "", "Built-in reason codes:", "", *reasons, ""])


def _row(name: str, status: Status) -> str:
    next = _codes(status.next) + (f", by {' or '.join(status.left_by)}" if status.left_by else "")
    next += f", within {status.left_within.days} days" if status.left_within else ""
    next = f"the status before, by {status.undone_by}" if status.undone_by else next
    entered_by = " or ".join(status.entered_by)
    shown = "open" if status.open else "closed"
    return f"| `{name}` | {status.colour} | {shown} | {entered_by} | {next or '-'} |"


def _reason_rows() -> list[str]:
    return [
        f"| `{status}` | `{code}` | {built_in_text(status, code, 'en')} |"
        f" {built_in_text(status, code, 'id')} |"
        for status, codes in REASONS.items()
        for code in codes
    ]


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
