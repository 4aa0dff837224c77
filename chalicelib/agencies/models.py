"""Stored nouns of the directory; each is one row with its JSON body."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.settings import settings

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="lower-case slug")]
Hours = Annotated[float, Meta(gt=0, le=8760)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Bilingual(Struct, frozen=True):
    """One text for people in both languages."""

    id: Name
    en: Name

    def say(self, language: str) -> str:
        """The text in `id` or `en`."""
        return self.id if language == "id" else self.en


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer that a question of type `choice` offers."""

    id: Slug
    label: Bilingual


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """An extra question of a category (Open311: attribute)."""

    id: Slug
    type: Literal["text", "number", "choice"]
    label: Bilingual
    required: bool = False
    choices: list[Choice] = []


class Emergency(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a category takes no reports: the number to call instead."""

    number: Annotated[str, Meta(min_length=2, max_length=20)]
    message: Bilingual


class Category(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of problem (Open311: service) with its questions and service level."""

    name: Bilingual
    group: Slug
    keywords: Annotated[list[Name], Meta(max_length=50)] = []
    questions: Annotated[list[Question], Meta(max_length=30)] = []
    first_response_hours: Hours | None = None
    resolve_hours: Hours | None = None
    working_time: bool = False
    proof_required: bool = False
    duplicate_radius_m: Annotated[float, Meta(ge=1, le=1000)] = 100
    private: bool = False
    emergency: Emergency | None = None


class Agency(Struct, frozen=True, forbid_unknown_fields=True):
    """A body that acts on reports."""

    name: Name
    tier: Literal["ward", "city", "central", "external"]
    coordinator: bool = False
    email: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)] | None = None
    status_map: dict[str, str] = {}


class Route(Struct, frozen=True, forbid_unknown_fields=True):
    """Rule: a category (or `*`) in an area (or `*`) belongs to an agency."""

    category: Annotated[str, Meta(pattern=r"^(\*|[a-z0-9][a-z0-9-]{0,63})$")]
    area: Annotated[str, Meta(min_length=1, max_length=64)]
    agency: Slug


class WordList(Struct, frozen=True, forbid_unknown_fields=True):
    """Words and phrases of one language that make a text wait for a moderator."""

    words: Annotated[list[Annotated[str, Meta(min_length=1, max_length=80)]], Meta(max_length=2000)]


class Entry(Table):
    """A row of the directory: `kind` is `category`, `agency`, `route` or `word-list`."""

    class Meta:
        table_name = settings.directory_table

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class Edition(Table):
    """The one row that every change of the directory counts up: readers compare it, then reuse."""

    class Meta:
        table_name = settings.directory_table

    kind = UnicodeAttribute(hash_key=True, default="directory")
    id = UnicodeAttribute(range_key=True, default="edition")
    number = NumberAttribute(default=0)
    areas_key = UnicodeAttribute(null=True)
