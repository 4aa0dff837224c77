"""Fifty agencies' receivers, three of them bad, by a virtual clock: the real code, a model of AWS.

python -m bench.webhook_isolation EVENTS BAD     prints one JSON line with what came of it

Model: DynamoDB answers in 5 ms. The queue is first in, first out, without the fairness that SQS
adds. Ten instances of the function take ten messages each, and are free when all ten are done. The
sweeper comes once a minute. Everything else is the code that is deployed.
"""

import json
import os
import random
import sys
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from bench.tables import TEMPLATE, Tables
from bench.virtual_time import VirtualTime

if TYPE_CHECKING:
    from chalicelib.webhooks.outbound import Answer

START = datetime(2026, 11, 24, 1, tzinfo=UTC)
ENDPOINTS, RATE = 50, 20.0
INSTANCES, BATCH = 10, 10
CALL_S, DEADLINE_S = 0.005, 15.0
BAD = {"hangs": "agency-0", "drips": "agency-1", "fails": "agency-2"}


class World:
    """The queue, the instances and the receivers."""

    def __init__(self, events: int, bad: bool, dice: random.Random) -> None:
        self.time, self.dice = VirtualTime(START), dice
        self.bad = {agency: how for how, agency in BAD.items()} if bad else {}
        agencies = [f"agency-{number}" for number in range(ENDPOINTS)]
        self.agencies = [one for one in agencies if bad or one not in BAD.values()]
        self.queue: deque[str] = deque()
        self.free = INSTANCES
        self.born: dict[str, tuple[str, datetime]] = {}
        self.came: dict[str, datetime] = {}
        self.counts: Counter[str] = Counter()
        self.events, self.sent = events, 0
        self.bad_until = START + timedelta(seconds=events / RATE)

    def run(self) -> None:
        """Send all events, then have the bad receivers mended, and wait until everything is in."""
        at = START
        for _ in range(self.events):
            at += timedelta(seconds=self.dice.expovariate(RATE))
            agency = f"agency-{self.dice.randrange(ENDPOINTS)}"
            if agency in self.agencies:
                self.sent += 1
                self.time.at(at, lambda agency=agency: self._event(agency))  # type: ignore[misc]
        self.time.at(START, self._sweep)
        self.time.run()

    def _event(self, agency: str) -> None:
        from chalicelib import aws
        from chalicelib.clock import new_id, text
        from chalicelib.events.models import Event, EventArea, EventData, new_event
        from chalicelib.webhooks import fanout

        at = self.time.now
        data = EventData(
            report_id=new_id(at),
            number="TGP-7F3K2M",
            version=1,
            status="submitted",
            category="flooding",
            agency_id=agency,
            areas=[EventArea("city", 1)],
            location={"lat": -6.2, "lon": 106.8},
            reported_at=text(at),
            url="https://api.example/v1/reports/x",
        )
        row = new_event("report.created", data, at)
        row.save()
        self.born[row.id] = agency, at
        key = {"hour": {"S": row.hour}, "id": {"S": row.id}}
        image = aws.dynamodb().get_item(TableName=Event.Meta.table_name, Key=key)["Item"]
        fanout.publish(image, self.time.now)

    def enqueue(self, entries: list[dict[str, Any]]) -> None:
        """Take messages as SQS does, each to be seen after its delay."""
        for entry in entries:
            seen_at = self.time.now + timedelta(seconds=entry["DelaySeconds"])
            body = entry["MessageBody"]
            self.time.at(seen_at, lambda body=body: self._arrive(body))  # type: ignore[misc]

    def _arrive(self, body: str) -> None:
        self.queue.append(body)
        self._dispatch()

    def _dispatch(self) -> None:
        while self.free and self.queue:
            self.free -= 1
            batch = [self.queue.popleft() for _ in range(min(BATCH, len(self.queue)))]
            left = [len(batch)]
            for body in batch:
                self.time.at(
                    self.time.now,
                    lambda body=body, left=left: self._handle(body, left),  # type: ignore[misc]
                )

    def _handle(self, body: str, left: list[int]) -> None:
        from chalicelib.webhooks import delivery

        delivery.deliver(body, self.time.now, self._post, self.time.sleep)
        left[0] -= 1
        if not left[0]:
            self.free += 1
            self._dispatch()

    def _post(self, url: str, body: bytes, headers: dict[str, str], **_: Any) -> "Answer":
        from chalicelib.webhooks.outbound import Answer, Unreachable

        how = self.bad.get(url.split("//")[1].split(".")[0])
        if how and self.time.now < self.bad_until:
            self.counts[how] += 1
            if how == "fails":
                self.time.sleep(0.05)
                return Answer(500, "", 50, None)
            # One that drips is cut off by the same deadline as one that never answers.
            self.time.sleep(DEADLINE_S)
            raise Unreachable("timeout", round(1000 * DEADLINE_S))
        seconds = min(5.0, self.dice.lognormvariate(-2, 0.6))
        self.time.sleep(seconds)
        id = headers["webhook-id"]
        self.counts["again" if id in self.came else "delivered"] += 1
        self.came.setdefault(id, self.time.now)
        return Answer(204, "", round(1000 * seconds), None)

    def _sweep(self) -> None:
        from chalicelib.webhooks import resending, sweeping

        self.counts["swept"] += sweeping.sweep(self.time.now)
        resending.work_off(self.time.now)
        if len(self.came) < self.sent:
            self.time.at(self.time.now + timedelta(minutes=1), self._sweep)


def main() -> int:
    events, bad = int(sys.argv[1]), sys.argv[2] == "bad"
    os.environ.update(_environment())
    names = {name: f"bench-{name.lower()}" for name in ("EventsTable", "WebhooksTable")}
    world = World(events, bad, random.Random(1))
    from chalicelib import aws

    def slowly(**_: Any) -> None:
        world.time.sleep(CALL_S)

    def enqueue(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        entries = json.loads(params["body"])["Entries"]
        world.enqueue(entries)
        return SimpleNamespace(status_code=200), {"Successful": entries, "Failed": []}

    def keep(model: Any, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        import base64

        asked = json.loads(params["body"])
        given = base64.b64decode(asked.get("Plaintext") or asked["CiphertextBlob"])
        return SimpleNamespace(status_code=200), {"CiphertextBlob": given, "Plaintext": given}

    with Tables(names).behind(aws.dynamodb()):
        aws.dynamodb().meta.events.register_first("before-call.dynamodb.*", slowly)
        aws.sqs().meta.events.register("before-call.sqs.SendMessageBatch", enqueue)
        aws.kms().meta.events.register("before-call.kms.*", keep)
        _register(world.agencies)
        world.run()
    print(json.dumps(_figures(world)))
    return 0


def _register(agencies: list[str]) -> None:
    from chalicelib.clock import first_id, new_id, text
    from chalicelib.webhooks import sealing, signature
    from chalicelib.webhooks.models import Endpoint, add, owner_of

    for agency in agencies:
        id = new_id(START)
        add(
            Endpoint(
                owner=owner_of(agency),
                item=f"endpoint#{id}",
                id=id,
                agency=agency,
                url=f"https://{agency}.example/hook",
                secrets=[sealing.sealed(signature.new_secret(), id)],
                state="active",
                active_from=first_id(START),
                created_at=text(START),
                created_by="bench",
            )
        )


def _figures(world: World) -> dict[str, Any]:
    healthy = sorted(
        (world.came[id] - at).total_seconds()
        for id, (agency, at) in world.born.items()
        if agency not in BAD.values()
    )
    return {
        "events": world.sent,
        "arrived": len(world.came),
        "healthy": len(healthy),
        "p50": healthy[len(healthy) // 2],
        "p99": healthy[int(0.99 * len(healthy))],
        "worst": healthy[-1],
        "all_in_s": (max(world.came.values()) - world.bad_until).total_seconds(),
        **world.counts,
    }


def _environment() -> dict[str, str]:
    declared = TEMPLATE["Globals"]["Function"]["Environment"]
    names = {
        name: f"bench-{value['Ref'].lower()}" if isinstance(value, dict) and "Ref" in value else "x"
        for name, value in declared["Variables"].items()
    }
    return {
        **names,
        "STAGE": "bench",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


if __name__ == "__main__":
    sys.exit(main())
