"""An agency's own status codes: what each means in the life cycle, and what it tells the public."""

from collections.abc import Mapping

from chalicelib.agencies import reasons, templates
from chalicelib.agencies.models import Meaning
from chalicelib.agencies.reasons import Reasons
from chalicelib.errors import Fault
from chalicelib.reports import lifecycle

# Where an agency may bring a report: what its codes can mean.
MEANINGS = tuple(
    name for name, status in lifecycle.STATUSES.items() if "agency" in status.entered_by
)


def meaning_of(mapped: Meaning | str) -> Meaning:
    """What a code means; the plain word `resolved` says that it was fixed."""
    if isinstance(mapped, Meaning):
        return mapped
    return Meaning(mapped, "fixed" if mapped == "resolved" else None)


def faults(status_map: Mapping[str, Meaning | str], known: Reasons) -> list[Fault]:
    """What of a map leads nowhere, each by its code."""
    return [fault for code in status_map for fault in code_faults(code, status_map[code], known)]


def code_faults(code: str, mapped: Meaning | str, known: Reasons) -> list[Fault]:
    """What of one code leads nowhere."""
    meaning, field = meaning_of(mapped), f"status_map.{code}"
    if meaning.status not in MEANINGS:
        return [Fault(f"{field}.status", "fault.status_map", {"allowed": ", ".join(MEANINGS)})]
    found = templates.faults(meaning.text, f"{field}.text") if meaning.text else []
    if meaning.reason is None:
        return found
    return [*reasons.faults(known, meaning.status, meaning.reason, f"{field}.reason"), *found]


def needs(meaning: Meaning, proof_required: bool) -> list[str]:
    """The fields that a change by this code has to bring along."""
    wanted = {
        "refer_to": meaning.status == "referred",
        "duplicate_of": meaning.status == "duplicate",
        "reason": meaning.status in lifecycle.REASONS and meaning.reason is None,
        "proof_photo_ids": proof_required and meaning.reason == "fixed",
    }
    return [field for field, is_wanted in wanted.items() if is_wanted]
