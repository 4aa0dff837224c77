"""What a person tells of themselves: the name to be shown, if there is to be one."""

from collections.abc import Set
from itertools import batched

from pynamodb.attributes import UnicodeAttribute

from chalicelib.agencies import directory
from chalicelib.aws import Table
from chalicelib.errors import Fault, Unprocessable
from chalicelib.moderation import word_lists
from chalicelib.moderation.plain_text import plain
from chalicelib.settings import settings


class Profile(Table):
    """What an account has chosen; an account without a row has chosen nothing."""

    class Meta:
        table_name = settings.people_table

    person = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="profile")
    display_name = UnicodeAttribute(null=True)


def profile_of(sub: str) -> Profile:
    """The account's profile, or an empty one."""
    return Profile.seek(sub, "profile") or Profile(sub)


def rename(sub: str, name: str | None) -> Profile:
    """Show this name beside what the person says, or none again; Unprocessable for a bad one."""
    profile = Profile(sub)
    action = Profile.display_name.remove() if name is None else Profile.display_name.set(_own(name))
    profile.update([action])
    return profile


def names(subs: Set[str]) -> dict[str, str]:
    """The display names of those accounts that have chosen one."""
    return {
        profile.person: profile.display_name
        for some in batched(sorted(subs), 100)
        for profile in Profile.batch_get([(sub, "profile") for sub in some])
        if profile.display_name
    }


def _own(name: str) -> str:
    """The name as plain text of one line, no listed word in it, and nobody else's office."""
    kept = " ".join(plain(name, "display_name").split())
    book = directory.current()
    offices = [settings.city_name, *(one.name for one in book.agencies.values())]
    if kept.casefold() in [one.casefold() for one in offices] or word_lists.found(kept, book):
        raise Unprocessable(Fault("display_name", "fault.name_taken"))
    return kept
