"""A report's timeline as one caller reads it: what happened, and what was said, in one order."""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib import cursor
from chalicelib.agencies import directory
from chalicelib.agencies.directory import Directory
from chalicelib.clock import first_id, moment
from chalicelib.people import profiles
from chalicelib.people.identity import Caller
from chalicelib.reports.comments import Comment
from chalicelib.reports.models import Report, Update, timeline
from chalicelib.reports.views import UpdateView, comment_view, update_view

Entry = Update | Comment
Place = tuple[str, str]


class UpdatesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of it."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400)] | None = None


class Updates(Struct, frozen=True):
    """A page of a report's public timeline, the oldest entry first."""

    items: list[UpdateView]
    next: str | None


def page(report: Report, query: UpdatesQuery, caller: Caller, language: str) -> Updates:
    """One page; InvalidInput when the cursor is another list's."""
    identity = ["updates", report.id]
    after = _position(cursor.unseal(identity, query.cursor)) if query.cursor else ("", "")
    found = list(islice(_entries(report, after, caller), query.limit + 1))
    shown = found[: query.limit]
    more = cursor.seal(identity, [*_place(shown[-1])]) if found[query.limit :] else None
    return Updates(_views(shown, report, caller, language), more)


def view_of(comment: Comment, report: Report, caller: Caller, language: str) -> UpdateView:
    """One comment as this caller reads it."""
    (view,) = _views([comment], report, caller, language)
    return view


def _position(of: list[str | float]) -> Place:
    at, item = of
    return str(at), str(item)


def _entries(report: Report, after: Place, caller: Caller) -> Iterator[Entry]:
    happened = (one for one in timeline(report.id) if _place(one) > after)
    said = (
        one
        for one in _comments(report, after[0])
        if _place(one) > after and one.visible_to(caller, report)
    )
    return merge(happened, said, key=_place)


def _comments(report: Report, since: str) -> Iterator[Comment]:
    first = first_id(moment(since)) if since else ""
    between = Comment.item.between(f"comment#{first}", "comment#~")
    yield from Comment.query(report.id, between, consistent_read=True)


def _place(entry: Entry) -> Place:
    return str(entry.at), str(entry.item)


def _is_named(comment: Comment) -> bool:
    # The reporter stays unnamed also where they speak under a name elsewhere; agencies and
    # moderators speak for the city.
    return bool(comment.by == "citizen" and comment.person)


def _views(
    entries: Sequence[Entry], report: Report, caller: Caller, language: str
) -> list[UpdateView]:
    subs = {str(one.person) for one in entries if isinstance(one, Comment) and _is_named(one)}
    names = profiles.names(subs) if subs else {}
    book = directory.current()
    return [_view(one, report, book, caller, names, language) for one in entries]


def _view(
    entry: Entry,
    report: Report,
    book: Directory,
    caller: Caller,
    names: dict[str, str],
    language: str,
) -> UpdateView:
    if isinstance(entry, Update):
        inside = report.is_reporter(caller) or report.in_hands_of(caller)
        return update_view(entry, book, language, inside)
    author = names.get(str(entry.person)) if _is_named(entry) else None
    return comment_view(entry, book, author, entry.is_by(caller, report))
