"""Figures by geohash cell: what a plain recount gives, in every period, precision and box."""

import random

import msgspec
import pygeohash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.clock import now
from chalicelib.events import counting
from chalicelib.events.counting import Told
from chalicelib.places.box import Box
from chalicelib.places.point import Point
from chalicelib.settings import settings as deployment
from chalicelib.stats import cells as figures_by_cell
from chalicelib.stats import periods, tallies
from chalicelib.stats.cells import Cells, cells, coarser
from tests.city import CITIZEN, KENANGA, MELATI, NORTH, City
from tests.events.rows import Rows
from tests.events.stream import bring_all
from tests.reports.steps import confirm, fixed
from tests.stats.lives import PLACES, Life
from tests.stats.plain_recount import by_place
from tests.stats.test_figures import PERIODS, bare, counted, rows_in

NOTHING = {"submitted": 0, "followed_up": 0, "claimed_resolved": 0, "confirmed_resolved": 0}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2**32), min_size=1, max_size=15), st.data())
def test_however_events_come_cells_are_those_of_a_plain_recount(
    seeds: list[int], data: st.DataObject
) -> None:
    lives = [Life(random.Random(seed)).finish() for seed in seeds]
    rows = counted([event for life in lives for event in life], data)
    log = [bare(envelope) for life in lives for _, envelope in life]
    precision = data.draw(st.integers(1, 6))

    def grid(lat: float, lon: float) -> str:
        return str(pygeohash.encode(lat, lon, precision))

    for label in PERIODS:
        period = periods.parse(label, deployment.time_zone)
        earlier = periods.before(period, deployment.time_zone)
        now, then = (by_place(log, one, grid) for one in (period, earlier))
        found = of(rows, label, precision).cells
        assert [one.cell for one in found] == sorted(now.keys() | then.keys())
        for one in found:
            right, before = now.get(one.cell, NOTHING), then.get(one.cell, NOTHING)
            assert msgspec.to_builtins(one.figures) == right
            changes = {name: right[name] - before[name] for name in right}
            assert msgspec.to_builtins(one.change) == changes


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_box_has_just_the_cells_that_it_touches(data: st.DataObject) -> None:
    rows = LIVED
    lats, lons = st.floats(-90, 90), st.floats(-180, 180)
    near = st.sampled_from([lat for lat, _ in PLACES]), st.sampled_from([lon for _, lon in PLACES])
    south, north = sorted(data.draw(st.lists(near[0] | lats, min_size=2, max_size=2)))
    box = Box(data.draw(near[1] | lons), south, data.draw(near[1] | lons), north)
    for precision in (2, 6):
        everywhere = of(rows, "2026", precision).cells
        assert of(rows, "2026", precision, box).cells == [
            one for one in everywhere if _touches(box, one.cell)
        ]


def test_more_cells_than_a_map_shows_are_added_up_in_larger_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = LIVED
    fine = of(rows, "2026", 6)
    monkeypatch.setattr(figures_by_cell, "MOST", len(fine.cells) - 1)
    coarse = of(rows, "2026", 6)
    assert coarse.precision < fine.precision == 6
    assert len(coarse.cells) < len(fine.cells)
    sums = [sum(one.figures.submitted for one in some.cells) for some in (fine, coarse)]
    assert sums[0] == sums[1] > 0


@pytest.mark.parametrize("precision", [6, 5, 2])
def test_cells_added_up_are_those_counted_in_larger_ones(precision: int) -> None:
    fine, coarse = (of(LIVED, "2026-10", one).cells for one in (precision, precision - 1))
    assert coarser(fine) == coarse != fine


def test_the_figures_of_cells_follow_what_people_do(city: City) -> None:
    report = city.report()
    city.report(MELATI, private=True)
    confirm(city, fixed(city, report), True)
    assert told(city) == {cell(KENANGA): [1, 1, 1, 1], cell(MELATI): [1, 0, 0, 0]}
    other = city.report(KENANGA)
    moved = {"location": {"lat": NORTH.lat, "lon": NORTH.lon}}
    assert city.call("PATCH", f"/v1/reports/{other['id']}", moved, by=CITIZEN).status == 200
    assert told(city)[cell(NORTH)] == [1, 0, 0, 0]
    city.post(f"/v1/reports/{other['id']}/withdraw", {}, by=CITIZEN)
    assert told(city) == {cell(KENANGA): [1, 1, 1, 1], cell(MELATI): [1, 0, 0, 0]}


def test_cells_of_a_day_a_box_and_a_precision(city: City) -> None:
    today = periods.current("day", now(), deployment.time_zone)
    city.report()
    city.report(NORTH)
    bring_all()
    around = f"bbox={NORTH.lon - 0.01},{NORTH.lat - 0.01},{NORTH.lon + 0.01},{NORTH.lat + 0.01}"
    answer = city.get(f"/v1/stats/cells?period={today.label}&precision=5&{around}")
    assert answer.status == 200, answer.body
    assert answer.headers["cache-control"] == "public, max-age=30"
    (found,) = answer.json["cells"]
    assert found["cell"] == cell(NORTH)[:5]
    assert found["figures"] == found["change"] == {**NOTHING, "submitted": 1}
    latitude, longitude, *_ = pygeohash.decode_exactly(found["cell"])
    assert found["centre"]["lat"] == pytest.approx(latitude, abs=1e-6)
    assert found["centre"]["lon"] == pytest.approx(longitude, abs=1e-6)
    assert (answer.json["period"], answer.json["precision"]) == (today.label, 5)
    yesterday = answer.json["previous"]
    assert city.get(f"/v1/stats/cells?period={yesterday}").json["cells"] == []


def test_what_cells_cannot_be_asked(city: City) -> None:
    refused = {
        "period=gestern": (400, ["period"]),
        "period=0001": (400, ["period"]),
        "period=2999-01": (422, ["period"]),
        "precision=7": (400, ["precision"]),
        "precision=0": (400, ["precision"]),
        "bbox=1,2,3": (400, ["bbox"]),
        "bbox=0,10,0,9": (400, ["bbox"]),
        "bbox=nan,0,1,1": (400, ["bbox"]),
        "area=uji": (400, ["area"]),
    }
    found = {}
    for words in refused:
        answer = city.get(f"/v1/stats/cells?{words}")
        found[words] = (answer.status, [one["field"] for one in answer.json.get("errors", [])])
    assert found == refused


def lived(reports: int) -> Rows:
    """The rows of so many random lives."""
    rows = Rows()
    lives = [Life(random.Random(seed)).finish() for seed in range(reports)]
    every = [Told(id, tallies.moves(envelope)) for life in lives for id, envelope in life]
    counting.count(every, 1, now(), rows.write)
    return rows


LIVED = lived(20)


def of(rows: Rows, label: str, precision: int, box: Box = figures_by_cell.EVERYWHERE) -> Cells:
    """Read from rows in memory."""
    period = periods.parse(label, deployment.time_zone)
    earlier = periods.before(period, deployment.time_zone)
    table = rows.counters()
    return cells(
        period, earlier, precision, box, lambda ranges: [rows_in(table, one) for one in ranges]
    )


def told(city: City) -> dict[str, list[int]]:
    """By cell of six characters, what the API tells of this year."""
    bring_all()
    answer = city.get(f"/v1/stats/cells?period={now().astimezone(deployment.time_zone).year}")
    return {
        one["cell"]: list(one["figures"].values())
        for one in answer.json["cells"]
        if any(one["figures"].values())
    }


def cell(at: Point) -> str:
    return str(pygeohash.encode(at.lat, at.lon, 6))


def _touches(box: Box, geohash: str) -> bool:
    lat, lon, high, wide = pygeohash.decode_exactly(geohash)
    if lat + high < box.south or lat - high > box.north:
        return False
    spans = [(box.west, box.east)] if box.west <= box.east else [(box.west, 180), (-180, box.east)]
    return any(lon + wide >= west and lon - wide <= east for west, east in spans)
