"""Random lives of reports as their events tell them, with the code that writes standings."""

import random
from datetime import timedelta
from typing import Any

import msgspec

from chalicelib.clock import moment, new_id, text
from chalicelib.events.models import Envelope
from chalicelib.reports import lifecycle, standing
from chalicelib.reports.models import Report, geohash_of

Told = tuple[str, Envelope]

BEGAN, UNTIL = moment("2026-07-20T16:30:00Z"), moment("2026-12-24T00:00:00Z")
CHAINS = ((), ("uji",), ("uji", "melati"), ("uji", "kenanga"))
AGENCIES = (None, "dinas-jalan", "kelurahan-melati")
CATEGORIES = ("jalan-rusak", "sampah")
# Two of one cell, one beyond its border, one of another city.
PLACES = ((-6.2012, 106.8012), (-6.2009, 106.8016), (-6.1988, 106.8012), (-7.25, 112.75))
PAUSES = (0.0, 0.3, 70, 1_000, 40_000, 86_400, 86_400 * 6, 86_400 * 25, 86_400 * 80)


class Life:
    """One report, changed at random by the rules of the life cycle until UNTIL."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._at = BEGAN + timedelta(seconds=dice.uniform(0, 86_400 * 75))
        self.events: list[Told] = []
        self._report = Report(
            id=new_id(self._at),
            number="UJI-1",
            category=dice.choice(CATEGORIES),
            description="Lubang",
            title="Lubang",
            areas=self._chain(),
            agency=dice.choice(AGENCIES),
            created_at=text(self._at),
            resolve_due=self._due(),
        )
        self._put()
        self._tell("report.created", actor="reporter")
        for _ in range(dice.randrange(8)):
            self._live()

    def finish(self) -> list[Told]:
        """All events, with what time alone has done until the end."""
        self._pass_until(UNTIL)
        return self.events

    def _live(self) -> None:
        at = self._at + timedelta(seconds=self._dice.choice(PAUSES) * self._dice.uniform(0.5, 1))
        if at >= UNTIL:
            return
        self._pass_until(at)
        match self._dice.choice(("status",) * 6 + ("correct", "photo", "undo", "hide", "show")):
            case "status":
                self._move()
            case "correct" if self._report.status == "submitted":
                self._correct()
            case "undo" if self._report.status == "duplicate":
                before = self._report.status_before or "submitted"
                self._enter("report.unmerged", before, "agency", None)
            case "hide" if self._report.hidden is None:
                self._report.hidden = self._dice.choice(("spam", "spam", "personal_data"))
                self._tell("report.hidden", actor="moderator")
            case "show" if self._report.hidden is not None:
                self._report.hidden = None
                self._tell("report.shown", actor="moderator")
            case _:
                self._tell("report.photo_ready")

    def _pass_until(self, at: Any) -> None:
        """The clock goes on, and the sweep tells of a due time that has passed."""
        due = moment(self._report.resolve_due) if self._report.resolve_due else at
        if self._at <= due < at and lifecycle.is_open(self._report.status):
            # At the very moment there was still time.
            self._at = due + timedelta(milliseconds=1)
            self._tell("report.overdue")
        self._at = at

    def _move(self) -> None:
        next = lifecycle.STATUSES[self._report.status].next
        if not next:
            return
        status = self._dice.choice(next)
        actor = self._dice.choice(lifecycle.STATUSES[status].entered_by)
        reasons = lifecycle.REASONS.get(status, ())
        likely = [one for one in ("fixed", "spam") if one in reasons]
        reason = self._dice.choice((*reasons, *likely * 3)) if reasons else None
        event = "report.status_changed"
        if actor == "reporter" and status in ("confirmed", "reopened"):
            event = "report.confirmed" if status == "confirmed" else "report.disputed"
        self._enter(event, status, actor, reason)

    def _enter(self, event: str, status: str, actor: str, reason: str | None) -> None:
        report, facts = self._report, dict[str, Any](actor=actor, reason=reason)
        before, report.status, report.reason = report.status, status, reason
        facts["previous_status"] = before
        if status == "duplicate":
            report.status_before = before
        if status in lifecycle.AGENCY_ACTIONS and report.first_response_at is None:
            report.first_response_at = text(self._at)
        if status == "referred" and event != "report.unmerged":
            report.hand_over_count = int(report.hand_over_count or 0) + 1
            report.agency = self._dice.choice(AGENCIES[1:])
        if event in ("report.confirmed", "report.disputed"):
            facts["rating"] = self._dice.choice((None, 1, 3, 4, 5))
            report.rating = facts["rating"] or report.rating
        report.confirmed_by = actor if status == "confirmed" else None
        self._tell(event, **facts)

    def _correct(self) -> None:
        report = self._report
        report.category, report.areas = self._dice.choice(CATEGORIES), self._chain()
        report.agency, report.resolve_due = self._dice.choice(AGENCIES), self._due()
        self._put()
        self._tell("report.edited", actor="reporter")

    def _tell(self, event: str, **facts: Any) -> None:
        report = self._report
        if event != "report.created":
            report.version = int(report.version) + 1
        told = {}
        if event != "report.photo_ready":
            told = standing.told(report, event, self._at, facts.get("actor"))
        row = report.event(event, self._at, **facts, **told)
        report.account_read = report.account()
        self.events.append((row.id, msgspec.json.decode(row.body, type=Envelope)))

    def _put(self) -> None:
        self._report.lat, self._report.lon = self._dice.choice(PLACES)
        self._report.geohash = geohash_of(self._report.point)

    def _chain(self) -> list[dict[str, Any]]:
        chain = self._dice.choice(CHAINS)
        return [{"id": id, "name": id, "level": level} for level, id in enumerate(chain, 1)]

    def _due(self) -> str | None:
        hours = self._dice.choice((None, 2, 72, 24 * 40))
        return None if hours is None else text(self._at + timedelta(hours=hours))
