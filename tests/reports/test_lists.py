"""Lists by area, by heat and by filter: right, exact over their pages, and without waste."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clock import now, text
from chalicelib.places.box import Box
from chalicelib.places.point import Point
from chalicelib.reports import heat
from chalicelib.reports.index import PROJECTED, Entry, ReportItem, item_of
from chalicelib.web import encode
from tests.city import AREAS, CITIZEN, KENANGA, MELATI, NORTH, ROADS, City, Person, officer
from tests.reports.crowd import (
    BEGAN,
    EVERYTHING,
    KINDS,
    SPOT,
    STATUSES,
    TOWN,
    Crowd,
    Wanted,
    filters,
    pages,
)

pytestmark = pytest.mark.xdist_group("crowd")

AROUND_TOWN = f"bbox={TOWN.west},{TOWN.south},{TOWN.east},{TOWN.north}"
IN_TOWN = f"/v1/reports?{AROUND_TOWN}"
LAMBDA_ANSWER = 6 * 1024 * 1024


def ids(items: Any) -> list[str]:
    return [item["id"] for item in items]


def walked(path: str, between: Callable[[], None] = lambda: None) -> list[str]:
    """The ids of all pages, in order."""
    return [id for page in pages(City(), path, between) for id in ids(page)]


def hottest(crowd: Crowd, box: Box, wanted: Wanted) -> list[str]:
    """The open reports of the box, the hottest first, by looking at all of them."""
    is_open = {"submitted", "acknowledged", "in_progress", "referred", "reopened"}
    inside = set(crowd.inside(box, wanted))
    found = [one for one in crowd.known if one.id in inside and one.status in is_open]
    keys = [(heat.key(one.id, crowd.supports.get(one.id, 0)), one.id) for one in found]
    return [id for _, id in sorted(keys, reverse=True)]


def support(crowd: Crowd, chance: random.Random) -> None:
    """Give some reports supports, a few of them many."""
    for one in chance.sample(crowd.known, 150):
        crowd.supported(one.id, chance.choice((1, 2, 3, 10, 100, 5000)))


@pytest.fixture(scope="module")
def supported(crowd: Crowd) -> Crowd:
    support(crowd, random.Random(11))
    return crowd


@pytest.mark.parametrize("seed", range(4))
def test_trending_are_the_hottest_open_reports(supported: Crowd, seed: int) -> None:
    chance = random.Random(seed)
    with supported.quick:
        for limit in (1, 7, 50):
            wanted = filters(chance)
            path = f"{IN_TOWN}&sort=trending&limit={limit}{wanted.query()}"
            expected = hottest(supported, TOWN, wanted)
            assert ids(City().get(path).json["items"]) == expected[:limit], path
            assert walked(path) == expected, path


def test_supports_lift_an_old_report_above_a_newer_one(city: City) -> None:
    old, new = city.report(NORTH), city.report(NORTH)
    path = f"{IN_TOWN}&sort=trending"
    assert ids(city.get(path).json["items"]) == [new["id"], old["id"]]
    city.call("PUT", f"/v1/reports/{old['id']}/support", by=Person("citizen", "tetangga"))
    assert ids(city.get(path).json["items"]) == [old["id"], new["id"]]
    city.call("DELETE", f"/v1/reports/{old['id']}/support", by=Person("citizen", "tetangga"))
    assert ids(city.get(path).json["items"]) == [new["id"], old["id"]]


def test_a_closed_report_does_not_trend_until_it_is_open_again(city: City) -> None:
    report = city.report(KENANGA)
    path = f"{IN_TOWN}&sort=trending"
    status = f"/v1/reports/{report['id']}/status"
    rejected = {"status": "rejected", "reason": "spam", "note": "Bukan laporan."}
    assert city.post(status, rejected, by=officer(ROADS)).status == 200
    assert city.get(path).json["items"] == []
    reopened = {"status": "reopened", "note": "Keliru."}
    assert city.post(status, reopened, by=Person("moderator", "moderator")).status == 200
    assert ids(city.get(path).json["items"]) == [report["id"]]


def test_a_private_report_neither_trends_nor_is_listed_by_area(city: City) -> None:
    report = city.report(KENANGA, private=True)
    city.call("PUT", f"/v1/reports/{report['id']}/support", by=officer(ROADS))
    for path in (f"{IN_TOWN}&sort=trending", "/v1/reports?area=uji"):
        assert city.get(path).json["items"] == []


def test_an_area_lists_what_lies_in_it_and_in_the_areas_below(city: City) -> None:
    melati = [city.report(MELATI, category="jalan-rusak")["id"] for _ in range(3)]
    kenanga, north = city.report(KENANGA)["id"], city.report(NORTH)["id"]
    assert ids(city.get("/v1/reports?area=melati").json["items"]) == melati[::-1]
    assert ids(city.get("/v1/reports?area=kenanga").json["items"]) == [kenanga]
    assert ids(city.get("/v1/reports?area=uji").json["items"]) == [north, kenanga, *melati[::-1]]
    assert ids(city.get("/v1/reports?area=melati&sort=trending").json["items"]) == melati[::-1]
    assert walked("/v1/reports?area=uji&limit=2") == [north, kenanga, *melati[::-1]]


def test_an_area_lists_exactly_the_reports_that_name_it(city: City) -> None:
    edge = AREAS[1].geometry[0][0][2][0]  # the border between the two areas
    for lon in (edge - 1e-6, edge, edge + 1e-6):
        city.report(Point(MELATI.lat, lon))
    listed = {area.id: set(walked(f"/v1/reports?area={area.id}")) for area in AREAS}
    assert len(listed["uji"]) == 3
    for id in listed["uji"]:
        named = {area["id"] for area in city.get(f"/v1/reports/{id}").json["areas"]}
        assert named == {area for area in listed if id in listed[area]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("area=tidak-ada", "area"),
        ("area=", "area"),
        ("area=uji&near=-6.2,106.8", "near"),
        (f"area=uji&{AROUND_TOWN}", "near"),
        ("area=uji&radius=100", "radius"),
        ("near=-6.2,106.8&sort=trending", "sort"),
        (f"{AROUND_TOWN}&sort=coldest", "sort"),
        ("bbox=100,-10,120,10&sort=trending", "bbox"),
    ],
)
def test_what_makes_no_list_is_refused_by_name(city: City, query: str, field: str) -> None:
    answer = city.get(f"/v1/reports?{query}")
    assert answer.status in (400, 422), answer.body
    assert field in [fault["field"] for fault in answer.json["errors"]]


def test_a_cursor_of_one_order_is_no_cursor_of_the_other(crowd: Crowd) -> None:
    with crowd.quick:
        cursor = City().get(f"{IN_TOWN}&limit=2&sort=trending").json["next"]
        answer = City().get(f"{IN_TOWN}&limit=2&cursor={cursor}")
    assert (answer.status, answer.json["code"]) == (400, "InvalidInput")


@pytest.mark.parametrize(
    ("seed", "query"),
    [
        (seed, query)
        for seed in range(3)
        for query in (AROUND_TOWN, f"near={SPOT.lat},{SPOT.lon}&radius=6000")
    ],
)
def test_pages_are_exact_while_reports_come_and_change_class(
    fresh: Crowd, seed: int, query: str
) -> None:
    chance = random.Random(seed)
    before = set(walked_in(fresh, f"/v1/reports?{query}&limit=200"))

    def meanwhile() -> None:
        for one in chance.sample(fresh.known, 25):
            fresh.change(one.id, chance.choice(STATUSES))
        fresh.add([SPOT], now)

    with fresh.quick:
        found = walked(f"/v1/reports?{query}&limit=40", meanwhile)
    assert len(found) == len(set(found))
    assert before <= set(found)


def test_trending_pages_hold_no_report_twice_while_others_close_and_come(fresh: Crowd) -> None:
    chance, closed = random.Random(2), set[str]()
    expected = hottest(fresh, TOWN, EVERYTHING)

    def meanwhile() -> None:
        for one in chance.sample(fresh.known, 10):
            fresh.change(one.id, "rejected")
            closed.add(one.id)
        fresh.add([SPOT], now)

    with fresh.quick:
        found = walked(f"{IN_TOWN}&sort=trending&limit=15", meanwhile)
    assert len(found) == len(set(found))
    assert [id for id in found if id not in closed] == [id for id in expected if id not in closed]


def walked_in(crowd: Crowd, path: str) -> list[str]:
    with crowd.quick:
        return walked(path)


@pytest.fixture
def fresh(crowd: Crowd) -> Crowd:
    """A crowd of one's own, only in the quick indexes: what is changed here nobody else sees."""
    return crowd.copy()


def read(crowd: Crowd, path: str) -> list[tuple[str, int]]:
    """Index and number of entries read of each request for one page."""
    crowd.quick.requests.clear()
    with crowd.quick:
        assert City().get(path).status == 200
    return [(request.name, request.read) for request in crowd.quick.requests]


def test_open_reports_are_found_without_reading_closed_ones(crowd: Crowd) -> None:
    crowd.quick.requests.clear()
    with crowd.quick:
        for query in (AROUND_TOWN, f"near={SPOT.lat},{SPOT.lon}"):
            assert City().get(f"/v1/reports?{query}&colour=red,yellow").status == 200
    assert {request.partition[-1] for request in crowd.quick.requests} == {"o"}


def test_a_category_is_read_from_its_own_partitions(crowd: Crowd) -> None:
    requests = read(crowd, f"{IN_TOWN}&category={KINDS[0]}&limit=200")
    assert {name for name, _ in requests} == {"kind"}
    shown = len(crowd.inside(TOWN, Wanted(category=(KINDS[0],))))
    beside = len(crowd.inside(Box(106.7, -6.35, 107.0, -6.05), Wanted(category=(KINDS[0],))))
    assert shown <= sum(number for _, number in requests) <= beside + len(requests)


def test_a_small_box_reads_its_own_cells_and_throws_categories_away(crowd: Crowd) -> None:
    small = f"bbox={SPOT.lon},{SPOT.lat},{SPOT.lon + 1e-4},{SPOT.lat + 1e-4}"
    requests = read(crowd, f"/v1/reports?{small}&category={KINDS[0]}")
    assert {name for name, _ in requests} == {"newest6"}


@pytest.mark.parametrize("sort", ["newest", "trending"])
def test_reports_before_since_are_not_read(crowd: Crowd, sort: str) -> None:
    since = text(BEGAN + timedelta(days=19))
    whole = sum(number for _, number in read(crowd, f"{IN_TOWN}&sort={sort}&limit=200"))
    requests = read(crowd, f"{IN_TOWN}&sort={sort}&limit=200&since={since}")
    assert sum(number for _, number in requests) < whole / 3


def test_reports_after_until_are_not_read(crowd: Crowd) -> None:
    until = text(BEGAN + timedelta(days=1))
    requests = read(crowd, f"{IN_TOWN}&limit=200&until={until}")
    inside = len(crowd.inside(Box(106.7, -6.35, 107.0, -6.05), Wanted(until=until)))
    assert sum(number for _, number in requests) <= inside + len(requests)


def test_a_filter_of_nothing_reads_nothing(crowd: Crowd) -> None:
    since, until = text(BEGAN + timedelta(days=2)), text(BEGAN + timedelta(days=1))
    assert read(crowd, f"{IN_TOWN}&since={since}&until={until}") == []
    assert read(crowd, f"{IN_TOWN}&status=submitted&colour=green") == []


def test_nearby_needs_few_requests_and_reads_little_on_a_crowded_spot(crowd: Crowd) -> None:
    requests = read(crowd, f"/v1/reports?near={SPOT.lat},{SPOT.lon}&radius=5000&limit=10")
    assert len(requests) <= 16
    assert sum(number for _, number in requests) < len(crowd.known) / 2


def test_the_same_list_again_is_not_sent_again(crowd: Crowd) -> None:
    with crowd.quick:
        for query in (AROUND_TOWN, f"near={SPOT.lat},{SPOT.lon}", f"{AROUND_TOWN}&sort=trending"):
            for accept in ("application/json", "application/geo+json"):
                headers = {"accept": accept}
                first = City().get(f"/v1/reports?{query}", headers=headers)
                known = {**headers, "if-none-match": first.headers["etag"]}
                again = City().get(f"/v1/reports?{query}", headers=known)
                assert (first.status, again.status, again.body) == (200, 304, "")


def test_a_changed_list_has_another_tag(city: City) -> None:
    first = city.get(IN_TOWN)
    city.report(NORTH, by=CITIZEN)
    again = city.get(IN_TOWN, headers={"if-none-match": first.headers["etag"]})
    assert (again.status, len(again.json["items"])) == (200, 1)


def test_the_largest_page_is_far_below_what_lambda_may_answer() -> None:
    page = {"items": [_worst() for _ in range(200)], "next": "x" * 400}
    assert len(encode(page).encode()) < LAMBDA_ANSWER / 10


def _worst() -> ReportItem:
    """An item with everything as long as it can be; JSON writes a control character with six."""
    entry = Entry(
        id="01KZZZZZZZ" + "Z" * 16,
        number="ABCDE-ZZZZZZ",
        category="x" * 64,
        title="\x01" * 60,
        status="acknowledged",
        point=Point(-85.123456, -179.123456),
        thumb="x" * 120,
        agency="x" * 64,
        area="x" * 64,
    )
    assert {*PROJECTED} <= {*Entry.__struct_fields__, "lat", "lon"}
    return item_of(entry, f"https://{'x' * 200}", 49_999.9)
