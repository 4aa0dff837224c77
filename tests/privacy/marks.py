"""Every text that a person can send, found in the API's own description, and where a test sends it.

A new text field of a call that citizens make is missing in PLANTED, and the test of erasing fails
until it is planted there, too.
"""

import re
from collections.abc import Iterator
from typing import Any

from chalicelib.docs.openapi import document
from chalicelib.people.permissions import PERMISSIONS

MARK = "penanda-Qz7Kd"
CLIENT_ID = "9f1c77aa-0000-4000-8000-5eca7de1e7e5"
SUB = "akun-Qz7Kd-penanda"

# What tells of a choice, a time or an id is no text of the person's own.
_NO_TEXT = ("enum", "const", "format")
CITIZENS = {"nobody", "holder", "citizen", "reporter"}

PLANTED = {
    "POST /v1/reports": {"description", "address", "answers", "client_id"},
    "PATCH /v1/reports/{report_id}": {"description", "address", "answers"},
    "POST /v1/reports/{report_id}/withdraw": {"note"},
    "POST /v1/reports/{report_id}/confirmation": {"comment"},
    "POST /v1/reports/{report_id}/answers": {"text"},
    "POST /v1/reports/{report_id}/comments": {"text"},
    "POST /v1/reports/{report_id}/flags": {"text"},
    "POST /v1/reports/{report_id}/comments/{comment_id}/flags": {"text"},
    "PATCH /v1/me": {"display_name"},
    "PATCH /v1/me/preferences": {"email"},
}
"""By call, the fields that the tests of this folder fill with a mark."""

CHECKED: set[str] = {
    "category",
    "observed_at",
    "level",
    "area",
    "token",
    "categories",
    "read_until",
}
"""Fields of text that take only what the city itself has said: ids, times, keys of links."""


def text_fields() -> dict[str, set[str]]:
    """By call that a citizen may make, the fields of its body that take text."""
    schemas = document()["components"]["schemas"]
    found: dict[str, set[str]] = {}
    for call, rule in PERMISSIONS.items():
        method, path = call.split()
        operation = document()["paths"][path][method.lower()]
        if rule.to & CITIZENS and "requestBody" in operation:
            for media in operation["requestBody"]["content"].values():
                texts = set(_texts(media["schema"], schemas)) - CHECKED
                found[call] = found.get(call, set()) | texts
    return {call: fields for call, fields in found.items() if fields}


def _texts(schema: dict[str, Any], schemas: dict[str, Any], name: str = "") -> Iterator[str]:
    if "$ref" in schema:
        schema = schemas[re.split("/", schema["$ref"])[-1]]
    if schema.get("type") == "string" and not any(key in schema for key in _NO_TEXT):
        yield name
    for part in (*schema.get("anyOf", ()), *_many(schema)):
        yield from _texts(part, schemas, name)
    for inner, part in schema.get("properties", {}).items():
        yield from _texts(part, schemas, f"{name}.{inner}".lstrip("."))


def _many(schema: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [schema.get("items"), schema.get("additionalProperties")]
    return [one for one in inner if isinstance(one, dict)]
