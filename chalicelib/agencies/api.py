"""HTTP of the directory: public categories and areas, and their upkeep by administrators."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.agencies import directory, entries, removal, status_maps
from chalicelib.agencies.models import Agency, Category, CityTime, Route, WordList, WorkingHours
from chalicelib.errors import Fault, NotInDirectory, Unprocessable
from chalicelib.web import Routes

routes = Routes(__name__, "directory")


class CategoryOut(Category, frozen=True, kw_only=True):
    """A category with its id."""

    id: str


class CategoryList(Struct, frozen=True):
    """All categories of the city."""

    items: list[CategoryOut]
    next: None = None


class AgencyOut(Agency, frozen=True, kw_only=True):
    """An agency with its id."""

    id: str


class AgencyList(Struct, frozen=True):
    """All agencies of the city."""

    items: list[AgencyOut]
    next: None = None


class RouteOut(Route, frozen=True, kw_only=True):
    """A route with its id."""

    id: str


class RouteList(Struct, frozen=True):
    """All routes of the city."""

    items: list[RouteOut]
    next: None = None


class WordListOut(WordList, frozen=True, kw_only=True):
    """A word list; `id` is its language."""

    id: str


class WordLists(Struct, frozen=True):
    """The word lists of all languages."""

    items: list[WordListOut]
    next: None = None


class Holidays(Struct, frozen=True, forbid_unknown_fields=True):
    """Days without work, the first one first."""

    dates: Annotated[list[date], Meta(max_length=1000)]


@routes.get("/v1/categories")
def list_categories() -> CategoryList:
    """All categories with their questions and service levels, in both languages."""
    return CategoryList(entries.listed(directory.current().categories, CategoryOut))


@routes.put("/v1/admin/holidays")
def put_holidays(body: Holidays) -> Holidays:
    """Set the days on which nobody works; for clocks that are set from now on."""
    dates = sorted(set(body.dates))
    directory.put("time", "holidays", CityTime(dates=dates))
    return Holidays(dates)


@routes.get("/v1/admin/holidays")
def show_holidays() -> Holidays:
    """The days on which nobody works."""
    return Holidays(directory.current().holidays)


@routes.delete("/v1/admin/holidays", status=204)
def delete_holidays() -> None:
    """Have no holidays."""
    directory.remove("time", "holidays")


@routes.put("/v1/admin/working-hours")
def put_working_hours(body: WorkingHours) -> WorkingHours:
    """Set when the city works in a usual week; for clocks that are set from now on."""
    directory.put("time", "working-hours", CityTime(hours=body))
    return body


@routes.get("/v1/admin/working-hours")
def show_working_hours() -> WorkingHours:
    """When the city works in a usual week."""
    return directory.current().working_hours


@routes.delete("/v1/admin/working-hours", status=204)
def delete_working_hours() -> None:
    """Go back to eight hours from Monday to Friday."""
    directory.remove("time", "working-hours")


@routes.get("/v1/admin/agencies")
def list_agencies() -> AgencyList:
    """All agencies."""
    return AgencyList(entries.listed(directory.current().agencies, AgencyOut))


@routes.get("/v1/admin/routes")
def list_routes() -> RouteList:
    """All routes."""
    return RouteList(entries.listed(directory.current().routes, RouteOut))


@routes.put("/v1/admin/categories/{id}")
def put_category(id: str, body: Category) -> CategoryOut:
    """Create or replace a category."""
    return entries.put("category", id, body, CategoryOut)


@routes.put("/v1/admin/agencies/{id}", problems=(Unprocessable,))
def put_agency(id: str, body: Agency) -> AgencyOut:
    """Create or replace an agency; every code of its status map must lead somewhere.

    A city has one coordinator: another one is refused while there is one.
    """
    book = directory.current()
    faults = status_maps.faults(body.status_map, book.reasons)
    if body.coordinator and book.coordinator not in (None, id):
        faults.append(Fault("coordinator", "fault.coordinator", {"agency": book.coordinator}))
    if faults:
        raise Unprocessable(*faults)
    return entries.put("agency", id, body, AgencyOut)


@routes.put("/v1/admin/routes/{id}", problems=(Unprocessable,))
def put_route(id: str, body: Route) -> RouteOut:
    """Create or replace a route; category, area and agency must be in the directory, or `*`."""
    book = directory.current()
    known_areas = {shape.id for shape in book.areas.shapes()}
    checks = [
        ("category", body.category == "*" or body.category in book.categories),
        ("area", body.area == "*" or body.area in known_areas),
        ("agency", body.agency in book.agencies),
    ]
    if faults := [Fault(field, "fault.not_in_directory") for field, known in checks if not known]:
        raise Unprocessable(*faults)
    return entries.put("route", id, body, RouteOut)


@routes.get("/v1/admin/categories/{id}", problems=(NotInDirectory,))
def show_category(id: str) -> CategoryOut:
    """One category."""
    return entries.one(directory.current().categories, id, CategoryOut)


@routes.get("/v1/admin/agencies/{id}", problems=(NotInDirectory,))
def show_agency(id: str) -> AgencyOut:
    """One agency."""
    return entries.one(directory.current().agencies, id, AgencyOut)


@routes.get("/v1/admin/routes/{id}", problems=(NotInDirectory,))
def show_route(id: str) -> RouteOut:
    """One route."""
    return entries.one(directory.current().routes, id, RouteOut)


@routes.delete("/v1/admin/categories/{id}", status=204, problems=(Unprocessable,))
def delete_category(id: str) -> None:
    """Delete a category that no route names and no open report has."""
    _unused(removal.faults_of_category(id))
    directory.remove("category", id)


@routes.delete("/v1/admin/agencies/{id}", status=204, problems=(Unprocessable,))
def delete_agency(id: str) -> None:
    """Delete an agency that has no open report, also none escalated to it, no route and no key."""
    _unused(removal.faults_of_agency(id))
    directory.remove("agency", id)


@routes.delete("/v1/admin/routes/{id}", status=204)
def delete_route(id: str) -> None:
    """Delete a route."""
    directory.remove("route", id)


@routes.get("/v1/admin/word-lists")
def list_word_lists() -> WordLists:
    """All word lists: what has one of their words waits for a moderator."""
    return WordLists(entries.listed(directory.current().word_lists, WordListOut))


@routes.put("/v1/admin/word-lists/{id}")
def put_word_list(id: str, body: WordList) -> WordListOut:
    """Create or replace the word list of a language."""
    return entries.put("word-list", id, body, WordListOut)


@routes.get("/v1/admin/word-lists/{id}", problems=(NotInDirectory,))
def show_word_list(id: str) -> WordListOut:
    """The word list of a language."""
    return entries.one(directory.current().word_lists, id, WordListOut)


@routes.delete("/v1/admin/word-lists/{id}", status=204)
def delete_word_list(id: str) -> None:
    """Delete the word list of a language."""
    directory.remove("word-list", id)


def _unused(faults: list[Fault]) -> None:
    if faults:
        raise Unprocessable(*faults)
