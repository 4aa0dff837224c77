"""MiniStack as one ASGI application: mended, and with its state in snapshots.

MiniStack reads the environment when it is imported: engine.py imports this module only after
setting it.
"""

import asyncio
import logging
import os
import re
from functools import partial
from pathlib import Path
from typing import Any

from ministack import app as ministack
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from infra.local import mends
from infra.local.front import Message, Receive, Scope, Send
from infra.local.snapshots import Snapshots

# The operation in X-Amz-Target, the header that names it in AWS's JSON protocols.
READING = re.compile(rb"\.(Get|BatchGet|Query|Scan|Describe|List)")

PATIENCE = 1.0
"""Seconds that requests get to finish when the engine ends."""

log = logging.getLogger("emulator")


class Emulator:
    """An ASGI application. `data` is the engine's folder, `owner` the descriptor of its lock;
    not `mended`, MiniStack is as it comes but for its state."""

    def __init__(self, data: Path, owner: int, *, mended: bool) -> None:
        if mended:
            mends.mend_all()
        _write_function_logs_to(data / "functions.log")
        self.snapshots = Snapshots(data / "state", owner)
        self.changes = 0
        self.ready = self.closed = False
        self.under_way: set[asyncio.Task[Any]] = set()
        ministack._load_persisted_state = self.snapshots.load
        ministack.save_all = lambda _: self.snapshots.save()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection, or the server's start and end."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        task = asyncio.current_task()
        assert task is not None
        self.under_way.add(task)
        try:
            await self._answer(scope, receive, send)
        finally:
            self.under_way.discard(task)

    async def keep(self, every: float, stop: asyncio.Event) -> None:
        """Save each `every` seconds until `stop`, then close. Only once everything is loaded: what
        is not loaded would be replaced by nothing."""
        await self.snapshots.keep(every, lambda: self.changes, stop)
        await self._close()

    def end(self) -> None:
        """End the functions' processes, after the last save: their triggers go first, so that
        none starts another."""
        lambda_svc._esms.clear()
        lambda_runtime.reset()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.closed:
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        # Before and after: what a request changes may come long after its beginning.
        changes = scope["type"] == "http" and _may_change_something(scope)
        self.changes += changes
        await ministack.app(scope, receive, send)
        self.changes += changes

    async def _close(self) -> None:
        """Answer what is under way within a second and nothing later: what was answered is saved,
        and neither a queue's long poll nor a slow function holds up the end."""
        if self.under_way:
            await asyncio.wait(self.under_way, timeout=PATIENCE)
        self.closed = True
        # A call of a function cannot be cancelled, only its process ended.
        await asyncio.to_thread(lambda_runtime.reset)
        for task in self.under_way:
            task.cancel()

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await ministack.app(scope, receive, partial(self._announce, send))
        except Exception as error:
            if self.ready:
                raise
            # A server that gets an exception here goes on without having loaded anything.
            log.exception("the start failed")
            await send({"type": "lifespan.startup.failed", "message": str(error)})

    async def _announce(self, send: Send, message: Message) -> None:
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            self.ready = True


def _may_change_something(scope: Scope) -> bool:
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    operation = dict(scope["headers"]).get(b"x-amz-target", b"")
    return not READING.search(operation)


def _write_function_logs_to(file: Path) -> None:
    """What functions print is at once in one file, not only in CloudWatch's API when they have
    answered."""
    target = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def read_stderr(worker: Any) -> None:
        for line in worker._proc.stderr:
            worker._stderr_queue.put(line.rstrip("\n"))
            os.write(target, f"{worker.func_name} {line.rstrip()}\n".encode(errors="replace"))

    lambda_runtime.Worker._read_stderr = read_stderr
