"""Text in the letters of a PDF's own fonts, which need no font file."""

from unicodedata import combining, normalize

_ARROWS = str.maketrans({"\u25b2": "+", "\u25bc": "-"})


def printable(text: str) -> str:
    """The text in Windows-1252, which both our languages can be written in.

    Letters with other marks lose them; what remains foreign is a question mark.
    """
    simple = text.translate(_ARROWS)
    known = (one if _has(one) else _bare(one) for one in simple)
    return "".join(known).encode("cp1252", "replace").decode("cp1252")


def _bare(letter: str) -> str:
    return "".join(one for one in normalize("NFKD", letter) if not combining(one))


def _has(letter: str) -> bool:
    try:
        return bool(letter.encode("cp1252"))
    except UnicodeEncodeError:
        return False
