"""Blocking code by a clock that stands still while it computes: hours in seconds, without noise.

Each activity is a thread, of which only one ever runs; `sleep` hands over to whoever is next.
"""

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta


class VirtualTime:
    """The clock and its agenda."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._turn = threading.Semaphore(0)
        self._threads = threading.local()
        self._failure: BaseException | None = None

    def at(self, when: datetime, activity: Callable[[], None]) -> None:
        """Begin an activity at that moment."""
        self._plan(when, lambda: self._begin(activity))

    def sleep(self, seconds: float) -> None:
        """Let time pass for the activity that calls; outside of any, nothing happens."""
        if not getattr(self._threads, "active", False):
            return
        mine = threading.Semaphore(0)
        self._plan(self.now + timedelta(seconds=seconds), lambda: self._resume(mine))
        self._turn.release()
        mine.acquire()

    def run(self) -> None:
        """Until nothing is left to do; raises what an activity has raised."""
        while self._agenda and self._failure is None:
            self.now, _, step = heapq.heappop(self._agenda)
            step()
        if self._failure:
            raise self._failure

    def _plan(self, when: datetime, step: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (max(when, self.now), next(self._numbers), step))

    def _begin(self, activity: Callable[[], None]) -> None:
        threading.Thread(target=self._act, args=(activity,), daemon=True).start()
        self._turn.acquire()

    def _resume(self, who: threading.Semaphore) -> None:
        who.release()
        self._turn.acquire()

    def _act(self, activity: Callable[[], None]) -> None:
        self._threads.active = True
        try:
            activity()
        except BaseException as failure:
            self._failure = failure
        finally:
            self._turn.release()
