"""Everything that is counted from events, and the recount that checks or replaces it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from chalicelib.events import counters, counting, models
from chalicelib.events.counters import Counter, Editions, Numbers
from chalicelib.events.counting import Deltas, Moves, Told
from chalicelib.events.models import Envelope
from chalicelib.reports import map_cells

# What each kind of counter makes of an event; an event's kinds share one marker.
KINDS: tuple[Moves, ...] = (map_cells.moves,)

RECOUNT_BATCH = 500


def count(images: Iterable[dict[str, Any]], at: datetime) -> int:
    """Count events, given as the stream's new images; says how many moved any counter anew."""
    # The edition is read after the events were written: see `rebuild`.
    edition = counters.editions().counted
    return counting.count(_told(models.of_item(image) for image in images), edition, at)


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
    return (Told(id, _moves(envelope)) for id, envelope in events)


def _moves(envelope: Envelope) -> Deltas:
    return counting.fold(kind(envelope) for kind in KINDS)
