"""A digest as a mail."""

from typing import TYPE_CHECKING

from chalicelib.stats.figures import COUNTS, RATES
from chalicelib.stats.wording import Wording

if TYPE_CHECKING:
    from chalicelib.stats.digests import Published


def plain(content: "Published", language: str) -> str:
    """The counts, one a line, for readers of plain mail."""
    wording, submitted = Wording(language), content.figures.submitted
    lines = [f"{content.city}: {content.name}, {wording.period(content.period)}", ""]
    for name in COUNTS:
        count = getattr(content.figures, name)
        share = wording.share(count, submitted) if name in RATES else None
        line = f"{wording.say(f'figure.{name}')}: {wording.number(count)}"
        lines.append(f"{line} ({share})" if share else line)
    return "\n".join(lines) + "\n"
