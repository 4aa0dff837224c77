"""Puts the demo city into a running system by its public HTTP API. Doing it twice adds nothing."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.client import Client, Person, Tokens
from infra.demo import pictures
from infra.demo.story import Artist, Storyteller

type Progress = Callable[[int, int, str], None]  # steps done, steps in all, what was done

HERE = Path(__file__).parent
NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.org/teluk-kirana")
ADMIN = Person("admin", "demo-admin")
SIDE_BY_SIDE = 4  # reports at a time


def seed(
    base_url: str,
    tokens: Tokens,
    progress: Progress,
    now: datetime | None = None,
    pause: Callable[[float], None] = time.sleep,
    artist: Artist = pictures,
) -> None:
    """Directory first, then all reports, then what became of each.

    Raises client.Refused at the first refusal. `now` is the time that `hours_ago` counts from.
    """
    client = Client(base_url, tokens, SIDE_BY_SIDE)
    reports, directory = load("reports"), list(_directory())
    tick = _Ticker(progress, len(directory) + 2 * len(reports))
    for path, body in directory:
        client.call("PUT", path, ADMIN, body)
        tick("directory")
    _Reports(client, reports, now or datetime.now(UTC), artist, tick).run(pause)


def load(name: str) -> Any:
    """A file beside this one: `city`, `categories`, `agencies`, `routes` or `reports`."""
    file = HERE / ("city.geojson" if name == "city" else f"{name}.json")
    return json.loads(file.read_text(encoding="utf-8"))


def _directory() -> Iterator[tuple[str, Any]]:
    """Path and body of every PUT, in an order in which each names only what is already there."""
    yield "/v1/admin/areas", load("city")
    for kind in ("agencies", "categories", "routes"):
        for slug, body in load(kind).items():
            yield f"/v1/admin/{kind}/{slug}", body


class _Ticker:
    """Counts steps from several threads and tells `progress`, one at a time."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        self._lock = threading.Lock()

    def __call__(self, what: str) -> None:
        with self._lock:
            self._done += 1
            self._progress(self._done, self._total, what)


@dataclass
class _Reports:
    """Sends all reports, then tells their stories: a duplicate needs the id of its original."""

    client: Client
    reports: list[dict[str, Any]]
    now: datetime
    artist: Artist
    tick: Callable[[str], None]

    def run(self, pause: Callable[[float], None]) -> None:
        everyone = range(len(self.reports))
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            ids = list(pool.map(self._send, everyone))
            teller = Storyteller(self.client, ids, self.artist, pause)
            for _ in pool.map(lambda n: self._follow(teller, n), everyone):
                pass

    def _send(self, n: int) -> str:
        """The id of report `n`, sent now or by an earlier seeding."""
        known = self.client.call("GET", "/v1/me/reports", citizen(n))["items"]
        id = known[0]["id"] if known else self._sent(n, self.reports[n])
        self.tick("reports")
        return str(id)

    def _sent(self, n: int, report: dict[str, Any]) -> str:
        answer = self.client.call("POST", "/v1/reports", citizen(n), self._body(n, report))
        for slot in answer["uploads"]:
            self.client.upload(slot, self.artist.draw(report["category"], report["photo"]))
        return str(answer["id"])

    def _body(self, n: int, report: dict[str, Any]) -> dict[str, Any]:
        fields = ("category", "description", "location", "address", "answers")
        seen = self.now - timedelta(hours=report["hours_ago"])
        return {
            **{field: report[field] for field in fields if field in report},
            "photos": 0 if report["photo"] is None else 1,
            "client_id": str(uuid.uuid5(NAMES, f"report {n}")),
            "observed_at": seen.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }

    def _follow(self, teller: Storyteller, n: int) -> None:
        teller.tell(self.reports[n], n, citizen(n))
        self.tick("stories")


def citizen(n: int) -> Person:
    """Each report has its own reporter, whose list of reports holds this one and no other."""
    return Person("citizen", f"demo-citizen-{n:02d}")
