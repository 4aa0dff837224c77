"""The dry run of a status map: what each code means, what is wrong with it, what it would do."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from chalicelib import texts
from chalicelib.agencies import directory, status_maps
from chalicelib.agencies.directory import Directory
from chalicelib.agencies.models import Meaning, StatusMap
from chalicelib.clock import moment
from chalicelib.errors import Fault, NotInDirectory
from chalicelib.reports import lifecycle, wording
from chalicelib.reports.models import Report, find
from chalicelib.reports.wording import Id, Notes


class MapCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """A map to try (without one: that of the directory), and a report to try it on."""

    status_map: StatusMap | None = None
    report_id: Id | None = None


class CodeCheck(Struct, frozen=True):
    """What a code means, and to the report `would` be done.

    `faults` are why it could not be stored, `needs` what a change by it has to bring along.
    """

    code: str
    status: str
    colour: lifecycle.Colour | None
    reason: str | None
    text: Notes | None
    faults: list[str]
    needs: list[str]
    would: Literal["change", "be_refused"] | None


class MapChecked(Struct, frozen=True):
    """The codes in the order of the map; `legal` is where the agency may bring the report now."""

    valid: bool
    current: str | None
    legal: list[str]
    codes: list[CodeCheck]


def check(agency_id: str, body: MapCheck, language: str, at: datetime) -> MapChecked:
    """Try all codes and change nothing; NotInDirectory or ReportNotFound."""
    book = directory.current()
    agency = book.agencies.get(agency_id)
    if agency is None:
        raise NotInDirectory
    report = find(body.report_id) if body.report_id else None
    status_map = agency.status_map if body.status_map is None else body.status_map
    legal = _legal(report, at) if report else []
    codes = [
        _code(code, status_maps.meaning_of(mapped), book, agency_id, report, legal, language)
        for code, mapped in status_map.items()
    ]
    valid = not any(code.faults for code in codes)
    return MapChecked(valid, report.status if report else None, legal, codes)


def _legal(report: Report, at: datetime) -> list[str]:
    return lifecycle.legal_next(report.status, "agency", at - moment(report.updated_at))


def _code(
    code: str,
    meaning: Meaning,
    book: Directory,
    agency_id: str,
    report: Report | None,
    legal: list[str],
    language: str,
) -> CodeCheck:
    faults = status_maps.code_faults(code, meaning, book.reasons)
    would = "change" if meaning.status in legal and not faults else "be_refused"
    return CodeCheck(
        code=code,
        status=meaning.status,
        colour=lifecycle.colour(meaning.status) if meaning.status in lifecycle.STATUSES else None,
        reason=meaning.reason,
        text=_text(meaning, report, agency_id, bool(faults)),
        faults=[_said(fault, language) for fault in faults],
        needs=status_maps.needs(meaning, _proof_required(report, book)),
        would=would if report else None,  # type: ignore[arg-type]  # one of the two words above
    )


def _text(meaning: Meaning, report: Report | None, agency_id: str, wrong: bool) -> Notes | None:
    """What the public would read; as it is in the map while there is no report to speak of."""
    if meaning.text is None:
        return None
    if report is None or wrong:
        return {"id": meaning.text.id, "en": meaning.text.en}
    return wording.filled(meaning.text, report, agency_id)


def _proof_required(report: Report | None, book: Directory) -> bool:
    """Whether this report needs a proof of a fix; without one, whether any category does."""
    categories = book.categories
    chosen = [categories.get(report.category)] if report else [*categories.values()]
    return any(category is not None and category.proof_required for category in chosen)


def _said(fault: Fault, language: str) -> str:
    return texts.say(fault.key, language, **fault.facts)
