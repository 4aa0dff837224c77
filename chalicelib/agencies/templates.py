"""Response templates: what agencies answer again and again, in both languages.

`{number}` and `{agency}` in a text stand for the report's number and the agency's name.
"""

from collections.abc import Mapping
from string import Formatter

from chalicelib.agencies.models import PublicText, Template
from chalicelib.errors import Fault

PLACEHOLDERS = ("number", "agency")


def faults(text: PublicText, field: str) -> list[Fault]:
    """What of a text cannot be filled, in the language where it is."""
    allowed: dict[str, object] = {"allowed": ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)}
    return [
        Fault(f"{field}.{language}", "fault.placeholder", allowed)
        for language in ("id", "en")
        if not _fillable(getattr(text, language))
    ]


def filled(text: PublicText, number: str, agency: str) -> dict[str, str]:
    """The text in both languages, about this report."""
    facts = {"number": number, "agency": agency}
    return {"id": text.id.format(**facts), "en": text.en.format(**facts)}


def usable(templates: Mapping[str, Template], agency: str | None) -> dict[str, Template]:
    """Those for all agencies, and those of this one, by id."""
    return {id: one for id, one in templates.items() if one.agency in (None, agency)}


def _fillable(text: str) -> bool:
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return False
    # Nothing but the plain names: a format can be asked to be a gigabyte long.
    return all(
        name is None or (name in PLACEHOLDERS and not spec and not conversion)
        for _, name, spec, conversion in parts
    )
