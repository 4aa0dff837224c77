"""The figures follow from the events of every step."""

from datetime import timedelta

import msgspec

from chalicelib.clock import now
from chalicelib.events.models import Envelope, Event
from chalicelib.reports import settling
from chalicelib.stats.figures import Figures, Scope, recount
from chalicelib.stats.periods import Period
from tests.city import CITIZEN, KENANGA, MELATI, ROADS, WARD, City, officer
from tests.reports.steps import confirm, fixed, moved

AHEAD = timedelta(days=8)


def counted(scope: Scope | None = None) -> Figures:
    """The figures of all reports of this test, from all that was ever told of them."""
    rows = sorted(Event.scan(), key=lambda event: str(event.id))
    events = [msgspec.json.decode(row.body, type=Envelope) for row in rows]
    start = now() - timedelta(hours=1)
    period = Period("day", "today", start, start + timedelta(hours=2))
    return recount(events, period, scope or Scope(), now() + AHEAD).figures


def test_a_withdrawn_report_counts_as_withdrawn_and_nowhere_else(city: City) -> None:
    report = city.report()
    city.report()
    city.post(f"/v1/reports/{report['id']}/withdraw", {}, by=CITIZEN)
    figures = counted()
    assert (figures.submitted, figures.withdrawn, figures.followed_up) == (1, 1, 0)


def test_confirmed_by_nobody_is_counted_apart_from_confirmed_by_a_person(city: City) -> None:
    confirm(city, fixed(city, city.report()), True)
    fixed(city, city.report())
    assert settling.sweep(now() + timedelta(days=7)).unanswered == 1
    figures = counted()
    assert figures.claimed_resolved == 2
    assert (figures.confirmed_resolved, figures.unanswered) == (1, 1)


def test_an_escalated_hand_over_is_a_hand_over(city: City) -> None:
    report = city.report()
    for holder, to in ((ROADS, WARD), (WARD, ROADS), (ROADS, WARD)):
        moved(city, report, "referred", officer(holder), refer_to=to)
    figures = counted()
    assert (figures.referred, figures.followed_up) == (1, 1)


def test_a_duplicate_folds_until_it_is_un_merged(city: City) -> None:
    original, copy = city.report(), city.report()
    moved(city, copy, "duplicate", duplicate_of=original["id"])
    assert (counted().submitted, counted().clustered) == (2, 1)
    before = counted().service_level
    assert (before.kept, before.of) == (1, 2)
    city.post(f"/v1/reports/{copy['id']}/unmerge", {}, by=officer(ROADS))
    assert (counted().submitted, counted().clustered) == (2, 2)
    assert (counted().service_level.kept, counted().service_level.of) == (0, 2)


def test_a_corrected_report_counts_where_it_now_is(city: City) -> None:
    report = city.report(KENANGA)
    body = {"location": {"lat": MELATI.lat, "lon": MELATI.lon}}
    city.call("PATCH", f"/v1/reports/{report['id']}", body, by=CITIZEN)
    by_area = [counted(Scope(area=area)).submitted for area in ("uji", "melati", "kenanga")]
    assert by_area == [1, 1, 0]
    assert counted(Scope(agency=WARD)).submitted == 1
