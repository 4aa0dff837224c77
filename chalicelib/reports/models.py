"""The report as stored: one item collection of the report, its photos and its updates."""

from datetime import datetime, timedelta
from typing import Any, Self
from zlib import crc32

import msgspec
from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.expressions.update import Action

from chalicelib.aws import Table
from chalicelib.clock import id_time, moment, reversed_time, text
from chalicelib.errors import ReportNotFound
from chalicelib.events.models import CELL_LENGTH, Event, EventArea, EventData, Standing, new_event
from chalicelib.people.identity import Caller
from chalicelib.people.tracking import code_matches
from chalicelib.places.areas import Area
from chalicelib.places.geohash import Point, encode
from chalicelib.reports import heat, lifecycle
from chalicelib.settings import settings

TITLE_LENGTH = 60
DUE_SHARDS = 4
# Entries whose words are for the reporter and who works on the report.
PRIVATE_KINDS = ("question", "answer")
# In queues, what nothing is due for comes after all that something is due for.
NEVER = "~"
# Rows are moved within the request; after so long the sweep may take it that the request died.
MOVING_LEASE = timedelta(minutes=5)

# Of a report, what changes with people's rows and not with its version, and the key.
COUNTED = ("id", "item", "support_count", "follower_count", "comment_count", "heat")


class _ReportsTable:
    table_name = settings.reports_table


class Report(Table):
    """One citizen's account of one problem at one point.

    `near_*`, `newest_*`, `kind_*` and `trending` are the keys of the geohash indexes of the
    template; a private or hidden report has none of them, so that no list by place can ever show
    it. `hidden` is why moderators hide it.
    `queue` and `queue_place` are the keys of the index of agencies' queues (see queue_index.py),
    `escalated_queue` that of what is in the coordinator's too, and `escalated_for` is why.
    `due_*` are the keys of the sparse index of what time alone will change. `moving` names the
    report that supporters are brought to or fetched from, and the change that ordered it.
    `alarms` says when what is to be told of which clock, None for what was told; `stopped_at` since
    when the clocks stand (see service_level.py); `question` is what the reporter was asked.
    COUNTED belongs to the writers of supports, follows and comments: all others write `changes()`
    and leave it alone.
    `said_in` is the timeline entry in which the city last told the public something in words.
    `standing` is the Standing that the last event told of it. `submission` is the row of the
    client's key that made it; `erased` how far it was erased (`privacy.models.How`).
    """

    class Meta(_ReportsTable):
        pass

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="report")
    number = UnicodeAttribute()
    category = UnicodeAttribute()
    description = UnicodeAttribute()
    title = UnicodeAttribute()
    status = UnicodeAttribute(default="submitted")
    lat = NumberAttribute()
    lon = NumberAttribute()
    accuracy_m = NumberAttribute(null=True)
    geohash = UnicodeAttribute()
    address = UnicodeAttribute(null=True)
    answers = JSONAttribute(null=True)
    areas = JSONAttribute()
    agency = UnicodeAttribute(null=True)
    assignee = UnicodeAttribute(null=True)
    private = BooleanAttribute(default=False)
    hidden = UnicodeAttribute(null=True)
    imported = BooleanAttribute(null=True)
    by_staff = BooleanAttribute(null=True)
    share_identity = BooleanAttribute(default=False)
    contact = JSONAttribute(null=True)
    submission = UnicodeAttribute(null=True)
    said_in = UnicodeAttribute(null=True)
    erased = UnicodeAttribute(null=True)
    reporter = UnicodeAttribute(null=True)
    tracking_hash = UnicodeAttribute(null=True)
    thumb = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    observed_at = UnicodeAttribute(null=True)
    first_response_due = UnicodeAttribute(null=True)
    resolve_due = UnicodeAttribute(null=True)
    working_time = BooleanAttribute(null=True)
    alarms = JSONAttribute(null=True)
    stopped_at = UnicodeAttribute(null=True)
    question = JSONAttribute(null=True)
    escalated_to = UnicodeAttribute(null=True)
    escalated_for = UnicodeAttribute(null=True)
    first_response_at = UnicodeAttribute(null=True)
    resolved_at = UnicodeAttribute(null=True)
    closed_by = UnicodeAttribute(null=True)
    confirmed_at = UnicodeAttribute(null=True)
    confirmed_by = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    hand_over_count = NumberAttribute(default=0)
    duplicate_of = UnicodeAttribute(null=True)
    duplicate_ids = JSONAttribute(null=True)
    status_before = UnicodeAttribute(null=True)
    moving = UnicodeAttribute(null=True)
    recurrence_of = UnicodeAttribute(null=True)
    rating = NumberAttribute(null=True)
    standing = JSONAttribute(null=True)
    version = NumberAttribute(default=1)
    support_count = NumberAttribute(null=True)
    follower_count = NumberAttribute(null=True)
    comment_count = NumberAttribute(null=True)
    heat = UnicodeAttribute(null=True)
    area = UnicodeAttribute(null=True)
    near_cell = UnicodeAttribute(null=True)
    near_place = UnicodeAttribute(null=True)
    newest4 = UnicodeAttribute(null=True)
    newest5 = UnicodeAttribute(null=True)
    newest6 = UnicodeAttribute(null=True)
    kind_cell = UnicodeAttribute(null=True)
    trending = UnicodeAttribute(null=True)
    queue = UnicodeAttribute(null=True)
    queue_place = UnicodeAttribute(null=True)
    escalated_queue = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)

    # The account as it was read; None for a report of which no standing has been told.
    account_read: dict[str, Any] | None = None

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        """The report of a stored item, which remembers how it was counted."""
        report = super().from_raw_data(data)
        if "standing" in data:
            report.account_read = report.account()
        return report

    @property
    def point(self) -> Point:
        """Where the problem is."""
        return Point(float(self.lat), float(self.lon))

    @property
    def chain(self) -> list[Area]:
        """The areas it lies in, the largest first, as they were when it was sent."""
        return msgspec.convert(self.areas, list[Area])

    @property
    def withheld(self) -> bool:
        """Whether it exists only for its reporter and those who act on it."""
        return bool(self.private or self.hidden or self.is_gone)

    def place_in_indexes(self) -> None:
        """Set the index keys from place, category and status; none for a withheld report."""
        self.area = self.chain[-1].id if self.areas else None
        self._place_in_queue()
        if self.withheld:
            self.near_cell = self.near_place = self.kind_cell = self.trending = None
            self.newest4 = self.newest5 = self.newest6 = None
            return
        shelf = "o" if lifecycle.is_open(self.status) else "c"
        self.near_cell = f"{self.geohash[:5]}#{shelf}"
        self.near_place = f"{self.geohash}#{self.id}"
        self.newest4 = f"{self.geohash[:4]}#{shelf}"
        self.newest5 = f"{self.geohash[:5]}#{shelf}"
        self.newest6 = f"{self.geohash[:6]}#{shelf}"
        self.kind_cell = f"{self.geohash[:5]}#{self.category}"
        self.trending = self.geohash[:5] if shelf == "o" else None
        self.heat = self.heat or heat.key(self.id, self.warmth)

    @property
    def warmth(self) -> int:
        """Supports and comments: what the heat is made from, beside the age."""
        return int(self.support_count or 0) + int(self.comment_count or 0)

    def _place_in_queue(self) -> None:
        self.escalated_queue = None
        if self.is_gone:
            self.queue = self.queue_place = None
            return
        shelf = "o" if lifecycle.is_open(self.status) else "c"
        self.queue = f"{self.agency or ''}#{shelf}"
        self.queue_place = f"{self._queue_time(shelf)}#{self.id}"
        if self.escalated_for and self.escalated_to != self.agency and shelf == "o":
            self.escalated_queue = f"{self.escalated_to or ''}#o"

    def _queue_time(self, shelf: str) -> str:
        """What is due next of an open report; of a closed one its last change, the latest first."""
        if shelf == "c":
            return reversed_time(moment(self.updated_at))
        dues = [self.resolve_due, None if self.first_response_at else self.first_response_due]
        return min((due for due in dues if due and not self.stopped_at), default=NEVER)

    def hand_to(self, agency: str | None) -> None:
        """Give it to an agency; whose desk it was on there is not for the next one to know."""
        if agency != self.agency:
            self.agency, self.assignee = agency, None

    def escalate(self, to: str | None, why: str) -> None:
        """Let the coordinator see to it, whoever has it; `why` as in `queue_index.Escalated`."""
        self.escalated_to, self.escalated_for = to, why

    def changes(self) -> list[Action]:
        """All of it but the keys and COUNTED, as actions of one update."""
        return [
            attribute.remove() if value is None else attribute.set(value)
            for name, attribute in type(self).get_attributes().items()
            if name not in COUNTED
            for value in [getattr(self, name)]
        ]

    def place_in_due(self) -> None:
        """Set the keys of index `due` from the next thing that time does; none without one."""
        due = self._next_due()
        self.due_at = text(due) if due else None
        self.due_shard = due_shard(self.id) if due else None

    def _next_due(self) -> datetime | None:
        if self.is_gone:
            return None
        if self.moving is not None:
            return moment(self.updated_at) + MOVING_LEASE
        if self.imported and self.status in ("resolved", "confirmed"):
            # Nobody was asked whether it is fixed, so that nobody's silence says anything.
            return None
        if self.status == "resolved" and self.resolved_at is not None:
            return moment(self.resolved_at) + lifecycle.UNANSWERED_AFTER
        if self.question is not None:
            return self.answer_until
        if self.stopped_at is not None or not lifecycle.is_open(self.status):
            return None
        alarms = [moment(time) for time in (self.alarms or {}).values() if time]
        # At the very moment there is still time.
        return min(alarms) + timedelta(milliseconds=1) if alarms else None

    @property
    def promised(self) -> str | None:
        """When it is to be closed; None without a clock, and while an answer is waited for."""
        return None if self.question else self.resolve_due

    @property
    def answer_until(self) -> datetime:
        """Until when the reporter can answer the question that was asked."""
        return moment(self.question["at"]) + lifecycle.ANSWERED_WITHIN

    def in_hands_of(self, caller: Caller) -> bool:
        """Whether the caller acts for its agency, or for whom it was escalated to."""
        return caller.acts_for(self.agency) or caller.acts_for(self.escalated_to)

    @property
    def is_gone(self) -> bool:
        """Whether this is but the tombstone of a report that was wholly erased."""
        return bool(self.erased == "delete")

    def is_reporter(self, caller: Caller) -> bool:
        """Whether the caller sent this report: by account, or by holding its tracking code."""
        if self.reporter is not None and self.reporter == caller.sub:
            return True
        return code_matches(caller.tracking_code, self.tracking_hash)

    def share_contact(self, caller: Caller) -> None:
        """Keep what the reporter's token says of them, only while they share it."""
        shared = msgspec.to_builtins(caller.contact) if self.share_identity else None
        self.contact = (shared or None) if self.reporter is not None else None

    def visible_to(self, caller: Caller) -> bool:
        """Whether the caller may know that this report exists."""
        return not self.withheld or self.is_reporter(caller) or self.in_hands_of(caller)

    def account(self) -> dict[str, Any]:
        """All that the figures know of it, by the names that events give it."""
        standing = msgspec.convert(self.standing or {}, Standing)
        return {
            **msgspec.structs.asdict(standing),
            "status": self.status,
            "category": self.category,
            "agency_id": self.agency,
            "areas": [{"id": area.id, "level": area.level} for area in self.chain],
            "resolve_due": self.promised,
            "cell": self.geohash and self.geohash[:CELL_LENGTH],
        }

    def event(self, type: str, at: datetime, **facts: Any) -> Event:
        """An event about the report as it is now; `facts` are further fields of EventData."""
        data = EventData(
            report_id=self.id,
            number=self.number,
            version=int(self.version),
            status=self.status,
            category=self.category,
            agency_id=self.agency,
            areas=[EventArea(area.id, area.level) for area in self.chain],
            location={"lat": float(self.lat), "lon": float(self.lon)},
            reported_at=self.created_at,
            resolve_due=self.promised,
            escalated_to=self.escalated_to,
            private=self.withheld,
            hidden=self.hidden,
            duplicate_of=self.duplicate_of,
            duplicate_ids=self.duplicate_ids,
            recurrence_of=self.recurrence_of,
            url=f"{settings.public_url}/v1/reports/{self.id}",
            **facts,
        )
        return new_event(type, data, at)


class Update(Table):
    """One entry of the public timeline."""

    class Meta(_ReportsTable):
        pass

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute()
    kind = UnicodeAttribute()
    by = UnicodeAttribute()
    agency = UnicodeAttribute(null=True)
    status = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    notes = JSONAttribute(null=True)
    photo_ids = JSONAttribute(null=True)
    changed = JSONAttribute(null=True)
    about = UnicodeAttribute(null=True)
    clock = UnicodeAttribute(null=True)


class Note(Table):
    """What agencies tell each other about a report, and no one else; `kind` as in notes.py.

    It has no part in the timeline and no event: it never leaves by a webhook.
    """

    class Meta(_ReportsTable):
        pass

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute()
    kind = UnicodeAttribute()
    by = UnicodeAttribute(null=True)
    agency = UnicodeAttribute(null=True)
    text = UnicodeAttribute(null=True)
    assignee = UnicodeAttribute(null=True)


class Number(Table):
    """Reserves a report's short human number: no two reports share one."""

    class Meta(_ReportsTable):
        pass

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="number")
    report_id = UnicodeAttribute()


class Submission(Table):
    """What a client's own key (`client_id` or `Idempotency-Key`) has already created."""

    class Meta(_ReportsTable):
        pass

    id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True, default="submission")
    report_id = UnicodeAttribute()
    body_hash = UnicodeAttribute()
    expires = NumberAttribute()


def geohash_of(point: Point) -> str:
    """12 characters, about 4 cm: what the indexes are cut from."""
    return encode(point, 12)


def due_shard(report_id: str) -> str:
    """The partition of index `due` that a report is in."""
    return str(crc32(report_id.encode()) % DUE_SHARDS)


def find(report_id: str) -> Report:
    """The report; ReportNotFound when there is none, it was erased, or the id is no ULID."""
    try:
        id_time(report_id)
        report = Report.get(report_id, "report", consistent_read=True)
    except (ValueError, Report.DoesNotExist):
        raise ReportNotFound from None
    if report.is_gone:
        raise ReportNotFound
    return report


def timeline(report_id: str) -> list[Update]:
    """All updates of a report, the oldest first."""
    return list(Update.query(report_id, Update.item.startswith("update#"), consistent_read=True))


def notes_of(report_id: str) -> list[Note]:
    """All internal notes of a report, the oldest first."""
    return list(Note.query(report_id, Note.item.startswith("note#"), consistent_read=True))


def remember_word(report: Report, entry: dict[str, Any]) -> None:
    """Note that the entry of this version has a word of the city for the public, if it has."""
    private = entry["kind"] in PRIVATE_KINDS
    if entry.get("note") and entry["by"] in ("agency", "moderator") and not private:
        report.said_in = _update_item(report)


def _update_item(report: Report) -> str:
    return f"update#{int(report.version):06d}"


def update_of(report: Report, at: datetime, kind: str, by: str, **facts: Any) -> Update:
    """A timeline entry named by the version it led to: the same change cannot be told twice."""
    return Update(
        id=report.id,
        item=_update_item(report),
        at=text(at),
        kind=kind,
        by=by,
        **facts,
    )
