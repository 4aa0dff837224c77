"""Which reports a figure is about, and in which rows of counters they are added up.

Every scope without an area, and every area as a whole, has rows of its own. Within an area the
reports of each category and agency have theirs, from which scopes of an area with an agency or a
category are added up: that is half as many writes as rows for all of them.
"""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from chalicelib.stats.accounts import Account


class Place(NamedTuple):
    """A series of counters, and the end that the ids of its rows have: empty, or a pair's."""

    series: str
    end: str


class Scope(Struct, frozen=True):
    """The reports that are now in this area, agency and category; None admits all."""

    area: str | None = None
    agency: str | None = None
    category: str | None = None

    @property
    def series(self) -> str:
        """The series of the rows that it is read from."""
        if self.area and (self.agency or self.category):
            return f"pairs#{self.area}"
        # Ids of the directory are slugs; an area's is any text, so it comes last.
        return f"figures#{self.category or '-'}|{self.agency or '-'}|{self.area or ''}"

    def admits(self, end: str) -> bool:
        """Whether the rows of its series with this end belong to it."""
        category, _, agency = end.partition("|")
        return not end or (self.category in (None, category) and self.agency in (None, agency))


def places_of(account: Account) -> Iterator[Place]:
    """Everywhere that the report is added up."""
    for agency in {None, account.agency_id}:
        for category in (None, account.category):
            yield Place(Scope(None, agency, category).series, "")
    for area in account.areas:
        yield Place(Scope(area.id).series, "")
        pair = f"{account.category}|{account.agency_id or '-'}"
        yield Place(Scope(area.id, category=account.category).series, pair)
