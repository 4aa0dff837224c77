"""Digests made by hand, for tests of what is written of them."""

from datetime import timedelta
from typing import Any

from chalicelib.places.areas import AreaIndex, AreaShape
from chalicelib.stats import content, outlines
from chalicelib.stats.content import Difference, Earlier, Part, Published, Slot
from chalicelib.stats.durations import FIX, bucket, numbers
from chalicelib.stats.figures import Backlog, Figures, change, figures, rates
from chalicelib.stats.outlines import Map
from chalicelib.stats.scopes import Scope

SUMS = {
    "submitted": 40,
    "clustered": 38,
    "followed_up": 30,
    "claimed_resolved": 20,
    "confirmed_resolved": 8,
    "judged": 25,
    "kept": 15,
    "rated5": 9,
    "rated1": 3,
    **numbers(FIX, bucket(timedelta(days=3)), 20),
}


def of(sums: dict[str, int] = SUMS) -> Figures:
    return figures(sums, Backlog(sums.get("submitted", 0) // 2))


def part(id: str, name: str, submitted: int, level: int | None = None) -> Part:
    made = of({"submitted": submitted, "followed_up": submitted // 2})
    return Part(id, name, level, made, rates(made), change(made, made))


def published(**facts: Any) -> Published:
    """A month's digest of a city of two quarters."""
    now, then = facts.pop("now", of()), facts.pop("then", of({"submitted": 25}))
    quarters = [part("melati", "Melati", 30, 2), part("kenanga", "Kenanga", 9, 2)]
    made: dict[str, Any] = {
        "city": "Kota Uji",
        "name": "Laporan bulanan",
        "period": "2026-10",
        "start": "2026-09-30T17:00:00.000Z",
        "end": "2026-10-31T17:00:00.000Z",
        "time_zone": "Asia/Jakarta",
        "scope": Scope(),
        "figures": now,
        "rates": rates(now),
        "previous": Earlier("2026-09", then, rates(then)),
        "change": change(now, then),
        "by_area": content.ranked(quarters),
        "by_agency": content.ranked([part("dinas", "Dinas Jalan", 39)]),
        "by_category": [part("sampah", "Sampah", 39)],
        "by_time": [Slot(f"2026-10-{day:02d}", day, 0, 0, 0) for day in range(1, 32)],
        "definitions": content.definitions("en"),
        "revision": 1,
        "differences": [Difference("all", "", "submitted", 39, 40)],
        **facts,
    }
    return Published(**made)


def square(west: float, south: float) -> list[list[list[tuple[float, float]]]]:
    """A polygon of a tenth of a degree with a needless corner on each side."""
    east, north = west + 0.1, south + 0.1
    ring = [(west, south), (west + 0.05, south), (east, south), (east, north), (west, north)]
    return [[[*ring, (west, south + 0.05), (west, south)]]]


def drawn(counts: dict[str, int], names: dict[str, str] | None = None) -> Map | None:
    """The map of a city of two quarters and one far island."""
    places = {"melati": (106.8, -6.2), "kenanga": (106.9, -6.2), "pulau": (106.5, -5.7)}
    whole = [part for at in places.values() for part in square(*at)]
    shapes = [AreaShape("uji", "Kota Uji", 1, None, whole)]
    shapes += [
        AreaShape(id, (names or {}).get(id, id.title()), 2, "uji", square(*at))
        for id, at in places.items()
    ]
    return outlines.drawn(AreaIndex.build(shapes), counts, None, sum(counts.values()))


def uneven(counts: dict[str, int], reports: int) -> Map | None:
    """The map of two cities, of which only one has quarters."""
    places = {"uji": (106.8, -6.2), "desa": (106.9, -6.2)}
    shapes = [AreaShape(id, id.title(), 1, None, square(*at)) for id, at in places.items()]
    shapes += [AreaShape(id, id.title(), 2, "uji", square(106.8, -6.2)) for id in ("satu", "dua")]
    return outlines.drawn(AreaIndex.build(shapes), counts, None, reports)


def enclave() -> Map | None:
    """The map of a city of two quarters, one of them within the other."""
    inner = [(106.84, -6.24), (106.86, -6.24), (106.86, -6.26), (106.84, -6.26), (106.84, -6.24)]
    outer = [(106.8, -6.2), (106.9, -6.2), (106.9, -6.3), (106.8, -6.3), (106.8, -6.2)]
    shapes = [
        AreaShape("taman", "Taman", 1, None, [[outer, inner]]),
        AreaShape("pulau", "Pulau", 1, None, [[inner]]),
    ]
    return outlines.drawn(AreaIndex.build(shapes), {"taman": 1, "pulau": 2}, None, 3)
