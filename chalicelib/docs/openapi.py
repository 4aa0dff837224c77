"""OpenAPI 3.1 from the registered operations: their structs are the schemas."""

import re
from functools import cache
from typing import Any

import msgspec

from chalicelib import errors, idempotency, texts
from chalicelib.errors import Problem
from chalicelib.settings import settings
from chalicelib.validation import ecma
from chalicelib.version import VERSION
from chalicelib.web import FORM, JSON, OPERATIONS, PROBLEM, Operation

_REF = "#/components/schemas/{name}"


class FaultView(msgspec.Struct, frozen=True):
    """One thing wrong with the input."""

    field: str
    message: str


class ProblemView(msgspec.Struct, frozen=True):
    """A refusal (RFC 9457): `code` is stable; `errors` names every fault of invalid input."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FaultView] = []


@cache
def document() -> dict[str, Any]:
    """The whole description."""
    operations = [operation for operation in OPERATIONS if "{proxy" not in operation.path]
    shapes = [shape for one in operations for shape in (one.body, one.answer) if _is_struct(shape)]
    _, schemas = msgspec.json.schema_components([*shapes, ProblemView], ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Tanggap: {settings.city_name}",
            "version": VERSION,
            "description": texts.say("api.description", "en"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": settings.public_url}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in operations)],
        "paths": _in_ecma(_paths(operations)),
        "components": {"schemas": _in_ecma(schemas), "securitySchemes": _SCHEMES},
    }


def _in_ecma(part: Any) -> Any:
    """The same with all patterns as JSON Schema has them."""
    if isinstance(part, list):
        return [_in_ecma(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: ecma(value) if name == "pattern" and isinstance(value, str) else _in_ecma(value)
        for name, value in part.items()
    }


_REFUSED = {PROBLEM: {"schema": {"$ref": _REF.format(name="ProblemView")}}}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "api_key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "tracking_code": {"type": "apiKey", "in": "header", "name": "x-tracking-code"},
}


def _paths(operations: list[Operation]) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return paths


def _described(operation: Operation) -> dict[str, Any]:
    summary = (operation.view.__doc__ or "").partition(". ")[0].rstrip(".")
    described: dict[str, Any] = {
        "operationId": operation.view.__name__,
        "tags": [operation.tag],
        "summary": summary.strip(),
        "description": (operation.view.__doc__ or "").strip(),
        "parameters": [
            *_path_parameters(operation),
            *_query_parameters(operation),
            *_header_parameters(operation),
        ],
        "responses": _responses(operation),
        "security": _security(operation),
    }
    if operation.rule.roles:
        described["x-roles"] = list(operation.rule.roles)
    if operation.body is not None:
        content = _json(operation.body)
        if operation.page:
            content[FORM] = content[JSON]
        described["requestBody"] = {"required": True, "content": content}
    return described


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    return [
        {
            "name": field.encode_name,
            "in": "query",
            "required": field.required,
            "schema": msgspec.json.schema(field.type),
        }
        for field in msgspec.structs.fields(operation.query)
    ]


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.method != "POST":
        return []
    limits = {"type": "string", "minLength": 1, "maxLength": idempotency.KEY_LENGTH}
    return [
        {
            "name": idempotency.HEADER,
            "in": "header",
            "required": False,
            "description": texts.say("api.idempotency_key", "en"),
            "schema": limits,
        }
    ]


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    # OpenAPI 3.1 lets a requirement name what the caller must have: for keys, the scope.
    scope = operation.rule.scope
    by_key = [{"api_key": [str(scope)]}] if scope else []
    if operation.rule.keys_only:
        return by_key
    if operation.rule.roles:
        return [{"bearer": []}, *by_key]
    if "caller" in operation.wants:
        return [{}, {"bearer": []}, *by_key, {"tracking_code": []}]
    return [{}]


def _responses(operation: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done"}
    if _is_struct(operation.answer):
        answer["content"] = _json(operation.answer)
    if operation.method == "POST":
        answer["headers"] = {
            idempotency.REPLAYED: {
                "description": texts.say("api.idempotent_replayed", "en"),
                "schema": {"type": "string", "const": "true"},
            }
        }
    dialect = operation.dialect
    if dialect is not None:
        answer["content"] = _in_dialect(operation)
    responses = {str(operation.status): answer}
    by_status: dict[int, list[str]] = {}
    for problem in sorted(_problems(operation), key=lambda one: one.__name__):
        status = dialect.status_of(problem()) if dialect else problem.status
        by_status.setdefault(status, []).append(problem.__name__)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": " · ".join(texts.say(f"{code}.title", "en") for code in codes),
            "content": _in_dialect(operation) if dialect else _REFUSED,
            "x-codes": codes,
        }
    return responses


def _in_dialect(operation: Operation) -> dict[str, Any]:
    """Of other protocols' documents only the media type is said: they are described elsewhere."""
    return {"text/xml": {}} if operation.path.endswith(".xml") else {JSON: {}}


def _problems(operation: Operation) -> set[type[Problem]]:
    """What can be refused: what the view says, and what follows from its shape."""
    found = {*operation.problems, errors.InvalidInput}
    if operation.method == "POST":
        found |= {errors.IdempotencyMismatch, errors.RequestInProgress}
    if operation.body is not None:
        found |= {errors.Malformed, errors.BodyTooLarge, errors.WrongMediaType}
    if operation.rule.roles or operation.rule.keys_only:
        found |= {errors.NotIdentified, errors.NotAllowed}
    elif "caller" in operation.wants:
        found |= {errors.NotIdentified}
    if "asked" in operation.wants and operation.method in ("POST", "PATCH") and not operation.page:
        found |= {errors.PreconditionFailed} if "report_id" in operation.path else set()
    return found


def _json(shape: Any) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": _REF.format(name=shape.__name__)}}}


def _is_struct(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, msgspec.Struct)
