"""The figures follow from every step, and are those that a plain recount of the log gives."""

from datetime import timedelta
from typing import Any

import msgspec

from chalicelib.clock import now
from chalicelib.events.models import Envelope, Event
from chalicelib.reports import settling
from chalicelib.settings import settings
from chalicelib.stats import periods
from chalicelib.stats.scopes import Scope
from tests.city import CITIZEN, KENANGA, MELATI, MODERATOR, ROAD, ROADS, WARD, City, officer
from tests.events.stream import bring_all
from tests.reports.steps import confirm, fixed, moved
from tests.stats.plain_recount import recount
from tests.stats.test_figures import assert_same, bare


def counted(city: City, **scope: str) -> dict[str, Any]:
    """What the API tells of the reports of this test, once the stream has brought all events."""
    bring_all()
    period = periods.current("year", now(), settings.time_zone)
    words = "".join(f"&{name}={id}" for name, id in scope.items())
    answer = city.get(f"/v1/stats?period={period.label}{words}")
    assert answer.status == 200, answer.body
    figures: dict[str, Any] = answer.json["figures"]
    log = [bare(msgspec.json.decode(row.body, type=Envelope)) for row in Event.scan()]
    assert_same(figures, recount(log, period, Scope(**scope), now()))
    return figures


def several(figures: dict[str, Any], *names: str) -> list[Any]:
    return [figures[name] for name in names]


def test_a_withdrawn_report_counts_as_withdrawn_and_nowhere_else(city: City) -> None:
    report = city.report()
    city.report()
    city.post(f"/v1/reports/{report['id']}/withdraw", {}, by=CITIZEN)
    found = several(counted(city), "submitted", "withdrawn", "followed_up", "backlog")
    assert found == [1, 1, 0, 1]


def test_only_a_moderator_can_take_spam_out_of_the_figures(city: City) -> None:
    moved(city, city.report(), "rejected", reason="spam")
    assert several(counted(city), "submitted", "rejected", "spam") == [1, 1, 0]
    spam = city.report()
    moved(city, spam, "rejected", MODERATOR, reason="spam")
    assert several(counted(city), "submitted", "rejected", "spam") == [1, 1, 1]
    moved(city, spam, "reopened", MODERATOR)
    found = several(counted(city), "submitted", "rejected", "spam", "reopened", "disputed")
    assert found == [2, 1, 0, 1, 0]


def test_a_disputed_fix_stays_claimed_and_its_first_response_stays(city: City) -> None:
    report = city.report()
    confirm(city, fixed(city, report), False, body={"rating": 1})
    figures = counted(city)
    names = ("claimed_resolved", "confirmed_resolved", "disputed", "reopened", "backlog")
    assert several(figures, *names) == [1, 0, 1, 1, 1]
    assert several(figures["satisfaction"], "share", "n") == [0, 1]
    assert (figures["first_response_hours"]["n"], figures["resolve_hours"]["n"]) == (1, 0)
    confirm(city, fixed(city, report, officer(ROADS, "lain")), True, body={"rating": 4})
    figures = counted(city)
    assert several(figures, *names) == [1, 1, 1, 1, 0]
    assert several(figures["satisfaction"], "share", "n") == [1, 1]


def test_confirmed_by_nobody_is_counted_apart_from_confirmed_by_a_person(city: City) -> None:
    confirm(city, fixed(city, city.report()), True)
    fixed(city, city.report())
    assert settling.sweep(now() + timedelta(days=7)).unanswered == 1
    names = ("claimed_resolved", "confirmed_resolved", "unanswered")
    assert several(counted(city), *names) == [2, 1, 1]


def test_an_escalated_hand_over_is_a_hand_over(city: City) -> None:
    report = city.report()
    for holder, to in ((ROADS, WARD), (WARD, ROADS), (ROADS, WARD)):
        moved(city, report, "referred", officer(holder), refer_to=to)
    assert several(counted(city), "referred", "bounced", "followed_up") == [1, 1, 1]


def test_a_duplicate_folds_until_it_is_un_merged(city: City) -> None:
    original, copy = city.report(), city.report()
    moved(city, copy, "duplicate", duplicate_of=original["id"])
    figures = counted(city)
    assert several(figures, "submitted", "clustered", "backlog") == [2, 1, 1]
    assert figures["service_level"] == {"kept": 1, "of": 1}
    city.post(f"/v1/reports/{copy['id']}/unmerge", {}, by=officer(ROADS))
    figures = counted(city)
    assert several(figures, "submitted", "clustered", "backlog") == [2, 2, 2]
    assert figures["service_level"] == {"kept": 0, "of": 0}


def test_a_corrected_report_counts_where_it_now_is(city: City) -> None:
    report = city.report(KENANGA)
    body = {"location": {"lat": MELATI.lat, "lon": MELATI.lon}}
    city.call("PATCH", f"/v1/reports/{report['id']}", body, by=CITIZEN)
    areas = ("uji", "melati", "kenanga")
    assert [counted(city, area=area)["submitted"] for area in areas] == [1, 1, 0]
    assert counted(city, agency=WARD, area="melati", category=ROAD)["submitted"] == 1
    assert counted(city, agency=ROADS)["submitted"] == 0
