"""Everything that is counted from events, and the recount that checks or replaces it."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from chalicelib.events import counters, counting, models
from chalicelib.events.counters import Counter, Editions, Numbers
from chalicelib.events.counting import Deltas, Moves, Told
from chalicelib.events.models import Envelope
from chalicelib.observability import logger
from chalicelib.reports import map_cells
from chalicelib.stats import tallies

# What each kind of counter makes of an event; an event's kinds share one marker.
KINDS: tuple[Moves, ...] = (map_cells.moves, tallies.moves)

RECOUNT_BATCH = 500
# How many events tell whether the counters have followed the log, and how long they are awaited.
NEWEST = 50
PAUSES, PAUSE_SECONDS = 120, 0.5


def count(images: Iterable[dict[str, Any]], at: datetime) -> int:
    """Count events, given as the stream's new images; says how many moved any counter anew."""
    # The edition is read after the events were written: see `rebuild`.
    edition = counters.editions().counted
    reports = filter(models.about_report, images)
    return counting.count(_told(models.of_item(image) for image in reports), edition, at)


def caught_up(at: datetime) -> bool:
    """Whether the newest events before `at` are in what is shown, those of the last hour or so."""
    return counted(moving(models.newest(at, NEWEST)))


def moving(events: Iterable[tuple[str, Envelope]]) -> list[str]:
    """The ids of those events that move any counter."""
    return [told.event_id for told in _told(events) if told.deltas]


def counted(event_ids: Collection[str]) -> bool:
    """Whether at most 100 events, each of which moves a counter, are in what is shown."""
    return set(event_ids) == counting.counted(event_ids, counters.editions().shown)


def wait(at: datetime, pause: Callable[[float], None] = time.sleep) -> bool:
    """Give the stream time to bring what happened before `at`; False when it is too slow."""
    for _ in range(PAUSES):
        if caught_up(at):
            return True
        pause(PAUSE_SECONDS)
    logger.warning("counters lag behind the log")
    return False


def rebuild(at: datetime) -> int:
    """Fill a new edition from the whole event log, then show it; says how many events moved any.

    Events go on being counted meanwhile, into the new edition. Whichever of the stream and this
    recount comes first to an event marks it, and the other leaves it out. A function that still
    counts into the old edition holds only events written before the new one began: they are read
    here. When the recount breaks off it simply begins again.
    """
    old = counters.editions()
    new = max(old.shown, old.counted) + 1
    counters.set_editions(Editions(shown=old.shown, counted=new))
    log = batched(models.everything(), RECOUNT_BATCH)
    counted = sum(counting.count(_told(part), new, at) for part in log)
    counters.set_editions(Editions(shown=new, counted=new))
    for edition in {old.shown, old.counted}:
        counters.remove(edition)
    return counted


def differences() -> dict[Counter, tuple[Numbers, Numbers]]:
    """Where what is shown is not what the event log says: (shown, by the log)."""
    shown = counters.everything(counters.editions().shown)
    right = counting.fold(told.deltas for told in _told(models.everything()))
    return {
        counter: (shown.get(counter, {}), right.get(counter, {}))
        for counter in shown.keys() | right.keys()
        if shown.get(counter) != right.get(counter)
    }


def _told(events: Iterable[tuple[str, Envelope]]) -> Iterator[Told]:
    return (Told(id, moves(envelope)) for id, envelope in events)


def moves(envelope: Envelope) -> Deltas:
    """What an event moves in all kinds of counters together."""
    return counting.fold(kind(envelope) for kind in KINDS)
