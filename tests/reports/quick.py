"""The indexes of listed reports in memory: thousands of queries a second, with DynamoDB's manners.

The tests' own AWS looks at every item for every query. Here a page ends early, a full page always
names its last key, and a range that ends before it begins is an error, as on the real one.
Requests are counted, with what they read.
"""

import json
from bisect import insort
from collections import defaultdict
from types import SimpleNamespace
from typing import Any, NamedTuple

from chalicelib import aws
from tests.cloud import RESOURCES

PAGE = 30
_CONDITION = "#p = :p AND #s BETWEEN :low AND :high"
_DECLARED = [
    one
    for one in RESOURCES["ReportsTable"]["Properties"]["GlobalSecondaryIndexes"]
    if "NonKeyAttributes" in one["Projection"]
]
_KEYS = {one["IndexName"]: [key["AttributeName"] for key in one["KeySchema"]] for one in _DECLARED}
_PROJECTED = {one["IndexName"]: one["Projection"].get("NonKeyAttributes", []) for one in _DECLARED}

Item = dict[str, dict[str, str]]


class Request(NamedTuple):
    """One query that was answered, and how many entries it read."""

    name: str
    partition: str
    read: int


class QuickIndexes:
    """Answers the app's queries while it is entered, from the items that it was given."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[str, str], list[tuple[str, Item]]] = defaultdict(list)
        self._places: dict[str, list[tuple[tuple[str, str], str]]] = {}
        self.requests: list[Request] = []

    def put(self, item: Item) -> None:
        """Store the item, in place of an earlier one of the same id."""
        id = item["id"]["S"]
        for where, key in self._places.pop(id, []):
            self._shelves[where] = [one for one in self._shelves[where] if one[0] != key]
        places = self._places[id] = []
        for name, (partition, sort) in _KEYS.items():
            if partition in item:
                kept = ("id", "item", partition, sort, *_PROJECTED[name])
                projected = {key: item[key] for key in kept if key in item}
                where, key = (name, item[partition]["S"]), item[sort]["S"]
                insort(self._shelves[where], (key, projected), key=lambda one: one[0])
                places.append((where, key))

    def __enter__(self) -> None:
        aws.dynamodb().meta.events.register("before-call.dynamodb.Query", self._answer)

    def __exit__(self, *_: object) -> None:
        aws.dynamodb().meta.events.unregister("before-call.dynamodb.Query", self._answer)

    def _answer(self, params: dict[str, Any], **_: object) -> tuple[Any, dict[str, Any]] | None:
        asked = json.loads(params["body"])
        if asked.get("IndexName") not in _KEYS:
            return None
        found = self._range(asked)
        size = min(asked.get("Limit", PAGE), PAGE)
        answer: dict[str, Any] = {"Items": [item for _, item in found[:size]]}
        partition = asked["ExpressionAttributeValues"][":p"]["S"]
        self.requests.append(Request(asked["IndexName"], partition, len(answer["Items"])))
        if len(found) >= size:
            last = found[size - 1][1]
            keys = {"id", "item", *_KEYS[asked["IndexName"]]}
            answer["LastEvaluatedKey"] = {key: last[key] for key in keys}
        return SimpleNamespace(status_code=200), answer

    def _range(self, asked: dict[str, Any]) -> list[tuple[str, Item]]:
        assert asked["KeyConditionExpression"] == _CONDITION
        partition, sort = _KEYS[asked["IndexName"]]
        assert asked["ExpressionAttributeNames"] == {"#p": partition, "#s": sort}
        values = {name: value["S"] for name, value in asked["ExpressionAttributeValues"].items()}
        low, high = values[":low"], values[":high"]
        assert low <= high, "BETWEEN: the upper bound is less than the lower one"
        shelf = self._shelves[asked["IndexName"], values[":p"]]
        found = [one for one in shelf if low <= one[0] <= high]
        if not asked["ScanIndexForward"]:
            found.reverse()
        start = asked.get("ExclusiveStartKey")
        if start:
            place = [key for key, _ in found].index(start[sort]["S"])
            found = found[place + 1 :]
        return found
