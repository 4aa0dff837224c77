"""A table of counters in memory, with accidents, and a stream that brings events as it likes."""

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from chalicelib.clock import now
from chalicelib.events import counting
from chalicelib.events.counting import NotCounted, Told


class Interrupted(Exception):
    """The function was ended before it could say that it was done."""


class Rows:
    """A table that keeps the rules of transactions: markers once, no item twice, 100 at most."""

    def __init__(self, accident: Callable[[], str] = lambda: "none") -> None:
        self.rows: dict[tuple[str, str], dict[str, int]] = {}
        self.written: list[int] = []
        self._accident = accident

    def write(self, items: list[dict[str, Any]]) -> list[str]:
        keys = [_key(item) for item in items]
        assert 1 <= len(items) <= 100
        assert len(set(keys)) == len(keys)
        codes = [self._code(item, key) for item, key in zip(items, keys, strict=True)]
        if set(codes) != {"None"}:
            return codes
        accident = self._accident()
        if accident == "conflict":
            return ["None"] * (len(items) - 1) + ["TransactionConflict"]
        for item, key in zip(items, keys, strict=True):
            self._apply(item, key)
        self.written.append(len(items))
        if accident == "interrupted":
            raise Interrupted
        return []

    def counters(self) -> dict[tuple[str, str], dict[str, int]]:
        """The rows of edition 1 that are not nought, without the markers."""
        named = {(series.partition("#")[2], id): row for (series, id), row in self.rows.items()}
        numbers = {
            key: {name: one for name, one in row.items() if one} for key, row in named.items()
        }
        return {key: row for key, row in numbers.items() if row}

    def _code(self, item: dict[str, Any], key: tuple[str, str]) -> str:
        guarded = "ConditionExpression" in item.get("Put", {})
        return "ConditionalCheckFailed" if guarded and key in self.rows else "None"

    def _apply(self, item: dict[str, Any], key: tuple[str, str]) -> None:
        row = self.rows.setdefault(key, {})
        if "Update" in item:
            names, values = (
                item["Update"][f"ExpressionAttribute{kind}"] for kind in ("Names", "Values")
            )
            for place, name in names.items():
                amount = int(values[place.replace("#", ":")]["N"])
                row[name] = row.get(name, 0) + amount


def stream(told: list[Told], data: st.DataObject) -> Iterator[list[Told]]:
    """Batches as a stream may bring them: events mixed, batches cut anew, many of them twice."""
    told = data.draw(st.permutations(told))
    place = 0
    while place < len(told):
        size = data.draw(st.integers(1, 30))
        yield told[place : place + size]
        place += data.draw(st.integers(0 if size > 1 else 1, size)) or 1
    if told:
        first = data.draw(st.integers(0, len(told) - 1))
        yield told[first:] + told[first:]


def deliver(batch: list[Told], edition: int, write: counting.Write) -> None:
    """A batch, and once more if the function was ended; then the stream goes on without it."""
    for _ in range(2):
        try:
            counting.count(batch, edition, now(), write, lambda _: None)
            return
        except (Interrupted, NotCounted):
            pass


def without_accidents(rows: Rows) -> Rows:
    calm = Rows()
    calm.rows = rows.rows
    return calm


def _key(item: dict[str, Any]) -> tuple[str, str]:
    put, update = item.get("Put"), item.get("Update")
    key = put["Item"] if put else update["Key"] if update else {}
    return key["series"]["S"], key["id"]["S"]
