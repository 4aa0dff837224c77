"""What clients send: form fields and files, in the body or in the query; an empty field is none."""

import io
from collections.abc import Mapping
from urllib.parse import parse_qsl

from msgspec import Struct

from chalicelib.errors import Fault, InvalidInput
from chalicelib.web import Asked

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FIELDS_LIMIT = 300
BYTES_LIMIT = 6 * 1024 * 1024
"""More than a function is ever given in one request."""


class Form(Struct, frozen=True):
    """Fields by name, each with all its values, none of them empty; and the files, in order."""

    fields: Mapping[str, list[str]]
    files: list[bytes] = []

    def one(self, name: str) -> str | None:
        """The first value; None without one."""
        return next(iter(self.fields.get(name, ())), None)

    def many(self, *names: str) -> list[str]:
        """All values under any of the names."""
        return [value for name in names for value in self.fields.get(name, ())]


def asked_for(asked: Asked) -> Form:
    """The fields of the query alone."""
    return Form(_full(asked.query))


def sent(asked: Asked) -> Form:
    """Query and body; what the body says goes first. InvalidInput for what is no form."""
    pairs, files = _body(asked)
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return Form({**_full(asked.query), **_full(fields)}, files)


def _full(fields: Mapping[str, list[str]]) -> dict[str, list[str]]:
    full = {name: [one for one in values if one.strip()] for name, values in fields.items()}
    return {name: values for name, values in full.items() if values}


def _body(asked: Asked) -> tuple[list[tuple[str, str]], list[bytes]]:
    media_type = asked.headers.get("content-type") or FORM
    if not asked.body:
        return [], []
    if media_type.partition(";")[0].strip().lower() == MULTIPART:
        return _parts(asked.body, media_type)
    if media_type.partition(";")[0].strip().lower() != FORM:
        raise InvalidInput(Fault("Content-Type", "fault.form"))
    try:
        text = asked.body.decode(errors="replace")
        return parse_qsl(text, max_num_fields=FIELDS_LIMIT), []
    except ValueError:
        raise InvalidInput(Fault("Content-Type", "fault.form")) from None


def _parts(body: bytes, media_type: str) -> tuple[list[tuple[str, str]], list[bytes]]:
    # Imported only for clients that send their photos along.
    from multipart import MultipartError, MultipartParser, parse_options_header

    _, options = parse_options_header(media_type)
    pairs, files = [], []
    try:
        parts = MultipartParser(
            io.BytesIO(body),
            options.get("boundary", ""),
            part_limit=FIELDS_LIMIT,
            spool_limit=BYTES_LIMIT,
            memory_limit=2 * BYTES_LIMIT,
        )
        for part in parts:
            if part.filename is None:
                pairs.append((part.name, part.raw.decode(errors="replace")))
            elif part.raw:
                files.append(part.raw)
    except (MultipartError, LookupError, ValueError):
        raise InvalidInput(Fault("Content-Type", "fault.form")) from None
    return pairs, files
