"""The life cycle of a report: one table of facts. Pure; the docs print it from here."""

from typing import Literal

from msgspec import Struct

Colour = Literal["red", "yellow", "green", "grey"]
Actor = Literal["agency", "moderator", "reporter", "nobody"]


class Status(Struct, frozen=True):
    """One state: how the public sees it, who brings a report there, where it may go.

    `left_by`: who alone may bring it away; anybody who may enter the next status when empty.
    """

    colour: Colour
    open: bool
    entered_by: tuple[Actor, ...]
    next: tuple[str, ...]
    left_by: tuple[Actor, ...] = ()


_WORKABLE = ("acknowledged", "in_progress", "referred", "rejected", "duplicate", "resolved")

STATUSES: dict[str, Status] = {
    "submitted": Status("red", True, ("reporter",), (*_WORKABLE, "withdrawn")),
    "acknowledged": Status("yellow", True, ("agency", "moderator"), _WORKABLE[1:]),
    "in_progress": Status(
        "yellow",
        True,
        ("agency", "moderator"),
        ("acknowledged", "referred", "rejected", "duplicate", "resolved"),
    ),
    "referred": Status("yellow", True, ("agency", "moderator"), _WORKABLE),
    "resolved": Status("green", False, ("agency", "moderator"), ("confirmed", "reopened")),
    "confirmed": Status("green", False, ("reporter", "nobody"), ("reopened",)),
    "reopened": Status("red", True, ("reporter", "moderator"), _WORKABLE),
    "rejected": Status("grey", False, ("agency", "moderator"), ("reopened",), ("moderator",)),
    "duplicate": Status("grey", False, ("agency", "moderator"), ()),
    "withdrawn": Status("grey", False, ("reporter",), ()),
}

COLOURS: tuple[Colour, ...] = ("red", "yellow", "green", "grey")

# Why an agency closed a report. Only `fixed` claims that the problem is gone.
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

# Entering one of these is an agency's action on the report: it counts as followed up.
AGENCY_ACTIONS = ("acknowledged", "in_progress", "referred", "resolved", "rejected", "duplicate")


def legal_next(status: str, actor: Actor) -> list[str]:
    """Where `actor` may bring a report that is in `status`."""
    here = STATUSES[status]
    if here.left_by and actor not in here.left_by:
        return []
    return [name for name in here.next if actor in STATUSES[name].entered_by]


def colour(status: str) -> Colour:
    """What the public map shows."""
    return STATUSES[status].colour


def is_open(status: str) -> bool:
    """Whether work is still expected (Open311: open)."""
    return STATUSES[status].open


def as_markdown() -> str:
    """The table as docs/lifecycle.md has it; a test compares the two."""
    rows = [_row(name, status) for name, status in STATUSES.items()]
    head = ["| status | colour | Open311 | entered by | may become |", "| --- " * 5 + "|"]
    reasons = [f"- `{name}`: {_codes(codes)}" for name, codes in REASONS.items()]
    return "\n".join([*head, *rows, "", "Reason codes:", "", *reasons, ""])


def _row(name: str, status: Status) -> str:
    next = _codes(status.next) + (f", by {' or '.join(status.left_by)}" if status.left_by else "")
    entered_by = " or ".join(status.entered_by)
    shown = "open" if status.open else "closed"
    return f"| `{name}` | {status.colour} | {shown} | {entered_by} | {next or '-'} |"


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
