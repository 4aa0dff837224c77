"""The engine's state on disk: whole generations, of which `current` names the last complete one.

    state/current -> generations/00000007
    state/generations/00000007/dynamodb.json, sqs.json, ..., lambda-blobs/<sha256>.zip

A forked child writes each generation, so all services are saved as they were at the same instant:
a stream's records, its readers' positions and what the readers wrote belong together. The engine
pauses only for the fork. `kill -9` loses what came after the last complete generation, no more.
"""

import asyncio
import contextlib
import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack import app as ministack
from ministack.core import persistence
from ministack.services import dynamodb, lambda_svc, sqs

from infra.local.instant import fork_for, reap

log = logging.getLogger(__name__)


class Snapshots:
    """The generations in the folder `state`.

    `owner` is the descriptor of the lock that guards it: a child that still writes keeps the
    folder taken even when the engine has been killed.
    """

    def __init__(self, state: Path, owner: int) -> None:
        self.generations = state / "generations"
        self.current = state / "current"
        self.owner = owner
        self.generations.mkdir(parents=True, exist_ok=True)

    def load(self) -> None:
        """Give every service its saved state. Raises what a service raises: better no start than
        a start without data, which the next snapshot would make final."""
        persistence.STATE_DIR = str(self.current)
        lambda_svc.CODE_BLOB_DIR = str(self.current / "lambda-blobs")
        for name, module in ministack._state_map.items():
            if (self.current / f"{name}.json").exists():
                _restore(name, module)

    def save(self) -> None:
        """Write a generation and wait for it."""
        reap(fork_for(self._write, keep_open=self.owner))

    async def keep(self, every: float, changes: Callable[[], int], stop: asyncio.Event) -> None:
        """Save each `every` seconds while `changes` grows or events move, until `stop`.

        Returns when no child is writing any more.
        """
        seen, rounds = _marks(changes()), 0
        while not await _set_within(stop, every):
            now = _marks(changes())
            # Two rounds for a change: the second has what the change set going in the background.
            seen, rounds = now, 2 if now != seen else rounds - 1
            if rounds > 0:
                await asyncio.to_thread(reap, fork_for(self._write, keep_open=self.owner))

    def _write(self) -> None:
        folder = self._next_folder()
        self._hand_down_code(folder)
        for name, get_state in ministack._build_persistence_save_dict().items():
            self._write_service(folder / f"{name}.json", get_state)
        _flush(*folder.rglob("*"), folder)
        self._switch_to(folder)
        for other in set(self.generations.iterdir()) - {folder}:
            shutil.rmtree(other)

    def _next_folder(self) -> Path:
        last = int(self.current.resolve().name) if self.current.exists() else 0
        folder = self.generations / f"{last + 1:08}"
        # A child that was ended half-way has left one.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def _hand_down_code(self, folder: Path) -> None:
        """MiniStack will write the zips that are new and remove those that no function has."""
        blobs = folder / "lambda-blobs"
        blobs.mkdir()
        for blob in (self.current / "lambda-blobs").glob("*.zip"):
            _link(blob, blobs / blob.name)
        lambda_svc.CODE_BLOB_DIR = str(blobs)

    def _write_service(self, file: Path, get_state: Callable[[], Any]) -> None:
        """Only what has changed is written. A service that cannot be saved keeps what was saved
        before; the others go on."""
        before = self.current / file.name
        text = _encoded(file.stem, get_state)
        known = before.read_text() if before.exists() else None
        if text is not None and text != known:
            file.write_text(text)
        elif known is not None:
            _link(before, file)

    def _switch_to(self, folder: Path) -> None:
        link = self.current.with_name("next")
        link.unlink(missing_ok=True)
        link.symlink_to(folder.relative_to(link.parent))
        link.replace(self.current)
        _flush(self.current.parent)


def _restore(name: str, module: str) -> None:
    state = persistence.load_state(name)
    if state is None:
        raise ValueError(f"The saved state of {name} cannot be read.")
    ministack._get_module(module).load_persisted_state(state)


def _encoded(name: str, get_state: Callable[[], Any]) -> str | None:
    """MiniStack's format, in one piece: `json.dumps` runs in C, its own `json.dump` does not."""
    try:
        if (state := get_state()) is None:
            return None
        version = persistence._state_format_version(name)
        document = {"__ministack_format__": version, "payload": state}
        return json.dumps(document, default=persistence._json_default)
    except Exception:
        log.exception("the state of %s cannot be saved", name)
        return None


def _marks(changes: int) -> tuple[Any, ...]:
    """Differs from what it was when requests, triggers or expiry may have changed something."""
    positions = sorted(lambda_svc._dynamodb_stream_positions._data.items())
    queues = [len(queue["messages"]) for queue in sqs._queues.all_values()]
    return changes, dynamodb._stream_seq_counter, positions, queues


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


def _link(old: Path, new: Path) -> None:
    """The same file under a second name; a copy where the file system knows no such links."""
    try:
        os.link(old.resolve(), new)
    except OSError:
        shutil.copyfile(old, new)


def _flush(*paths: Path) -> None:
    for path in paths:
        file = os.open(path, os.O_RDONLY)
        os.fsync(file)
        os.close(file)
