"""What may leave the directory: nothing that routes, templates, status maps or open reports need.

The indexes that are counted follow the table within moments: a report of the last second may be
missed. It keeps its agency's id, and `POST /v1/admin/reroute` finds it a new one.
"""

from collections.abc import Mapping
from typing import Any, Literal

from chalicelib.agencies import directory, status_maps
from chalicelib.agencies.models import Meaning
from chalicelib.errors import Fault
from chalicelib.reports import lifecycle, queue_index

Kind = Literal["category", "agency", "area"]


def faults(kind: Kind, id: str, open_reports: int = 0, escalated: int = 0) -> list[Fault]:
    """What still needs the entry; empty when it may go."""
    book = directory.current()
    found = [
        *_users("fault.in_use", "routes", book.routes, kind, id),
        *_users("fault.in_templates", "templates", book.templates, kind, id),
    ]
    counted = {"fault.open_reports": open_reports, "fault.escalated_reports": escalated}
    found += [Fault("id", key, {"count": count}) for key, count in counted.items() if count]
    return found


def faults_of_reason(status: str, code: str) -> list[Fault]:
    """What still needs the reason code; empty when it may be retired."""
    if code in lifecycle.COUNTED_REASONS:
        return [Fault("code", "fault.counted_reason")]
    maps = sorted(
        f"{id} ({own})"
        for id, agency in directory.current().agencies.items()
        for own, mapped in agency.status_map.items()
        if _leads_to(mapped, status, code)
    )
    return [Fault("code", "fault.in_status_maps", {"maps": ", ".join(maps)})] if maps else []


def reports_of_agency(id: str) -> int:
    """How many open reports the agency has."""
    return queue_index.count_open(id)


def escalated_to_agency(id: str) -> int:
    """How many open reports of other agencies it has to see to, as the coordinator it is or was."""
    return queue_index.count_open(id, index="escalated")


def reports_of_category(id: str) -> int:
    """How many open reports of all agencies, and of nobody, have the category."""
    return sum(queue_index.count_open(agency, id) for agency in queue_index.owners())


def _leads_to(mapped: Meaning | str, status: str, code: str) -> bool:
    meaning = status_maps.meaning_of(mapped)
    return (meaning.status, meaning.reason) == (status, code)


def _users(key: str, name: str, entries: Mapping[str, Any], kind: Kind, id: str) -> list[Fault]:
    using = sorted(own for own, entry in entries.items() if getattr(entry, kind, None) == id)
    return [Fault("id", key, {name: ", ".join(using)})] if using else []
