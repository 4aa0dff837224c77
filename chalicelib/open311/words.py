"""Our statuses and those of mySociety's extension for updates, both ways. Pure; the docs print it.

GeoReport itself knows `open` and `closed` only; updates say more.
"""

from msgspec import Struct

# https://wiki.open311.org/Proposed_differences_to_Open311: what an update may say.
STATUSES = (
    "open",
    "closed",
    "fixed",
    "in_progress",
    "action_scheduled",
    "investigating",
    "duplicate",
    "not_councils_responsibility",
    "no_further_action",
    "internal_referral",
    "reopen",
    "for_triage",
    "cancelled",
)


class Meaning(Struct, frozen=True):
    """What an agency's update does here."""

    status: str
    reason: str | None = None


_BY_STATUS = {
    "submitted": "open",
    "acknowledged": "investigating",
    "in_progress": "in_progress",
    "referred": "internal_referral",
    "resolved": "no_further_action",
    "confirmed": "fixed",
    "reopened": "open",
    "rejected": "no_further_action",
    "duplicate": "duplicate",
    "withdrawn": "cancelled",
}
# Where the reason says more than the status does.
_BY_REASON = {
    ("resolved", "fixed"): "fixed",
    ("resolved", "temporary_fix"): "fixed",
    ("resolved", "planned"): "action_scheduled",
    ("rejected", "planned"): "action_scheduled",
    ("rejected", "not_a_public_matter"): "not_councils_responsibility",
    ("rejected", "private_property"): "not_councils_responsibility",
}
# What leads nowhere by itself: who is meant, or why, is not in the word.
MEANINGS: dict[str, Meaning | None] = {
    "open": None,
    "reopen": None,
    "for_triage": Meaning("acknowledged"),
    "investigating": Meaning("acknowledged"),
    "action_scheduled": Meaning("acknowledged"),
    "in_progress": Meaning("in_progress"),
    "fixed": Meaning("resolved", "fixed"),
    "closed": Meaning("resolved", "fixed"),
    "not_councils_responsibility": Meaning("rejected", "not_a_public_matter"),
}


def word_of(status: str, reason: str | None) -> str:
    """What an update says of a report in this status."""
    return _BY_REASON.get((status, reason or ""), _BY_STATUS[status])


def as_markdown() -> str:
    """The tables as docs/open311.md has them; a test compares."""
    out = ["| status | reason | update |", "| --- | --- | --- |"]
    out += [f"| `{status}` | | `{word}` |" for status, word in _BY_STATUS.items()]
    out += [f"| `{one[0]}` | `{one[1]}` | `{word}` |" for one, word in _BY_REASON.items()]
    back = ["| update | of an agency |", "| --- | --- |"]
    back += [f"| `{word}` | {_deed(meaning)} |" for word, meaning in MEANINGS.items()]
    return "\n".join([*out, "", *back, ""])


def _deed(meaning: Meaning | None) -> str:
    if meaning is None:
        return "a comment"
    return f"`{meaning.status}`" + (f", `{meaning.reason}`" if meaning.reason else "")
