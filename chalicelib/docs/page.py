"""The description as a page for people: no script, no outside resource."""

import inspect
from pathlib import Path
from typing import Any

from chalicelib import errors, texts
from chalicelib.docs import openapi
from chalicelib.errors import Problem


def page(language: str) -> str:
    """The HTML of the whole API."""
    # Jinja costs 25 ms of start-up, and only pages for people need it.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(Path(__file__).with_name("page.html.j2").read_text())
    document = openapi.document()
    return template.render(
        api=document,
        groups=_by_tag(document),
        problems=_problems(language),
        fields=lambda name: _fields(document, name),
        name_of=_name_of,
        type_of=_type_of,
        language=language,
        say=lambda key, **facts: texts.say(key, language, **facts),
    )


def _by_tag(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return groups


def _problems(language: str) -> list[tuple[str, int, str, str]]:
    """(code, status, title, sentence) of every refusal."""
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Problem) and kind is not Problem
    ]
    return [
        (
            kind.__name__,
            kind.status,
            texts.say(f"{kind.__name__}.title", language),
            inspect.getdoc(kind) or "",
        )
        for kind in sorted(kinds, key=lambda kind: (kind.status, kind.__name__))
    ]


def _fields(document: dict[str, Any], name: str) -> list[tuple[str, str, bool, str]]:
    """(name, type, required, description) of a schema's fields."""
    schema = document["components"]["schemas"][name]
    required = set(schema.get("required", []))
    return [
        (field, _type_of(facts), field in required, facts.get("description", ""))
        for field, facts in schema.get("properties", {}).items()
    ]


def _name_of(content: dict[str, Any]) -> str:
    """The name of the schema that a body or an answer refers to."""
    return _last(next(iter(content.values()))["schema"]["$ref"])


def _type_of(schema: dict[str, Any]) -> str:
    """A schema in a word or two: `string, at least 1`, `array of Upload`, `Point or null`."""
    if "$ref" in schema:
        return _last(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(_type_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return f"array of {_type_of(schema.get('items', {}))}"
    kind = schema.get("format") or schema.get("type") or "any"
    limits = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "≥"),
            ("maximum", "≤"),
            ("exclusiveMinimum", ">"),
            ("minLength", "length ≥"),
            ("maxLength", "length ≤"),
        )
        if key in schema
    ]
    return ", ".join([str(kind), *limits])


def _last(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]
