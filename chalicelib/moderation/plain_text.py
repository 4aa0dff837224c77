"""What people write, as plain text: nothing in it is ever interpreted, and nothing hides in it.

Markup stays the text it is. Invisible characters go: the zero-width space, the word joiner, the
byte order mark, the soft hyphen; joiners (U+200C, U+200D) stay only between two characters, where
emoji and scripts need them. Control characters, and those that override the direction of what
follows them (Unicode TR 36, section 2.2), are refused: nobody types them by accident.
"""

import re

from chalicelib.errors import Fault, Unprocessable

_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u180e]")
_LONE_JOINERS = re.compile("(?:(?<=\\s)|^)[\u200c\u200d]+|[\u200c\u200d]+(?=\\s|$|[\u200c\u200d])")
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str, field: str) -> str:
    """The text as it is stored; Unprocessable, naming the field, for what cannot be."""
    if found := faults(text, field):
        raise Unprocessable(*found)
    return clean(text)


def faults(text: str, field: str) -> list[Fault]:
    """What speaks against the text: characters that nobody types, or nothing to be seen."""
    if _REFUSED.search(_unix(text)):
        return [Fault(field, "fault.characters")]
    return [] if clean(text) else [Fault(field, "fault.blank")]


def clean(text: str) -> str:
    """The text without what cannot be seen, and without space around it."""
    return _LONE_JOINERS.sub("", _INVISIBLE.sub("", _unix(text))).strip()


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")
