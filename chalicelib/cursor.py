"""Cursors of lists: opaque, signed, and good only for the query they came from."""

import hmac

import msgspec

from chalicelib.errors import Fault, InvalidInput
from chalicelib.keys import opaque, signing_key, unopaque

_SIGNATURE_BYTES = 16


def seal(query: object, position: list[str | float]) -> str:
    """A cursor for `position` in the list that `query` (any JSON value) describes."""
    body = msgspec.json.encode(position)
    return opaque(_signature(query, body) + body)


def unseal(query: object, cursor: str) -> list[str | float]:
    """The position of a cursor of this query; InvalidInput when forged or from another query."""
    try:
        raw = unopaque(cursor)
        signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if hmac.compare_digest(signature, _signature(query, body)):
            return msgspec.json.decode(body, type=list[str | float])
    except ValueError:
        pass
    raise InvalidInput(Fault("cursor", "fault.cursor"))


def _signature(query: object, body: bytes) -> bytes:
    text = msgspec.json.encode(query, order="deterministic") + b"\n" + body
    return hmac.digest(signing_key(), text, "sha256")[:_SIGNATURE_BYTES]
