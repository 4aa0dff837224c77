"""Who of the staff acts in this request: set once for a call, read where a change is committed.

A context and no argument: a change does not depend on it, and no verb may forget to hand it on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct


class Acting(Struct):
    """One call of staff; `recorded` when one of its changes has written the audit's entry."""

    actor: str
    role: str
    agency: str | None
    action: str
    object: str
    recorded: bool = False


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def current() -> Acting | None:
    """The call of staff that runs here; None for citizens and for what the system does itself."""
    return _acting.get()


@contextmanager
def during(acting: Acting | None) -> Iterator[None]:
    """Let all changes inside be this call's."""
    token = _acting.set(acting)
    try:
        yield
    finally:
        _acting.reset(token)
