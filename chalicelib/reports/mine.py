"""The reports that a person sent with an account, the newest first."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib import cursor
from chalicelib.photos import links
from chalicelib.reports import index
from chalicelib.reports.index import Entry, ReportItem, item_of
from chalicelib.reports.listing import ReportPage


class MineQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of them."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400)] | None = None


def page(sub: str, query: MineQuery) -> ReportPage:
    """One page, private reports included; InvalidInput when the cursor is another's."""
    identity = ["mine", sub]
    before = str(cursor.unseal(identity, query.cursor)[0]) if query.cursor else "~"
    # One more than the page shows whether there is a next one; one may be where we stopped.
    found = index.newest("mine", sub, "0", before, query.limit + 2).entries
    shown, rest = found[: query.limit], found[query.limit :]
    following = cursor.seal(identity, [shown[-1].id]) if rest else None
    return ReportPage([_item(entry) for entry in shown], following)


def _item(entry: Entry) -> ReportItem:
    # Only public reports have a thumbnail.
    return item_of(entry, links.public_url(f"{entry.thumb}/240.avif") if entry.thumb else None)
