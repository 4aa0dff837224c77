"""The worker alone: creates deliveries, then handles them as the deployed function does.

python -m bench.webhook_worker COUNT URL     with the function's environment

Prints the endpoint's secret, then one JSON line with CPU and operations. Its messages never reach
the queue, so that the stack's own worker does not take them.
"""

import json
import re
import resource
import sys
from collections import defaultdict
from datetime import datetime
from itertools import cycle
from types import SimpleNamespace
from typing import Any

from chalicelib import aws, clock, workers
from chalicelib.clock import first_id, new_id, text
from chalicelib.events.models import EventArea, EventData, new_event
from chalicelib.webhooks import sealing, signature
from chalicelib.webhooks.fanout import store
from chalicelib.webhooks.models import Endpoint, endpoints_of, new_delivery, owner_of
from chalicelib.webhooks.queue import wake

ENDPOINTS, BATCH = 50, 10


class Operations:
    """Counts calls, in units: a row or an index entry of up to 1 KB is one written unit."""

    def __init__(self) -> None:
        self.units: dict[str, float] = defaultdict(float)
        self.messages: list[str] = []
        for client in (aws.dynamodb(), aws.sqs(), aws.kms()):
            client.meta.events.register_first("before-call.*.*", self._count)
        aws.sqs().meta.events.register("before-call.sqs.SendMessageBatch", self._take)

    def _count(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        body = json.loads(params["body"])
        if model.name in ("PutItem", "UpdateItem"):
            self.units["writes"] += 1 + _index_entries(body)
        elif model.name in ("GetItem", "Query"):
            self.units["reads"] += 1.0 if body.get("ConsistentRead") else 0.5
        else:
            self.units["kms" if model.name in ("Encrypt", "Decrypt") else "sends"] += 1

    def _take(self, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        entries = json.loads(params["body"])["Entries"]
        self.messages += [entry["MessageBody"] for entry in entries]
        return SimpleNamespace(status_code=200), {"Successful": entries, "Failed": []}


def _index_entries(body: dict[str, Any]) -> int:
    """Entries of the due index that a write adds (1), replaces (2) or removes (1)."""
    if "due_at" in body.get("Item", {}):
        return 1
    names = body.get("ExpressionAttributeNames", {})
    due = {short for short, name in names.items() if name == "due_at"}
    expression = body.get("UpdateExpression", "")
    removed = set(re.findall(r"#\w+", expression.partition("REMOVE")[2]))
    changed = set(re.findall(r"(#\w+) =", expression))
    return 1 if due & removed else 2 if due & changed else 0


def main() -> None:
    count, url = int(sys.argv[1]), sys.argv[2]
    at, secret = clock.now(), signature.new_secret()
    endpoints = [_endpoint(url, secret, at) for _ in range(ENDPOINTS)]
    print(secret, flush=True)
    events = [_event(number) for number in range(count)]
    operations = Operations()
    for to, event_id in zip(cycle(endpoints), events, strict=False):
        endpoints_of(to.owner)
        delivery = new_delivery(to, event_id, "report.created", clock.now())
        store(delivery)
        wake([delivery])
    cpu = _cpu_of_all(operations.messages)
    units = {name: operations.units[name] / count for name in ("writes", "reads", "sends", "kms")}
    print(json.dumps({**units, "a_cpu_second": count / cpu}), flush=True)


def _endpoint(url: str, secret: str, at: datetime) -> Endpoint:
    """One of an owner that no event has: the stack's own fan-out leaves it alone."""
    id = new_id(at)
    row = Endpoint(
        owner=owner_of(f"bench-{id.lower()}"),
        item=f"endpoint#{id}",
        id=id,
        agency="bench",
        url=url,
        secrets=[sealing.sealed(secret, id)],
        state="active",
        active_from=first_id(at),
        created_at=text(at),
        created_by="bench",
    )
    row.save()
    return row


def _event(number: int) -> str:
    at = clock.now()
    data = EventData(
        report_id=new_id(at),
        number=f"TGP-{number:06}",
        version=1,
        status="submitted",
        category="flooding",
        agency_id=None,
        areas=[EventArea("city", 1)],
        location={"lat": -6.2, "lon": 106.8},
        reported_at=text(at),
        url="https://api.example/v1/reports/x",
    )
    row = new_event("report.created", data, at)
    row.save()
    return str(row.id)


def _cpu_of_all(messages: list[str]) -> float:
    began = _cpu()
    for start in range(0, len(messages), BATCH):
        records = [
            {"messageId": str(number), "body": body}
            for number, body in enumerate(messages[start : start + BATCH])
        ]
        failed = workers.deliver_webhook({"Records": records})
        if failed["batchItemFailures"]:
            raise RuntimeError("the worker failed")
    return _cpu() - began


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
