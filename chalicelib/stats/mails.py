"""A digest as a mail: the headlines in its own text, and signed links to the files."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from chalicelib import aws
from chalicelib.settings import settings
from chalicelib.stats import links as signed
from chalicelib.stats.content import Published
from chalicelib.stats.pages import HEADLINES
from chalicelib.stats.ready import LINK_SECONDS
from chalicelib.stats.wording import Wording


class Line(Struct, frozen=True):
    """A headline: its name, its value, and what the value is made of."""

    name: str
    value: str
    made_of: str


def send(
    content: Published, language: str, recipients: Iterable[str], keys: Mapping[str, str]
) -> None:
    """Mail the digest to each recipient alone: nobody sees who else gets it."""
    wording = Wording(language)
    links = {format: signed.link(key, LINK_SECONDS) for format, key in keys.items()}
    message = {
        "Subject": _part(_subject(content, wording)),
        "Body": {
            "Text": _part(plain(content, wording, links)),
            "Html": _part(html(content, wording, links)),
        },
    }
    for address in recipients:
        aws.ses().send_email(
            FromEmailAddress=settings.sender_email,
            Destination={"ToAddresses": [address]},
            Content={"Simple": message},
        )


def plain(content: Published, wording: Wording, links: Mapping[str, str]) -> str:
    """The mail for readers of plain text."""
    lines = [f"{content.city}: {content.name}", wording.period(content.period), ""]
    if not content.figures.submitted:
        lines += [wording.say("digest.nothing"), ""]
    lines += [f"{one.name}: {one.value} ({one.made_of})" for one in headlines(content, wording)]
    lines += ["", *(f"{format.upper()}: {address}" for format, address in links.items())]
    return "\n".join([*lines, "", wording.say("digest.links")]) + "\n"


def html(content: Published, wording: Wording, links: Mapping[str, str]) -> str:
    """The mail for readers of HTML: simple enough for all of their programs."""
    # Costs 25 ms of start-up, and only digests are mailed so.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = Path(__file__).with_name("mail.html.j2").read_text()
    return environment.from_string(template).render(
        content=content,
        period=wording.period(content.period),
        lines=headlines(content, wording),
        links=links,
        language=wording.language,
        say=wording.say,
    )


def headlines(content: Published, wording: Wording) -> list[Line]:
    """The headline figures, each with what it is made of."""
    return [*(_count(content, name, wording) for name in HEADLINES), *_measures(content, wording)]


def _count(content: Published, name: str, wording: Wording) -> Line:
    now, count = content.figures, getattr(content.figures, name)
    change = wording.change(count, getattr(content.previous.figures, name))
    of = wording.say("digest.of", n=wording.number(now.submitted))
    share = wording.share(count, now.submitted)
    told = [] if name == "submitted" else [f"{share} {of}" if share else of]
    return Line(wording.say(f"figure.{name}"), wording.number(count), "; ".join([*told, change]))


def _measures(content: Published, wording: Wording) -> Iterable[Line]:
    of = content.figures
    for name in ("first_response_hours", "resolve_hours"):
        spread = getattr(of, name)
        value, told = wording.hours(spread.median), wording.typical(spread)
        yield Line(wording.say(f"figure.{name}"), value, told)
    level, rated = of.service_level, of.satisfaction
    kept = wording.say(
        "digest.kept_of", kept=wording.number(level.kept), n=wording.number(level.of)
    )
    share = wording.portion(level.kept, level.of)
    yield Line(wording.say("figure.service_level"), share, kept)
    share = wording.portion(rated.satisfied, rated.n)
    yield Line(wording.say("figure.satisfaction"), share, wording.rated(rated))


def _subject(content: Published, wording: Wording) -> str:
    return wording.say(
        "digest.subject", name=content.name, period=content.period, revision=content.revision
    )


def _part(text: str) -> dict[str, Any]:
    return {"Data": text, "Charset": "UTF-8"}
