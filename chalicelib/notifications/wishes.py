"""How a person wants to be told: by mail or not, how often, in which language, at which address."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.clock import text
from chalicelib.errors import TooManyRequests
from chalicelib.notifications import mail
from chalicelib.notifications.models import Kind, MailMode, Preferences, preferences_of

ASKED_AGAIN = timedelta(minutes=2)
"""So long an account waits before it can have another address asked: nobody is bombed with mail."""

Email = Annotated[
    str, Meta(pattern=r"^[^@\s,;<>\x00-\x20]+@[^@\s,;<>\x00-\x20]+\Z", max_length=254)
]


class WishChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change. A new `email` holds when its owner has confirmed it; null forgets it.

    Of the kinds in `muted` only the inbox tells: no mail, and no push.
    """

    mail: MailMode | UnsetType = UNSET
    language: Literal["id", "en"] | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    push: bool | UnsetType = UNSET
    muted: Annotated[list[Kind], Meta(max_length=len(get_args(Kind)))] | UnsetType = UNSET


class Wishes(Struct, frozen=True):
    """How the caller is told, beside the inbox; `email` is the confirmed address."""

    mail: MailMode
    language: Literal["id", "en"]
    email: str | None
    push: bool
    muted: list[Kind]
    confirmation_sent: bool


def shown(sub: str, asked: bool = False) -> Wishes:
    """The account's wishes as they are."""
    row = preferences_of(sub)
    facts: dict[str, Any] = {"mail": row.mail, "language": row.language, "email": row.email}
    facts |= {"push": row.push is not False, "muted": row.muted or []}
    return Wishes(**facts, confirmation_sent=asked)


def change(sub: str, body: WishChanges, at: datetime) -> Wishes:
    """Change them; TooManyRequests when another address was asked a moment ago."""
    actions: list[Action] = []
    for name in ("mail", "language", "push", "muted"):
        if (value := getattr(body, name)) is not UNSET:
            actions.append(getattr(Preferences, name).set(value))
    if body.email is None:
        actions.append(Preferences.email.remove())
    if actions:
        Preferences(sub).update(actions)
    if not isinstance(body.email, str):
        return shown(sub)
    _ask(sub, body.email, at)
    return shown(sub, asked=True)


def confirm(sub: str, email: str) -> None:
    """The address is the account's: its owner has said so."""
    Preferences(sub).update([Preferences.email.set(email)])


def end_mail(sub: str) -> None:
    """Send no mail any more; nothing else changes."""
    Preferences(sub).update([Preferences.mail.set("none")])


def read_until(sub: str, event_id: str) -> None:
    """Everything up to this notification has been read."""
    Preferences(sub).update([Preferences.read_until.set(event_id)])


def _ask(sub: str, email: str, at: datetime) -> None:
    quiet = Preferences.asked_at.does_not_exist() | (Preferences.asked_at < text(at - ASKED_AGAIN))
    try:
        Preferences(sub).update([Preferences.asked_at.set(text(at))], condition=quiet)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise TooManyRequests(retry_after=int(ASKED_AGAIN.total_seconds())) from None
    mail.ask(email, sub, preferences_of(sub).language, at)
