"""Which reports a figure is about: an area, an agency, a category, or any of these together."""

from collections.abc import Iterator

from msgspec import Struct

from chalicelib.stats.accounts import Account


class Scope(Struct, frozen=True):
    """The reports that are now in this area, agency and category; None admits all."""

    area: str | None = None
    agency: str | None = None
    category: str | None = None

    @property
    def series(self) -> str:
        """The series of its counters."""
        # Ids of the directory are slugs; an area's is any text, so it comes last.
        return f"figures#{self.category or '-'}|{self.agency or '-'}|{self.area or ''}"


def scopes_of(account: Account) -> Iterator[Scope]:
    """All scopes that admit the report: each area it lies in or none, with and without the rest."""
    for area in (None, *(one.id for one in account.areas)):
        for agency in {None, account.agency_id}:
            for category in (None, account.category):
                yield Scope(area, agency, category)
