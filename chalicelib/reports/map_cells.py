"""The map's counters: which geohash cells and colours an event moves. Pure.

Cells of 3 to 6 characters count the reports that lists show, by colour. Cells of three characters
are one series; finer ones lie in series of 1,024, so that a view reads few.
"""

from chalicelib.events.counters import Counter
from chalicelib.events.counting import Deltas, fold, negative
from chalicelib.events.models import Envelope, EventData
from chalicelib.places.geohash import encode
from chalicelib.places.point import Point
from chalicelib.reports import lifecycle

PRECISIONS = (3, 4, 5, 6)
COARSEST = PRECISIONS[0]


def moves(event: Envelope) -> Deltas:
    """What the event changes on the map: its report leaves where it was for where it is now."""
    after = {} if event.type == "report.erased" else _now(event.data)
    if event.type == "report.created":
        return after
    return fold([after, negative(_before(event.data))])


def counter_of(cell: str) -> Counter:
    """Where a cell of one of the PRECISIONS is counted."""
    return series_of(cell), cell


def series_of(cell: str) -> str:
    """The series of a cell, or of the cells that begin with it."""
    return f"map{len(cell)}#{cell[: prefix_length(len(cell))]}"


def prefix_length(precision: int) -> int:
    """How many characters the cells of a series have in common."""
    return 0 if precision == COARSEST else precision - 2


def _now(data: EventData) -> Deltas:
    return _one(data.private, data.location, data.status)


def _before(data: EventData) -> Deltas:
    return _one(
        data.private if data.previous_private is None else data.previous_private,
        data.previous_location or data.location,
        data.previous_status or data.status,
    )


def _one(private: bool, location: dict[str, float], status: str) -> Deltas:
    """A report at a place in every cell around it; none when it is private."""
    if private:
        return {}
    geohash = encode(Point(**location), PRECISIONS[-1])
    colour = lifecycle.colour(status)
    return {counter_of(geohash[:precision]): {colour: 1} for precision in PRECISIONS}
