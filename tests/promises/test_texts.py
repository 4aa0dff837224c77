"""Texts for people: the same keys and placeholders in both languages, each of them used."""

import inspect
import re
import string
from pathlib import Path

import pytest

from chalicelib import errors, texts
from chalicelib.errors import Problem

ROOT = Path(__file__).parents[2]
SOURCES = [
    file.read_text()
    for pattern in ("*.py", "*.j2")
    for file in (ROOT / "chalicelib").rglob(pattern)
]
KEYS = sorted(texts.catalogue("en"))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_say_the_same_things() -> None:
    assert sorted(texts.catalogue("id")) == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_a_text_takes_the_same_facts_in_both_languages(key: str) -> None:
    indonesian, english = texts.catalogue("id")[key], texts.catalogue("en")[key]
    assert indonesian.strip()
    assert placeholders(indonesian) == placeholders(english)


def test_every_refusal_has_a_title_and_a_sentence() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    codes = {kind.__name__ for kind in kinds if issubclass(kind, Problem)} - {"Problem"}
    assert {f"{code}{end}" for code in codes for end in ("", ".title")} <= set(KEYS)


def test_every_fault_that_the_code_names_has_its_sentence() -> None:
    named = {key for source in SOURCES for key in re.findall(r'"(fault\.[a-z_.]+[a-z])"', source)}
    assert named
    assert named <= set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_every_text_is_used(key: str) -> None:
    # A key is written whole, or made of a written beginning and a name that the code also has.
    if any(f'"{key}"' in source for source in SOURCES):
        return
    parts = key.split(".")
    beginnings = [".".join(parts[:count]) + "." for count in range(1, len(parts))]
    composed = any(f'"{one}' in source for one in beginnings for source in SOURCES)
    assert composed or hasattr(errors, parts[0])
