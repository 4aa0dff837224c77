"""What an agency says of a report: a status in our words or in its own code, and for the public a
note, a response template, or what its code says."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from chalicelib.agencies import directory, status_maps, templates
from chalicelib.agencies.models import Code, Meaning, PublicText
from chalicelib.errors import Fault, Unprocessable
from chalicelib.people.identity import Caller
from chalicelib.reports.models import Report, find

Note = Annotated[str, Meta(min_length=1, max_length=2000)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
# Both languages of one text, by `id` and `en`.
Notes = dict[str, str]


class StatusChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What an agency does with a report; the life-cycle table decides whether it may.

    `code` instead of `status` is a code of the agency's own status map. `template` instead of
    `note` is a response template's id.
    """

    status: Id | None = None
    code: Code | None = None
    note: Note | None = None
    template: Id | None = None
    reason: Id | None = None
    refer_to: Id | None = None
    duplicate_of: Id | None = None
    proof_photo_ids: Annotated[list[Id], Meta(max_length=5)] = []

    def __post_init__(self) -> None:
        """ValueError unless there is one status, and one note at most."""
        if (self.status is None) == (self.code is None):
            raise ValueError("fault.status_or_code")
        if self.note is not None and self.template is not None:
            raise ValueError("fault.note_or_template")


class Said(Struct, frozen=True):
    """A change in the words of the life cycle, and its public text in both languages."""

    status: str
    note: str | None
    reason: str | None
    refer_to: str | None
    duplicate_of: str | None
    proof_photo_ids: list[str]
    notes: Notes | None = None


def said(report_id: str, body: StatusChange, caller: Caller) -> Said:
    """What the change comes to; Unprocessable for a code or template that is not the agency's."""
    if body.status is not None and body.template is None:
        return _plain(body, body.status)
    report = find(report_id)
    acting = caller.agency_id if caller.role == "officer" else report.agency
    meaning = _meaning(body, acting)
    plain = _plain(body, meaning.status)
    plain = msgspec.structs.replace(plain, reason=body.reason or meaning.reason)
    text = _text(body, acting) if body.template else meaning.text
    if body.note is not None or text is None:
        return plain
    notes = filled(text, report, acting)
    # Where there is room for one language only, as in events, it is the country's.
    return msgspec.structs.replace(plain, note=notes["id"], notes=notes)


def filled(text: PublicText, report: Report, agency_id: str | None) -> Notes:
    """The text in both languages, about this report of this agency."""
    agency = directory.current().agencies.get(agency_id or "")
    return templates.filled(text, report.number, agency.name if agency else agency_id or "")


def _plain(body: StatusChange, status: str) -> Said:
    return Said(
        status=status,
        note=body.note,
        reason=body.reason,
        refer_to=body.refer_to,
        duplicate_of=body.duplicate_of,
        proof_photo_ids=body.proof_photo_ids,
    )


def _meaning(body: StatusChange, acting: str | None) -> Meaning:
    if body.status is not None:
        return Meaning(body.status)
    agency = directory.current().agencies.get(acting or "")
    known = agency.status_map if agency else {}
    if body.code not in known:
        raise Unprocessable(Fault("code", "fault.no_code", {"known": ", ".join(sorted(known))}))
    return status_maps.meaning_of(known[body.code])


def _text(body: StatusChange, acting: str | None) -> PublicText:
    usable = templates.usable(directory.current().templates, acting)
    if body.template not in usable:
        raise Unprocessable(Fault("template", "fault.no_template"))
    return usable[body.template].text
