"""The signed links in mails: they say for whom they are, and nobody can make others."""

from datetime import datetime, timedelta
from urllib.parse import quote

from chalicelib import cursor
from chalicelib.clock import moment, text
from chalicelib.errors import Fault, InvalidInput
from chalicelib.settings import settings

CONFIRMED_WITHIN = timedelta(days=1)


def share(report_id: str) -> str:
    """The page of a report."""
    return f"{settings.public_url}/v1/reports/{report_id}/share"


def unsubscribe(person: str) -> str:
    """Ends all mails to this account; good for ever, as mails are kept for ever."""
    return f"{settings.public_url}/v1/unsubscribe?token={quote(unsubscribe_token(person))}"


def unsubscribe_token(person: str) -> str:
    """The token in that link."""
    return cursor.seal("unsubscribe", [person])


def unsubscribed(token: str) -> str:
    """The account of such a token; InvalidInput when it is none."""
    return str(_unsealed("unsubscribe", token)[0])


def confirmation(person: str, email: str, at: datetime) -> str:
    """Makes this address the account's; good for a day."""
    token = cursor.seal("confirm", [person, email, text(at + CONFIRMED_WITHIN)])
    return f"{settings.public_url}/v1/email-confirmation?token={quote(token)}"


def confirmed(token: str, at: datetime) -> tuple[str, str]:
    """The account and address of such a token; InvalidInput when it is none, or too old."""
    person, email, until = _unsealed("confirm", token)
    if moment(str(until)) < at:
        raise InvalidInput(Fault("token", "fault.token"))
    return str(person), str(email)


def _unsealed(kind: str, token: str) -> list[str | float]:
    try:
        return cursor.unseal(kind, token)
    except InvalidInput:
        raise InvalidInput(Fault("token", "fault.token")) from None
