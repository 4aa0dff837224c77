"""HTTP of reputation: who has most points in an area and month, of those who show a name."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.people import profiles
from chalicelib.reputation.models import Tally, tally_of
from chalicelib.settings import settings
from chalicelib.web import Routes

routes = Routes(__name__, "reputation")

SHOWN = 20


class BoardQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which area, and which month (`2026-11`); the current one unless said."""

    area: Annotated[str, Meta(min_length=1, max_length=64)]
    month: Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])\Z")] | None = None


class Place(Struct, frozen=True):
    """A person by the name they chose; those with equal points share a rank."""

    rank: int
    display_name: str
    points: int


class Board(Struct, frozen=True):
    """The first 20 who show a name. Ranks count them only; agencies' staff gets no points."""

    area: str
    month: str
    items: list[Place]
    next: None = None


@routes.get("/v1/leaderboard")
def show_leaderboard(query: BoardQuery) -> Board:
    """Who has most points for confirmed reports in an area and month."""
    month = query.month or clock.now().astimezone(settings.time_zone).strftime("%Y-%m")
    points = {
        str(row.item): int(row.points)
        for row in Tally.query(tally_of(query.area, month))
        if row.points > 0
    }
    names = profiles.names(points.keys())
    best = sorted(names, key=lambda sub: (-points[sub], names[sub].casefold()))[:SHOWN]
    return Board(query.area, month, _places([(names[sub], points[sub]) for sub in best]))


def _places(best: list[tuple[str, int]]) -> list[Place]:
    order = [points for _, points in best]
    return [Place(order.index(points) + 1, name, points) for name, points in best]
