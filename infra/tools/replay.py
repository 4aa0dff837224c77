"""`make replay`: sends the reports of a file through the public API, as citizens would.

python -m infra.tools.replay --file reports.geojson [--map mapping.yaml] [--rate 20] [--photos DIR]
"""

import argparse
import mimetypes
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from uuid import UUID

from tqdm import tqdm

from infra.client import Client, Refused
from infra.tools import mapping, records

CONNECTIONS = 8
PHOTO_SECONDS = 120


@dataclass
class Picture:
    """A photo that goes along with a report."""

    name: str
    body: bytes
    media_type: str


@dataclass
class Summary:
    """What became of a file's records; `milliseconds` are those of each accepted POST."""

    accepted: list[str] = field(default_factory=list)
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    photos: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """The summary for people."""
        sent = len(self.accepted) + self.repeated
        rate = sent / self.seconds if self.seconds else 0.0
        lines = [f"accepted  {len(self.accepted):,}"]
        if self.repeated:
            lines.append(f"known     {self.repeated:,} (sent by an earlier replay)")
        lines.append(f"refused   {self.refused.total():,}")
        lines += [f"          {count:,} x {why}" for why, count in self.refused.most_common()]
        lines += [f"photos    {count:,} x {what}" for what, count in self.photos.most_common()]
        lines.append(f"time      {self.seconds:.1f} s, {rate:.1f} reports/s")
        if self.milliseconds:
            p50, p99 = quantile(self.milliseconds, 0.5), quantile(self.milliseconds, 0.99)
            lines.append(f"answer    p50 {p50:.0f} ms, p99 {p99:.0f} ms")
        return lines


def quantile(values: list[float], share: float) -> float:
    """Nearest rank: the least value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def replay(
    client: Client,
    found: list[mapping.Record],
    rules: dict[str, mapping.Rule],
    *,
    rate: float | None = None,
    run: str = "",
    pictures: Iterable[Picture] = (),
    tick: Callable[[], object] = lambda: None,
) -> Summary:
    """Send every record once, at most `rate` a second; the first ones take the pictures along."""
    sender = _Sender(client, rules, rate, tick)
    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in pool.map(
            sender.send, records.identified(found, run), chain(pictures, repeat(None))
        ):
            pass
    sender.summary.seconds = time.perf_counter() - started
    sender.await_photos()
    return sender.summary


class _Sender:
    """One replay: what is still to go along, and what has come back."""

    def __init__(
        self,
        client: Client,
        rules: dict[str, mapping.Rule],
        rate: float | None,
        tick: Callable[[], object],
    ) -> None:
        self.client, self.rules, self.tick = client, rules, tick
        self.summary, self.uploaded = Summary(), list[tuple[str, str]]()
        self._interval = 1 / rate if rate else 0.0
        self._next, self._lock = time.perf_counter(), threading.Lock()

    def send(self, identified: tuple[UUID, mapping.Record], picture: Picture | None) -> None:
        id, record = identified
        self._wait()
        try:
            self._post({**mapping.report(record, self.rules), "client_id": str(id)}, picture)
        except Refused as refused:
            with self._lock:
                self.summary.refused.update(refused.reasons)
        except (ValueError, TypeError, KeyError) as error:
            with self._lock:
                self.summary.refused[f"unreadable: {error}"] += 1
        self.tick()

    def _wait(self) -> None:
        """Until this record's turn has come: starts are spread evenly, whatever each takes."""
        with self._lock:
            turn = max(self._next, time.perf_counter())
            self._next = turn + self._interval
        time.sleep(max(0.0, turn - time.perf_counter()))

    def _post(self, body: dict[str, Any], picture: Picture | None) -> None:
        started = time.perf_counter()
        answer = self.client.ask(
            "POST", "/v1/reports", None, {**body, "photos": int(bool(picture))}
        )
        took = 1000 * (time.perf_counter() - started)
        report = answer.content
        with self._lock:
            if answer.headers.get("idempotent-replayed"):
                self.summary.repeated += 1
            else:
                self.summary.accepted.append(report["id"])
                self.summary.milliseconds.append(took)
        if picture and report["uploads"]:
            self._upload(report, picture)

    def _upload(self, report: dict[str, Any], picture: Picture) -> None:
        try:
            self.client.upload(report["uploads"][0], picture.body, picture.media_type)
        except Refused as refused:
            with self._lock:
                self.summary.photos[
                    f"{picture.name}: not taken by the store ({refused.status})"
                ] += 1
        else:
            with self._lock:
                self.uploaded.append((report["id"], picture.name))

    def await_photos(self) -> None:
        """Until each uploaded photo is ready or rejected."""
        end = time.monotonic() + PHOTO_SECONDS
        for report_id, name in self.uploaded:
            photo = self._photo(report_id)
            while photo["state"] == "waiting" and time.monotonic() < end:
                time.sleep(0.2)
                photo = self._photo(report_id)
            why = f" ({photo['reason']}, {name})" if photo["reason"] else ""
            self.summary.photos[photo["state"] + why] += 1

    def _photo(self, report_id: str) -> dict[str, Any]:
        photo: dict[str, Any] = self.client.call("GET", f"/v1/reports/{report_id}", None)["photos"][
            0
        ]
        return photo


def pictures_in(folder: Path) -> list[Picture]:
    """All files of a folder that are pictures by their name."""
    kinds = [(file, mimetypes.guess_type(file.name)[0] or _more(file)) for file in folder.iterdir()]
    return [
        Picture(file.name, file.read_bytes(), kind)
        for file, kind in sorted(kinds)
        if kind.startswith("image/")
    ]


def _more(file: Path) -> str:
    # Older Pythons do not know the pictures of today's telephones.
    return {".heic": "image/heic", ".heif": "image/heif", ".avif": "image/avif"}.get(
        file.suffix.lower(), ""
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--file", required=True, type=Path)
    parser.add_argument("--map", required=True, type=Path)
    parser.add_argument("--rate", type=float, help="reports a second at most")
    parser.add_argument("--photos", type=Path, help="a folder of pictures to send along")
    parser.add_argument("--run", default="", help="another name sends the same file once more")
    chosen = parser.parse_args()
    try:
        found, rules = records.read(chosen.file), mapping.load(chosen.map)
        pictures = pictures_in(chosen.photos) if chosen.photos else []
    except (OSError, ValueError) as error:
        parser.error(str(error))
    client = Client(chosen.url, lambda *_: "", CONNECTIONS)
    try:
        with tqdm(total=len(found), unit=" reports", file=sys.stdout) as bar:
            options = {"rate": chosen.rate, "run": chosen.run, "pictures": pictures}
            summary = replay(client, found, rules, tick=bar.update, **options)
    except ConnectionError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(summary.lines()))
    return 0 if summary.accepted or summary.repeated else 1


if __name__ == "__main__":
    sys.exit(main())
