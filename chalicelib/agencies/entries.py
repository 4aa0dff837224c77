"""Entries of the directory as the API shows and takes them."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from chalicelib.agencies import directory
from chalicelib.agencies.models import Slug
from chalicelib.errors import Fault, InvalidInput, NotInDirectory


def listed[Out](entries: Mapping[str, Any], shape: Callable[..., Out]) -> list[Out]:
    """All of them with their ids, in the order of these."""
    return [_out(id, entries[id], shape) for id in sorted(entries)]


def one[Out](entries: Mapping[str, Any], id: str, shape: Callable[..., Out]) -> Out:
    """One with its id; NotInDirectory."""
    if id not in entries:
        raise NotInDirectory
    return _out(id, entries[id], shape)


def put[Out](kind: str, id: str, entry: Struct, shape: Callable[..., Out]) -> Out:
    """Store one and return it with its id; InvalidInput unless that is a lower-case slug."""
    try:
        msgspec.convert(id, Slug)
    except msgspec.ValidationError:
        raise InvalidInput(Fault("id", "fault.slug")) from None
    directory.put(kind, id, entry)
    return _out(id, entry, shape)


def _out[Out](id: str, entry: Any, shape: Callable[..., Out]) -> Out:
    return shape(id=id, **{name: getattr(entry, name) for name in entry.__struct_fields__})
