"""Word lists: a text with a listed word or phrase waits for a moderator.

Texts and words are compared as their skeletons: compatibility forms, case, accents and joiners
do not count, and words stand between anything that is no letter or digit.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from chalicelib.agencies.directory import Directory

_NO_WORD = re.compile(r"[^\w]|_")


def found(text: str, book: Directory) -> list[str]:
    """The listed words that are in the text, of whatever language it may be, in their order."""
    lists = tuple(tuple(one.words) for one in book.word_lists.values())
    spaced = f" {_skeleton(text)} "
    return [word for word, skeleton in _skeletons(lists) if f" {skeleton} " in spaced]


@lru_cache(maxsize=2)
def _skeletons(lists: tuple[tuple[str, ...], ...]) -> list[tuple[str, str]]:
    words: Iterable[str] = sorted({word for words in lists for word in words})
    pairs = [(word, _skeleton(word)) for word in words]
    return [(word, skeleton) for word, skeleton in pairs if skeleton]


def _skeleton(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(one for one in apart if unicodedata.category(one) not in ("Mn", "Me", "Cf"))
    return " ".join(_NO_WORD.sub(" ", bare).split())
