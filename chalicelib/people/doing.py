"""Who does what a request does, so that nobody is told of their own deeds.

A context and no argument: no change depends on it. An event keeps only a mark, which says whether a
person that is already known did it, and not who did.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_doing: ContextVar[str | None] = ContextVar("doing", default=None)


@contextmanager
def by(account: str | None) -> Iterator[None]:
    """Let all that is done inside be this account's; None for what nobody known does."""
    token = _doing.set(account)
    try:
        yield
    finally:
        _doing.reset(token)


def mark(event_id: str) -> str | None:
    """The mark of who does it here; None when that is nobody with an account."""
    account = _doing.get()
    return mark_of(event_id, account) if account else None


def mark_of(event_id: str, account: str) -> str:
    """The mark of an account on an event: for each event another, so that none can be joined."""
    return hashlib.sha256(f"{event_id}\n{account}".encode()).hexdigest()[:32]
