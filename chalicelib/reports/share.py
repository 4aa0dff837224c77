"""A report as a page that can be shared: plain HTML with the data of Open Graph and Twitter cards.

The text of people goes into it escaped; the page runs no scripts and loads nothing but its picture.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from chalicelib import texts
from chalicelib.agencies import directory
from chalicelib.clock import moment
from chalicelib.photos import links
from chalicelib.reports import lifecycle
from chalicelib.reports.models import Report
from chalicelib.settings import settings
from chalicelib.texts import city_form
from chalicelib.visible import visible

if TYPE_CHECKING:
    from jinja2 import Template

SUMMARY_LENGTH = 200
LOCALES = {"id": "id_ID", "en": "en_GB"}


class Card(Struct, frozen=True):
    """What a page shows of a report, in the words of one language."""

    url: str
    number: str
    title: str
    summary: str
    description: str
    category: str
    status: str
    colour: str
    reason: str | None
    place: str
    sent: str
    support_count: int
    comment_count: int
    image: str | None


def page(report: Report, language: str) -> str:
    """The HTML of a report; one that is withheld gets no picture, for its pictures are private."""
    said = {
        name: texts.say(f"share.{name}", language, **facts)
        for name, facts in _sentences(report).items()
    }
    return _template().render(
        card=card(report, language),
        said=said,
        city=settings.city_name,
        language=language,
        locale=LOCALES[language],
        other=next(locale for name, locale in LOCALES.items() if name != language),
    )


def headers(report: Report) -> dict[str, str]:
    """What goes along: nobody keeps the page of a withheld report, nobody frames or runs any."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(settings.photos_url))
    policy = f"default-src 'none'; img-src {origin}; style-src 'unsafe-inline'; base-uri 'none'"
    return {
        "Cache-Control": "no-store" if report.withheld else "public, max-age=60",
        "Content-Security-Policy": f"{policy}; form-action 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Language, Authorization, x-tracking-code",
    }


def card(report: Report, language: str) -> Card:
    """The report in the words of a language; nothing in it says who sent it."""
    book = directory.current()
    category = book.categories.get(report.category)
    reason = book.reason_text(report.status, report.reason, language)
    image = links.public_url(f"{report.thumb}/640.jpg") if report.thumb else None
    return Card(
        url=f"{settings.public_url}/v1/reports/{report.id}/share",
        number=report.number,
        title=report.title,
        summary=_cut(report.description),
        description=report.description,
        category=category.name.say(language) if category else report.category,
        status=texts.say(f"share.status.{report.status}", language),
        colour=lifecycle.colour(report.status),
        reason=visible(reason) if reason else None,
        place=", ".join(area.name for area in reversed(report.chain)),
        sent=city_form.local_day(moment(report.created_at), language),
        support_count=int(report.support_count or 0),
        comment_count=int(report.comment_count or 0),
        image=None if report.withheld else image,
    )


def _sentences(report: Report) -> dict[str, dict[str, object]]:
    return {
        "site": {"city": settings.city_name},
        "supports": {"count": int(report.support_count or 0)},
        "comments": {"count": int(report.comment_count or 0)},
        "picture": {},
    }


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY_LENGTH else f"{line[: SUMMARY_LENGTH - 1]}…"


@cache
def _template() -> "Template":
    # Jinja2 takes tens of milliseconds to import, and few calls make a page.
    from jinja2 import Environment, StrictUndefined

    source = Path(__file__).with_name("share.html.j2").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
