"""Answers in XML and in JSON, as the address ends: one content, two forms.

JSON is the "Spark" mapping of the XML: the outer container is the array itself, and its name is
not said. Only XML is written here; none is ever read.
"""

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.web import JSON, Asked, Reply, encode

XML = "text/xml"
# What the things in a container are called.
ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "photos": "photo",
    "notes": "note",
}
# XML 1.0, section 2.2: what no document may hold, not even as a reference. Compiled when it is
# first needed, for that takes longer than all else that this module does at a cold start.
_NO_CHARACTERS = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def written(
    root: str,
    content: Any,
    asked: Asked,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Reply[Any]:
    """The reply in the form that was asked for; browsers of all sites may read it."""
    text, media_type = (xml(root, content), XML) if wants_xml(asked) else (encode(content), JSON)
    sent = {"Access-Control-Allow-Origin": "*", **(headers or {})}
    return Reply(text, status, media_type, sent)


def wants_xml(asked: Asked) -> bool:
    """By the end of the path; without one it is JSON."""
    return asked.path.endswith(".xml")


def xml(root: str, content: Any) -> str:
    """A document of lists, dicts, texts, numbers, truth values and None."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_element(root, content)}'


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inside = "".join(_element(key, one) for key, one in value.items())
    elif isinstance(value, list):
        inside = "".join(_element(ITEMS[name], one) for one in value)
    else:
        inside = _text(value)
    return f"<{name}>{inside}</{name}>" if inside else f"<{name}/>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Never as 1e-05, which is no decimal number in XML Schema.
        return f"{value:.6f}".rstrip("0").rstrip(".")
    text = re.sub(_NO_CHARACTERS, "", str(value))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A bare carriage return would be read as a line feed.
    return text.replace("\r", "&#13;")
