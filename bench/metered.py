"""The in-process DynamoDB with a meter: read and write units as DynamoDB charges them."""

import os
from math import ceil
from typing import Any

from ministack.services import dynamodb

from bench.tables import TEMPLATE, Tables


class Metered(Tables):
    """Empty tables that say what calls cost; `reads` and `writes` are the sums, in units."""

    def __init__(self, names: dict[str, str]) -> None:
        self.reads = self.writes = 0.0
        self.calls = 0
        super().__init__(names)

    def call(self, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """As Tables has it, metered."""
        status, answer = super().call(operation, {**body, "ReturnConsumedCapacity": "TOTAL"})
        consumed = answer.get("ConsumedCapacity") or []
        for one in consumed if isinstance(consumed, list) else [consumed]:
            if operation in ("Query", "Scan"):
                # The emulator charges half a unit, however much is read; AWS by the started 4 KB.
                size = sum(dynamodb._item_size_bytes(item) for item in answer["Items"])
                self.reads += ceil(max(size, 1) / 4096) * (1 if body.get("ConsistentRead") else 0.5)
            elif operation in ("GetItem", "BatchGetItem"):
                self.reads += one["CapacityUnits"]
            else:
                self.writes += one["CapacityUnits"]
        self.calls += 1
        return status, answer


def prepare(time_zone: str) -> dict[str, str]:
    """Set the environment before chalicelib is imported; the tables' names by logical name."""
    declared = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    named = {
        name: value["Ref"]
        for name, value in declared.items()
        if isinstance(value, dict) and isinstance(value.get("Ref"), str)
    }
    os.environ.update(
        {
            **{name: f"bench-{named.get(name, 'x').lower()}" for name in declared},
            "CITY_TIME_ZONE": time_zone,
            "OUTSIDE_ACCEPTED": "true",
            "RETENTION_DAYS": "730",
            **{f"BUDGET_{of}": "1000000" for of in ("ACCOUNT", "DEVICE", "ADDRESS", "AREA")},
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    )
    return {one: f"bench-{one.lower()}" for one in named.values() if one.endswith("Table")}
