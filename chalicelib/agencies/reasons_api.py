"""HTTP of reason codes: why agencies close reports."""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from chalicelib import clock
from chalicelib.agencies import directory, reasons, removal
from chalicelib.agencies.models import Bilingual, Reason, ReasonText
from chalicelib.clock import Time, text
from chalicelib.errors import InvalidInput, NotInDirectory, Unprocessable
from chalicelib.web import Routes

routes = Routes(__name__, "directory")


class ReasonView(Struct, frozen=True):
    """Why a report came to `status`: a code, and what it says to the public."""

    status: str
    code: str
    text: Bilingual


class Reasons(Struct, frozen=True):
    """All reason codes that reports are closed with, by the status that they go with."""

    items: list[ReasonView]
    next: Annotated[str | None, Meta(description="always null: there is one page")] = None


class ReasonOut(ReasonView, frozen=True):
    """A reason code; since `retired_at` no report is closed with it any more."""

    retired_at: Time | None


class ReasonList(Struct, frozen=True):
    """All reason codes that the city has or had."""

    items: list[ReasonOut]
    next: None = None


@routes.get("/v1/reasons")
def list_reasons() -> Reasons:
    """Why agencies close reports: the codes and what they say to the public."""
    known = directory.current().reasons
    return Reasons(
        [
            ReasonView(status, code, known[status][code].text)
            for status in known
            for code in reasons.offered(known, status)
        ]
    )


@routes.get("/v1/admin/reasons")
def list_all_reasons() -> ReasonList:
    """All reason codes, also those that are retired."""
    known = directory.current().reasons
    return ReasonList(
        [_out(status, code, one) for status in known for code, one in known[status].items()]
    )


@routes.put("/v1/admin/reasons/{status}/{code}", problems=(Unprocessable,))
def put_reason(status: str, code: str, body: ReasonText) -> ReasonOut:
    """Word a reason code, add one, or bring one back that was retired."""
    if faults := reasons.code_faults(status, code):
        raise InvalidInput(*faults)
    if faults := reasons.text_faults(body.text):
        raise Unprocessable(*faults)
    return _stored(status, code, Reason(body.text))


@routes.get("/v1/admin/reasons/{status}/{code}", problems=(NotInDirectory,))
def show_reason(status: str, code: str) -> ReasonOut:
    """One reason code."""
    if (found := _found(status, code)) is None:
        raise NotInDirectory
    return _out(status, code, found)


@routes.delete("/v1/admin/reasons/{status}/{code}", status=204, problems=(Unprocessable,))
def retire_reason(status: str, code: str) -> None:
    """Close no report with it any more; those that have it keep it, and what it says."""
    found = _found(status, code)
    if found is None or found.retired_at is not None:
        return
    if faults := removal.faults_of_reason(status, code):
        raise Unprocessable(*faults)
    _stored(status, code, replace(found, retired_at=text(clock.now())))


def _found(status: str, code: str) -> Reason | None:
    return directory.current().reasons.get(status, {}).get(code)


def _stored(status: str, code: str, reason: Reason) -> ReasonOut:
    directory.put("reason", reasons.id_of(status, code), reason)
    return _out(status, code, reason)


def _out(status: str, code: str, reason: Reason) -> ReasonOut:
    return ReasonOut(status, code, reason.text, reason.retired_at)
