"""Stored nouns of the directory; each is one row with its JSON body."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import Table
from chalicelib.settings import settings
from chalicelib.working_time import Span

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\Z", description="lower-case slug")]
Hours = Annotated[float, Meta(gt=0, le=8760)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


AREAS = "areas"


class Bilingual(Struct, frozen=True):
    """One text for people in both languages."""

    id: Name
    en: Name

    def say(self, language: str) -> str:
        """The text in `id` or `en`."""
        return self.id if language == "id" else self.en


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer that a question with a list offers."""

    id: Slug
    label: Bilingual


QuestionType = Literal[
    "string", "text", "number", "datetime", "singlevaluelist", "multivaluelist", "choice"
]
LISTS = ("singlevaluelist", "multivaluelist", "choice")


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """An extra question of a category (Open311: attribute, whose datatypes these are).

    `choice` is another word for `singlevaluelist`.
    """

    id: Slug
    type: QuestionType
    label: Bilingual
    required: bool = False
    choices: Annotated[list[Choice], Meta(max_length=200)] = []

    def __post_init__(self) -> None:
        """ValueError unless a list has choices, each once, and nothing else has any."""
        if bool(self.choices) != (self.type in LISTS):
            raise ValueError("fault.choices")
        if len({choice.id for choice in self.choices}) < len(self.choices):
            raise ValueError("fault.same_id")


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

    def __post_init__(self) -> None:
        """ValueError when two questions have the same id."""
        if len({question.id for question in self.questions}) < len(self.questions):
            raise ValueError("fault.same_id")


class PublicText(Struct, frozen=True, forbid_unknown_fields=True):
    """What the public is told, in both languages; `{number}` and `{agency}` are filled in."""

    id: Annotated[str, Meta(min_length=1, max_length=2000)]
    en: Annotated[str, Meta(min_length=1, max_length=2000)]


class Template(Struct, frozen=True, forbid_unknown_fields=True):
    """A ready answer: of one agency, or for all."""

    name: Name
    text: PublicText
    agency: Slug | None = None


class ReasonText(Struct, frozen=True, forbid_unknown_fields=True):
    """What a reason code says to the public of a closed report."""

    text: Bilingual


class Reason(ReasonText, frozen=True):
    """A reason code of the city: since `retired_at` no report is closed with it any more."""

    retired_at: str | None = None


class Meaning(Struct, frozen=True, forbid_unknown_fields=True):
    """What an agency's code means: a status, with its reason, and a text for the public."""

    status: Name
    reason: Name | None = None
    text: PublicText | None = None


Code = Annotated[str, Meta(min_length=1, max_length=64)]
StatusMap = Annotated[dict[Code, Meaning | str], Meta(max_length=200)]


class Agency(Struct, frozen=True, forbid_unknown_fields=True):
    """A body that acts on reports."""

    name: Name
    tier: Literal["ward", "city", "central", "external"]
    coordinator: bool = False
    email: Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\Z", max_length=254)] | None = None
    status_map: StatusMap = {}


class Route(Struct, frozen=True, forbid_unknown_fields=True):
    """Rule: a category (or `*`) in an area (or `*`) belongs to an agency."""

    category: Annotated[str, Meta(pattern=r"^(\*|[a-z0-9][a-z0-9-]{0,63})\Z")]
    area: Annotated[str, Meta(min_length=1, max_length=64)]
    agency: Slug


class WordList(Struct, frozen=True, forbid_unknown_fields=True):
    """Words and phrases of one language that make a text wait for a moderator."""

    words: Annotated[list[Annotated[str, Meta(min_length=1, max_length=80)]], Meta(max_length=2000)]


_HOUR = r"([01][0-9]|2[0-3]):[0-5][0-9]"
FromTo = Annotated[str, Meta(pattern=rf"^{_HOUR}-({_HOUR}|24:00)\Z", description="as 08:00-16:00")]
DayHours = Annotated[list[FromTo], Meta(max_length=12)]


class WorkingHours(Struct, frozen=True, forbid_unknown_fields=True):
    """When the city works in a usual week, as `08:00-16:00`; on all other days it does not."""

    monday: DayHours = []
    tuesday: DayHours = []
    wednesday: DayHours = []
    thursday: DayHours = []
    friday: DayHours = []
    saturday: DayHours = []
    sunday: DayHours = []

    def __post_init__(self) -> None:
        """ValueError unless a day's hours follow one another, and there are some in the week."""
        for hours in self.week():
            edges = [edge for span in hours for edge in span]
            if not all(before < edge for before, edge in pairwise(edges)):
                raise ValueError("fault.hours_order")
        if not any(self.week()):
            raise ValueError("fault.no_hours")

    def week(self) -> tuple[tuple[Span, ...], ...]:
        """The spans of each day, Monday first."""
        return tuple(
            tuple(_span(hours) for hours in getattr(self, day)) for day in self.__struct_fields__
        )


class CityTime(Struct, frozen=True):
    """A row of kind `time`: the holidays, or the working hours."""

    dates: list[date] | None = None
    hours: WorkingHours | None = None


def _span(hours: str) -> Span:
    opens, closes = (
        timedelta(hours=int(edge[:2]), minutes=int(edge[3:])) for edge in hours.split("-")
    )
    return opens, closes


class Entry(Table):
    """A row of the directory: `kind` is one of `directory.KINDS`."""

    class Meta:
        table_name = settings.directory_table

    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class AreasVersion(Table):
    """One version of the city's areas: `key` names the immutable object that holds them."""

    class Meta:
        table_name = settings.directory_table

    kind = UnicodeAttribute(hash_key=True, default=AREAS)
    id = UnicodeAttribute(range_key=True)
    key = UnicodeAttribute()
    at = UnicodeAttribute()
    areas = NumberAttribute()


class Edition(Table):
    """The one row that every change of the directory counts up: readers compare it, then reuse."""

    class Meta:
        table_name = settings.directory_table

    kind = UnicodeAttribute(hash_key=True, default="directory")
    id = UnicodeAttribute(range_key=True, default="edition")
    number = NumberAttribute(default=0)
    areas_key = UnicodeAttribute(null=True)
    changed_at = UnicodeAttribute(null=True)
