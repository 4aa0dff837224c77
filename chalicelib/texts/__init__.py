"""Texts for people, in Indonesian and English, by key; code holds none of them."""

from decimal import Decimal
from functools import cache
from pathlib import Path

import msgspec

LANGUAGES = ("id", "en")
COUNTS = ("n", "count", "limit", "days")
"""Facts that say how many; a text counts one thing."""


def say(key: str, language: str, **facts: object) -> str:
    """The text of `key` with its placeholders filled; KeyError when the catalogue lacks it.

    Of what is counted, `{key}.one` is said instead where there is one of it and such a text.
    Indonesian has no plural: there both are the same.
    """
    alone = f"{key}.one" if any(facts.get(name) in (1, "1") for name in COUNTS) else key
    text = catalogue(language).get(alone) or catalogue(language)[key]
    return text.format(**{name: _written(fact, language) for name, fact in facts.items()})


def number(value: float | Decimal, language: str) -> str:
    """1,234.5 in English and 1.234,5 in Indonesian."""
    text = f"{value:,}"
    return text.translate(str.maketrans(",.", ".,")) if language == "id" else text


def knows(key: str) -> bool:
    """Whether the catalogues have a text of this key."""
    return key in catalogue("en")


def language_of(accept_language: str | None, default: str = "en") -> str:
    """The best of our languages for an `Accept-Language` header (RFC 9110, section 12.5.4)."""
    wishes = [_wish(part) for part in (accept_language or "").lower().split(",")]
    ours = [(weight, language) for weight, language in wishes if language in LANGUAGES and weight]
    return max(ours, key=lambda wish: wish[0])[1] if ours else default


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of a language by key."""
    path = Path(__file__).with_name(f"{language}.json")
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str])


def _wish(part: str) -> tuple[float, str]:
    tag, _, parameters = part.strip().partition(";")
    weight = parameters.replace(" ", "").removeprefix("q=") or "1"
    try:
        return float(weight), tag.split("-")[0].strip()
    except ValueError:
        return 0.0, tag


def _written(fact: object, language: str) -> object:
    """Whole numbers as people write them; other facts are texts already."""
    return number(fact, language) if type(fact) is int else fact
