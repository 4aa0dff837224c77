"""What a process may take for true for a short while: rows read often that change rarely."""

import time
from collections.abc import Callable

SECONDS = 30
"""So long a change that another process made may go unseen."""


class Briefly[Value]:
    """Values by key, each loaded again when it is older than SECONDS; nothing raised is kept."""

    def __init__(self, size: int = 1000) -> None:
        self._size = size
        self._kept: dict[str, tuple[float, Value]] = {}

    def get(
        self,
        key: str,
        load: Callable[[str], Value],
        ticks: Callable[[], float] = time.monotonic,
    ) -> Value:
        """The value under the key, by `load` when it is not known or too old."""
        tick = ticks()
        if key in self._kept and tick < self._kept[key][0]:
            return self._kept[key][1]
        self.forget(key)
        value = load(key)
        if len(self._kept) >= self._size:
            self._kept.clear()
        self._kept[key] = tick + SECONDS, value
        return value

    def forget(self, key: str) -> None:
        """This process has changed it itself."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Know nothing."""
        self._kept.clear()
