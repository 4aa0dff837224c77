"""After a change of the directory open reports go where it says now; a dry run only tells."""

from typing import Any

from chalicelib.reports.models import find
from tests.city import (
    ADMIN,
    KENANGA,
    MELATI,
    NORTH,
    ROAD,
    ROADS,
    RUBBISH,
    WARD,
    City,
    officer,
    told,
)
from tests.reports.steps import moved


def reroute(city: City, **body: Any) -> Any:
    answer = city.post("/v1/admin/reroute", body, by=ADMIN)
    assert answer.status == 200, answer.body
    return answer.json


def give_all_roads_to_the_ward(city: City) -> None:
    body = {"category": ROAD, "area": "*", "agency": WARD}
    assert city.call("PUT", "/v1/admin/routes/jalan", body, by=ADMIN).status == 200


def test_a_dry_run_tells_and_the_real_one_moves_the_same(city: City) -> None:
    waiting, working, private = (
        city.report(KENANGA),
        city.report(NORTH),
        city.report(KENANGA, private=True),
    )
    closed, brought, stays = city.report(KENANGA), city.report(MELATI), city.report(MELATI)
    moved(city, working, "in_progress")
    moved(city, closed, "rejected", reason="spam")
    moved(city, brought, "referred", officer(WARD), refer_to=ROADS)
    city.post(f"/v1/reports/{waiting['id']}/assignee", {"assignee": "ani"}, by=officer(ROADS))
    assert reroute(city)["items"] == []
    give_all_roads_to_the_ward(city)
    dry = reroute(city)
    wanted = {report["id"] for report in (waiting, working, private)}
    assert {one["id"] for one in dry["items"]} == wanted
    assert {(one["from_agency"], one["to_agency"], one["moved"]) for one in dry["items"]} == {
        (ROADS, WARD, False)
    }
    assert find(waiting["id"]).agency == ROADS
    real = reroute(city, dry_run=False)
    assert [one["id"] for one in real["items"]] == [one["id"] for one in dry["items"]]
    assert all(one["moved"] for one in real["items"])
    agencies = {find(id).agency for id in wanted}
    assert agencies == {WARD}
    assert find(waiting["id"]).assignee is None
    assert [find(one["id"]).agency for one in (closed, brought, stays)] == [ROADS, ROADS, WARD]
    event = told(waiting["id"])[-1]
    assert (event["type"], event["data"]["previous_agency_id"]) == ("report.routed", ROADS)
    after = city.get(f"/v1/reports/{working['id']}").json
    assert (after["status"], after["hand_over_count"]) == ("in_progress", 0)
    assert reroute(city, dry_run=False)["items"] == []
    assert {one["id"] for one in reroute(city, handed_over=True)["items"]} == {brought["id"]}


def test_page_by_page_everything_is_looked_at_once(city: City) -> None:
    sent = {city.report(at)["id"] for at in (KENANGA, NORTH, KENANGA)}
    give_all_roads_to_the_ward(city)
    for dry_run in (True, False):
        seen, cursor = [], None
        while True:
            page = reroute(city, dry_run=dry_run, limit=1, cursor=cursor)
            seen += [one["id"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert (set(seen), len(seen)) == (sent, 3)


def test_what_nobody_had_finds_its_agency(city: City) -> None:
    city.call(
        "PUT", "/v1/admin/agencies/balai-kota", {"name": "Balai Kota", "tier": "city"}, by=ADMIN
    )
    report = city.report(NORTH, category=RUBBISH, answers={"sejak": 1})
    assert report["agency"] is None
    body = {"category": RUBBISH, "area": "uji", "agency": ROADS}
    city.call("PUT", "/v1/admin/routes/sampah", body, by=ADMIN)
    reroute(city, dry_run=False)
    assert find(report["id"]).agency == ROADS
