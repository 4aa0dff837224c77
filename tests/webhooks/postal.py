"""The whole way of an event to its receivers, by a clock of the test's own.

Tables are the tests' own AWS. The queue is here, so that hours pass at once and messages can be
lost, doubled and reordered; receivers are functions from a message to an answer.
"""

import heapq
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

from chalicelib import aws
from chalicelib.clock import moment, new_id, text
from chalicelib.events.models import Event, EventArea, EventData, new_event
from chalicelib.webhooks import (
    delivery,
    fanout,
    reconciling,
    resending,
    sealing,
    signature,
    sweeping,
)
from chalicelib.webhooks.models import Delivery, Endpoint, add, owner_of
from chalicelib.webhooks.outbound import Answer

START = datetime(2026, 11, 24, 1, tzinfo=UTC)
AGENCY = "dinas-jalan"
URL = "https://agency.example/hook"


class Message(NamedTuple):
    """A request as a receiver sees it."""

    at: datetime
    url: str
    id: str
    headers: dict[str, str]
    body: bytes


type Receiver = Callable[[Message], Answer]


def answers(status: int, retry_after_s: int | None = None, duration_ms: int = 50) -> Receiver:
    return lambda message: Answer(status, "so it is", duration_ms, retry_after_s)


class Post:
    """A post office: write events, let time pass, look at what came."""

    def __init__(self) -> None:
        self.now = START
        self.receivers: dict[str, Receiver] = {}
        self.tried: list[Message] = []
        self.came: list[Message] = []
        self.stream: list[dict[str, Any]] = []
        self.queue: list[tuple[datetime, int, str]] = []
        self.lost = False
        self._swept = START
        self._count = itertools.count()

    def __enter__(self) -> "Post":
        aws.sqs().meta.events.register("before-call.sqs.SendMessageBatch", self._enqueue)
        return self

    def __exit__(self, *_: object) -> None:
        aws.sqs().meta.events.unregister("before-call.sqs.SendMessageBatch", self._enqueue)

    def endpoint(self, url: str = URL, agency: str | None = AGENCY, **facts: Any) -> Endpoint:
        """An active endpoint whose receiver answers 204."""
        id = new_id(self.now)
        row = Endpoint(
            owner=owner_of(agency),
            item=f"endpoint#{id}",
            id=id,
            agency=agency,
            url=url,
            secrets=[sealing.sealed(signature.new_secret(), id)],
            created_at=text(self.now),
            created_by="petugas",
            **{"state": "active", "active_from": new_id(self.now - timedelta(hours=1)), **facts},
        )
        add(row)
        self.receivers.setdefault(url, answers(204))
        return row

    def event(self, agency: str | None = AGENCY, **facts: Any) -> str:
        """A committed event; the stream has it, nobody has read it."""
        row = new_event(
            facts.pop("type", "report.created"), data(agency_id=agency, **facts), self.now
        )
        row.save()
        key = {"hour": {"S": row.hour}, "id": {"S": row.id}}
        found = aws.dynamodb().get_item(TableName=Event.Meta.table_name, Key=key)
        self.stream.append(found["Item"])
        return row.id

    def events(self, count: int, **facts: Any) -> list[str]:
        return [self.event(**facts) for _ in range(count)]

    def fan_out(self) -> None:
        while self.stream:
            fanout.publish(self.stream.pop(0), self.now)

    def run(self, until: timedelta = timedelta(0), *, reconcile: bool = False) -> None:
        """Let time pass; every minute is swept in which there is something to do."""
        end = self.now + until
        self.fan_out()
        self._work()
        while (following := self._next()) and following <= end:
            self.now = max(self.now, following)
            if not self.queue or self.queue[0][0] > self.now:
                self._sweep(reconcile)
            self._work()
        self.now = end
        self._sweep(reconcile)
        self._work()

    def handle(self, message: str, at: datetime | None = None) -> None:
        delivery.deliver(message, at or self.now, self._send, lambda seconds: None)

    def next_message(self) -> str:
        return heapq.heappop(self.queue)[2]

    def row(self, to: Endpoint, event_id: str) -> Delivery:
        return Delivery.get(f"deliveries#{to.id}", event_id, consistent_read=True)

    def state(self, to: Endpoint, event_id: str) -> str:
        return str(self.row(to, event_id).state)

    def ids(self) -> list[str]:
        """Of what has arrived, in the order of arrival."""
        return [message.id for message in self.came]

    def _work(self) -> None:
        while self.queue and self.queue[0][0] <= self.now:
            self.handle(self.next_message())

    def _sweep(self, reconcile: bool) -> None:
        self._swept = self.now
        sweeping.sweep(self.now)
        resending.work_off(self.now)
        if reconcile:
            reconciling.reconcile(self.now)

    def _next(self) -> datetime | None:
        """When the next message comes, or the next sweep that finds something."""
        due = min((moment(row.due_at) for row in self._waiting()), default=None)
        sweep = [max(due, self._swept + timedelta(minutes=1))] if due else []
        return min([*sweep, *(at for at, *_ in self.queue[:1])], default=None)

    def _waiting(self) -> list[Delivery]:
        waiting = Delivery.due_at.exists() & Delivery.state.is_in("pending", "inflight")
        return list(Delivery.scan(waiting, consistent_read=True))

    def _send(self, url: str, body: bytes, headers: dict[str, str], **_: Any) -> Answer:
        message = Message(self.now, url, headers["webhook-id"], headers, body)
        self.tried.append(message)
        answer = self.receivers[url](message)
        if 200 <= answer.status < 300:
            self.came.append(message)
        return answer

    def _enqueue(self, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        entries = json.loads(params["body"])["Entries"]
        for entry in entries if not self.lost else []:
            at = self.now + timedelta(seconds=entry["DelaySeconds"])
            heapq.heappush(self.queue, (at, next(self._count), entry["MessageBody"]))
        taken = [{"Id": entry["Id"]} for entry in entries]
        return SimpleNamespace(status_code=200), {"Successful": taken, "Failed": []}


def data(**facts: Any) -> EventData:
    """The facts of an event about some report."""
    given: dict[str, Any] = {
        "report_id": new_id(START),
        "number": "UJI-7F3K2M",
        "version": 1,
        "status": "received",
        "category": "jalan-rusak",
        "agency_id": AGENCY,
        "areas": [EventArea("uji", 1)],
        "location": {"lat": -6.2, "lon": 106.8},
        "reported_at": text(START),
        "url": "https://api.test/v1/reports/x",
    }
    return EventData(**{**given, **facts})
