"""The description as a page for people: no script, no outside resource."""

import inspect
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib import errors, texts
from chalicelib.agencies import directory, reasons
from chalicelib.docs import openapi
from chalicelib.errors import Problem
from chalicelib.reports import lifecycle
from chalicelib.visible import visible

if TYPE_CHECKING:
    from markupsafe import Markup

# What readers look for first, and what last; other groups stand between, as registered.
FIRST, LAST = ("reports", "photos"), ("about",)

# Values for the sample calls, by field name, where the type alone would tell nothing.
SAMPLES: dict[str, Any] = {
    "agency": "dinas-pekerjaan-umum",
    "area": "*",
    "bbox": "106.7,-6.3,106.9,-6.1",
    "category": "flooding",
    "coordinates": [[[106.8, -6.2], [106.9, -6.2], [106.9, -6.1], [106.8, -6.2]]],
    "description": "Banjir setinggi lutut",
    "group": "water",
    "lat": -6.2,
    "lon": 106.8,
    "near": "-6.2,106.8",
    "period": "2026-11",
    "rating": 5,
    "status": "acknowledged",
    "url": "https://example.org/webhooks",
}
SLUG = "some-id"
"""For text with a pattern: all that calls demand are patterns of ids."""
DEPTH = 6
"""Shapes within shapes that a sample shows; deeper ones are left empty."""


class Call(NamedTuple):
    """One operation as the page shows it."""

    method: str
    path: str
    facts: dict[str, Any]
    sample: str


class Field(NamedTuple):
    """One field of a schema, or one parameter."""

    name: str
    type: "Markup"
    required: bool
    text: str


def page(language: str) -> str:
    """The HTML of the whole API."""
    # Jinja costs 25 ms of start-up, and only pages for people need it.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["marked"] = _marked
    template = environment.from_string(Path(__file__).with_name("page.html.j2").read_text())
    document = openapi.document()
    schemas = document["components"]["schemas"]
    return template.render(
        api=document,
        groups=_by_tag(document),
        problems=_problems(language),
        statuses=lifecycle.STATUSES,
        reasons=_reasons(language),
        schemas=schemas,
        fields=lambda name: _fields(schemas[name]),
        parameters=_parameters,
        name_of=_name_of,
        language=language,
        say=lambda key, **facts: texts.say(key, language, **facts),
    )


def _by_tag(document: dict[str, Any]) -> dict[str, list[Call]]:
    groups: dict[str, list[Call]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            sample = _curl(document, method.upper(), path, operation)
            call = Call(method.upper(), path, operation, sample)
            groups.setdefault(operation["tags"][0], []).append(call)
    return {tag: groups[tag] for tag in sorted(groups, key=_place)}


def _place(tag: str) -> int:
    if tag in FIRST:
        return FIRST.index(tag) - len(FIRST)
    return 1 if tag in LAST else 0


def _problems(language: str) -> list[tuple[str, int, str, str]]:
    """(code, status, title, sentence) of every refusal."""
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Problem) and kind is not Problem
    ]
    say = texts.catalogue(language)
    return [
        (kind.__name__, kind.status, say[f"{kind.__name__}.title"], say[kind.__name__])
        for kind in sorted(kinds, key=lambda kind: (kind.status, kind.__name__))
    ]


def _reasons(language: str) -> list[tuple[str, str, str]]:
    """(status, code, what it says) of every reason that reports are closed with."""
    known = directory.current().reasons
    return [
        (status, code, visible(known[status][code].text.say(language)))
        for status in known
        for code in reasons.offered(known, status)
    ]


def _fields(schema: dict[str, Any]) -> list[Field]:
    required = set(schema.get("required", []))
    return [
        Field(name, _type_of(facts), name in required, _text_of(facts))
        for name, facts in schema.get("properties", {}).items()
    ]


def _parameters(operation: dict[str, Any], place: str) -> list[Field]:
    """The operation's parameters that stand in `place`: path, query or header."""
    return [
        Field(
            one["name"],
            _type_of(one["schema"]),
            one["required"],
            one.get("description") or _text_of(one["schema"]),
        )
        for one in operation["parameters"]
        if one["in"] == place
    ]


def _name_of(content: dict[str, Any]) -> str:
    """The name of the schema that a body or an answer refers to; empty for other protocols' own."""
    reference: str = next(iter(content.values())).get("schema", {}).get("$ref", "")
    return _last(reference)


def _type_of(schema: dict[str, Any]) -> "Markup":
    """A schema in a word or two: `integer (1-5)`, `[Upload]`, `Point | null`; names are links."""
    from markupsafe import Markup

    if "$ref" in schema:
        name = _last(schema["$ref"])
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" | ").join(_type_of(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return Markup(" | ").join(Markup("<code>{}</code>").format(one) for one in values)
    if schema.get("type") == "array":
        return Markup("[{}]{}").format(_type_of(schema.get("items", {})), _limits(schema))
    if isinstance(schema.get("additionalProperties"), dict):
        return Markup("{{…: {}}}").format(_type_of(schema["additionalProperties"]))
    kind = schema.get("format") or schema.get("type") or "any"
    return Markup("{}{}").format(kind, _limits(schema))


def _limits(schema: dict[str, Any]) -> str:
    """Of a number, or of the length of a string or an array: ` (1-64)`, ` (≤ 64)`, ` (> 0)`."""
    above = [schema[key] for key in ("minimum", "minLength", "minItems") if key in schema]
    below = [schema[key] for key in ("maximum", "maxLength", "maxItems") if key in schema]
    limits = [f"{above[0]}\u2013{below[0]}"] if above and below else []
    if not limits:
        limits = [f"≥ {least}" for least in above] + [f"≤ {most}" for most in below]
    limits += [f"> {schema[key]}" for key in ("exclusiveMinimum",) if key in schema]
    limits += [f"< {schema[key]}" for key in ("exclusiveMaximum",) if key in schema]
    return f" ({', '.join(limits)})" if limits else ""


def _text_of(schema: dict[str, Any]) -> str:
    """A field's description, which msgspec puts inside a union; that of a shape is elsewhere."""
    found = [one.get("description", "") for one in (schema, *schema.get("anyOf", []))]
    return next((text for text in found if text), "")


def _curl(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    """A call to copy: who calls, what must be given, and one value for each."""
    query = "&".join(
        f"{one['name']}={SAMPLES.get(one['name'], 'value')}"
        for one in operation["parameters"]
        if one["in"] == "query" and (one["required"] or one["name"] == "near")
    )
    # In a shell `{id}` would mean itself, and `$id` is what a reader fills in.
    address = document["servers"][0]["url"] + re.sub(r"{(\w+)}", r"$\1", path)
    lines = [f'curl {f"-X {method} " if method != "GET" else ""}"{address}{query and "?"}{query}"']
    if "x-roles" in operation:
        lines.append('-H "Authorization: Bearer $token"')
    if body := operation.get("requestBody"):
        schemas = document["components"]["schemas"]
        sample = _sample(schemas, "", schemas[_name_of(body["content"])], DEPTH)
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(sample)}'"]
    return " \\\n  ".join(lines)


def _sample(schemas: dict[str, Any], name: str, schema: dict[str, Any], depth: int) -> Any:
    """A value that the schema admits: known samples, else the least; only what is required."""
    if "$ref" in schema:
        schema = schemas[_last(schema["$ref"])]
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[0]
    if name in SAMPLES:
        return SAMPLES[name]
    if "anyOf" in schema:
        return _sample(schemas, name, schema["anyOf"][0], depth)
    if schema.get("type") == "object" and depth:
        fields, required = schema.get("properties", {}), schema.get("required", [])
        return {one: _sample(schemas, one, fields[one], depth - 1) for one in required}
    if schema.get("type") == "array" and depth:
        return [_sample(schemas, name, schema["items"], depth - 1)]
    if "pattern" in schema:
        return SLUG
    return _LEAST.get(schema.get("type", ""), schema.get("minimum", 0))


_LEAST: dict[str, Any] = {"string": "...", "boolean": True, "array": [], "object": {}, "null": None}


def _marked(text: str) -> "Markup":
    """`code` and {placeholders} of a sentence as such."""
    from markupsafe import Markup, escape

    shown = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"{(\w+)}", r"<var>\1</var>", shown))


def _last(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]
