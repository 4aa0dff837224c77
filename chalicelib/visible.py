"""Names as people see them: without characters that are not seen, or that turn others around."""

from unicodedata import category

NOTHING = "\ufffd"
"""What stands for a text of which nothing can be seen."""
# Controls, formats (right-to-left overrides, zero widths), surrogates, private use, unassigned.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))


def visible(text: str) -> str:
    """The text in one line: white space is one blank, what cannot be seen is left out."""
    seen = "".join(one for one in text if one.isspace() or category(one) not in _UNSEEN)
    return " ".join(seen.split()) or NOTHING
