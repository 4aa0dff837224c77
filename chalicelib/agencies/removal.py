"""What may leave the directory: nothing that routes, templates, status maps, open reports or keys
need.

The indexes that are counted follow the table within moments: a report of the last second may be
missed. It keeps its agency's id, and `POST /v1/admin/reroute` finds it a new one.
"""

from collections.abc import Mapping
from typing import Any, Literal

from chalicelib.agencies import directory, status_maps
from chalicelib.agencies.models import Meaning
from chalicelib.errors import Fault
from chalicelib.people.models import keys_of
from chalicelib.reports import lifecycle, queue_index

Kind = Literal["category", "agency", "area"]
# Of hundreds of routes the first say enough, with how many there are.
NAMED = 10


def faults(kind: Kind, id: str) -> list[Fault]:
    """What of the directory still needs the entry; empty when nothing does."""
    book = directory.current()
    return [
        *_users("fault.in_use", "routes", book.routes, kind, id),
        *_users("fault.in_templates", "templates", book.templates, kind, id),
    ]


def faults_of_agency(id: str) -> list[Fault]:
    """What still needs the agency; empty when it may go.

    A key that outlived it would be one of a later agency with the same id.
    """
    keys = ", ".join(f"{key.name} ({key.id})" for key in keys_of(id))
    return [
        *faults("agency", id),
        *_counted("fault.open_reports", queue_index.count_open(id)),
        *_counted("fault.escalated_reports", queue_index.count_open(id, index="escalated")),
        *([Fault("id", "fault.has_keys", {"keys": keys})] if keys else []),
    ]


def faults_of_category(id: str) -> list[Fault]:
    """What still needs the category, also reports of nobody; empty when it may go."""
    count = sum(queue_index.count_open(agency, id) for agency in queue_index.owners())
    return [*faults("category", id), *_counted("fault.open_reports", count)]


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


def _counted(key: str, count: int) -> list[Fault]:
    return [Fault("id", key, {"count": count})] if count else []


def _leads_to(mapped: Meaning | str, status: str, code: str) -> bool:
    meaning = status_maps.meaning_of(mapped)
    return (meaning.status, meaning.reason) == (status, code)


def _users(key: str, name: str, entries: Mapping[str, Any], kind: Kind, id: str) -> list[Fault]:
    using = sorted(own for own, entry in entries.items() if getattr(entry, kind, None) == id)
    more = [f"… ({len(using)})"] if len(using) > NAMED else []
    return [Fault("id", key, {name: ", ".join([*using[:NAMED], *more])})] if using else []
