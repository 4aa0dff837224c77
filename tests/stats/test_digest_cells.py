"""The digest of a city that has no areas to draw: figures and a map by geohash cell."""

import csv
import io
import json
import re
from typing import Any

import boto3
import hypothesis
import pygeohash
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.agencies import directory
from chalicelib.places.geohash import ALPHABET, centre, decode, encode
from chalicelib.places.point import Point
from chalicelib.settings import settings
from chalicelib.stats import cell_map, pages, pdf
from chalicelib.stats import cells as figures_by_cell
from chalicelib.stats.cell_map import LEAST, REACH
from chalicelib.stats.cells import BUSIEST, CellCounts, CellFigures, busiest
from chalicelib.stats.models import find_run
from chalicelib.stats.wording import Wording
from tests.city import AREAS, KENANGA, MELATI, NORTH, City
from tests.reports.steps import fixed, moved
from tests.stats.published import published
from tests.stats.test_digests import MONTH, digest, files, ran

COUNTS = st.dictionaries(
    st.builds(
        encode,
        st.builds(Point, st.floats(-6.4, -6.1), st.floats(106.6, 107.0))
        | st.builds(Point, st.floats(-90, 90), st.floats(-180, 180)),
        st.just(6),
    ),
    st.integers(0, 9),
    max_size=40,
)


@pytest.fixture
def bare(city: City) -> City:
    """A city of a single area, which is no map."""
    assert directory.replace_areas(AREAS[:1])
    return city


def test_every_file_has_the_cells_that_the_api_tells(bare: City) -> None:
    for place in (KENANGA, KENANGA, NORTH):
        bare.report(place)
    fixed(bare, bare.report(MELATI))
    made = files(ran(bare, digest(bare, language="en")))
    by_cell = json.loads(made["json"])["by_cell"]
    assert by_cell == bare.get(f"/v1/stats/cells?period={MONTH}").json["cells"]
    told = {one["cell"]: list(one["figures"].values()) for one in by_cell}
    assert told == {
        encode(KENANGA, 6): [2, 0, 0, 0],
        encode(MELATI, 6): [1, 1, 1, 0],
        encode(NORTH, 6): [1, 0, 0, 0],
    }
    rows = [row for row in csv.reader(io.StringIO(made["csv"].decode())) if row[0] == "cell"]
    assert [int(row[4]) for row in rows] == [count for some in told.values() for count in some]
    where = {row[1]: tuple(map(float, row[2][len("POINT (") : -1].split())) for row in rows}
    assert where == {cell: (centre(cell).lon, centre(cell).lat) for cell in told}
    page = made["html"].decode()
    assert re.findall(r"<title>(\w{6}): (\d+)</title>", page) == [
        (cell, str(submitted)) for cell, (submitted, *_) in told.items()
    ]
    table = re.findall(r'row">(\d+)\.&nbsp;.*?<td>(\d+)</td>', page, re.S)
    assert table == [("1", "2"), ("2", "1"), ("3", "1")]
    assert made["pdf"].startswith(b"%PDF-")


@pytest.mark.parametrize("only", [{"filters": {"category": "jalan-rusak"}}, {"time_zone": "UTC"}])
def test_cells_are_those_of_all_reports_of_the_citys_own_days(bare: City, only: Any) -> None:
    bare.report()
    made = files(ran(bare, digest(bare, **only)))
    assert "by_cell" not in json.loads(made["json"])
    assert "Tempat laporan" not in made["html"].decode()


def test_a_city_with_areas_has_the_map_of_areas(city: City) -> None:
    city.report()
    made = files(ran(city, digest(city)))
    assert "by_cell" not in json.loads(made["json"])
    assert "Kenanga: 1</title>" in made["html"].decode()


def test_a_revision_names_the_cells_that_have_changed(bare: City) -> None:
    report, id = bare.report(KENANGA), digest(bare)
    ran(bare, id)
    moved(bare, report, "acknowledged")
    bare.report(NORTH)
    kenanga, north = encode(KENANGA, 6), encode(NORTH, 6)
    assert of_cells(ran(bare, id)) == {
        (kenanga, "followed_up"): (0, 1),
        (north, "submitted"): (None, 1),
        (north, "followed_up"): (None, 0),
        (north, "claimed_resolved"): (None, 0),
        (north, "confirmed_resolved"): (None, 0),
    }


def test_revisions_of_other_precisions_are_compared_in_the_larger_cells(
    bare: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare.report(KENANGA)
    bare.report(Point(KENANGA.lat + 0.01, KENANGA.lon))
    id = digest(bare)
    ran(bare, id)
    bare.report(Point(KENANGA.lat, KENANGA.lon + 0.012))
    monkeypatch.setattr(figures_by_cell, "MOST", 2)
    assert of_cells(ran(bare, id)) == {(encode(KENANGA, 5), "submitted"): (2, 3)}


def test_a_revision_from_before_there_were_cells_is_not_compared_by_them(bare: City) -> None:
    bare.report(KENANGA)
    id = digest(bare)
    key = find_run(id, ran(bare, id)["id"]).files["json"]
    s3 = boto3.client("s3")
    old = json.loads(s3.get_object(Bucket=settings.exports_bucket, Key=key)["Body"].read())
    del old["by_cell"]
    s3.put_object(Bucket=settings.exports_bucket, Key=key, Body=json.dumps(old).encode())
    bare.report(NORTH)
    assert of_cells(ran(bare, id)) == {}


def test_reports_too_far_apart_for_small_cells_are_drawn_in_larger_ones(
    bare: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_map, "REACH", 2)
    bare.report(KENANGA)
    bare.report(MELATI)
    made = json.loads(files(ran(bare, digest(bare)))["json"])["by_cell"]
    assert {one["cell"]: one["figures"]["submitted"] for one in made} == {
        encode(KENANGA, 5): 1,
        encode(MELATI, 5): 1,
    }


def of_cells(run: Any) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    """What a run's revision says has changed of cells; of the whole something has."""
    told = json.loads(files(run)["json"])["differences"]
    assert any(one["scope"] == "all" for one in told)
    return {
        (one["id"], one["figure"]): (one["before"], one["after"])
        for one in told
        if one["scope"] == "cell"
    }


@given(COUNTS)
@hypothesis.settings(max_examples=30, deadline=None)
def test_a_map_has_the_cells_around_the_middle_one_and_tells_how_many_reports_it_leaves_out(
    counts: dict[str, int],
) -> None:
    cells = [figures(cell, count) for cell, count in counts.items()]
    map = cell_map.drawn(cells)
    if not any(counts.values()):
        assert map is None
        return
    assert map
    shown = {one.id: one.count for one in map.outlines}
    assert shown.items() <= counts.items()
    assert sum(shown.values()) > 0
    # However far the farthest report, no cell is a dot; and ranks are those of the table.
    for axis, low, high in ((360, "west", "east"), (180, "south", "north")):
        boxes = [decode(id) for id in shown]
        lows = [getattr(box, low) - getattr(boxes[0], low) for box in boxes]
        apart = [(one + axis / 2) % axis - axis / 2 for one in lows]
        side = getattr(boxes[0], high) - getattr(boxes[0], low)
        assert max(apart) - min(apart) < (2 * REACH + 0.5) * side
    ranks = {one.cell: str(rank) for rank, one in enumerate(busiest(cells), 1)}
    named = {one.id: one.name for one in map.regions}
    assert named.items() <= ranks.items()
    assert [*named][:1] == [id for id in ranks if id in shown][:1]
    beyond = sum(counts.values()) - sum(shown.values())
    note = pages.map_note(map, Wording("en"))
    assert (f" {beyond} report" in note) == (beyond > 0)


@given(st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), min_size=1, max_size=30))
@hypothesis.settings(max_examples=30, deadline=None)
def test_across_the_antimeridian_a_map_is_the_same(places: list[tuple[int, int]]) -> None:
    wide = decode("zzzzzz").east - decode("zzzzzz").west
    high = decode("zzzzzz").north - decode("zzzzzz").south
    there, here = (
        cell_map.drawn(
            [
                figures(
                    encode(Point((row + 0.5) * high, _turned(lon + (column + 0.5) * wide)), 6), 1
                )
                for column, row in sorted(set(places))
            ]
        )
        for lon in (180, 0)
    )
    assert there is not None
    assert here is not None
    assert sorted(one.path for one in there.outlines) == sorted(one.path for one in here.outlines)


def test_a_lone_cell_is_in_the_middle_and_not_the_whole_map() -> None:
    map = cell_map.drawn([figures("qqguwe", 3)])
    assert map is not None
    (cell,) = map.outlines
    assert cell.middle == pytest.approx((map.width / 2, map.height / 2), abs=0.2)
    west, east = min(x for x, _ in cell.rings[0]), max(x for x, _ in cell.rings[0])
    assert map.width / (east - west) == pytest.approx(LEAST, rel=0.01)


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_table_has_the_busiest_with_where_they_are(language: str) -> None:
    cells = [figures(f"qqguw{letter}", n) for n, letter in enumerate(ALPHABET)]
    made = published(by_cell=cells)
    map = cell_map.drawn(cells)
    page = pages.html(made, language, map)
    assert len(re.findall(r'row">\d+\.&nbsp;\d', page)) == BUSIEST
    lat, lon, *_ = pygeohash.decode_exactly(cells[-1].cell)
    assert (round(lat, 3), round(lon, 3)) == (-6.199, 106.826)
    first = {
        "id": "1.&nbsp;6,199°\u00a0LS, 106,826°\u00a0BT",
        "en": "1.&nbsp;6.199°\u00a0S, 106.826°\u00a0E",
    }
    assert first[language] in page
    assert {"id": "1,2 \u00d7 0,6 km", "en": "1.2 \u00d7 0.6 km"}[language] in page
    paper = pdf.pdf(made, language, map)
    assert paper == pdf.pdf(made, language, map)


def figures(cell: str, submitted: int) -> CellFigures:
    return CellFigures(cell, centre(cell), CellCounts(submitted), CellCounts(submitted - 1))


def _turned(lon: float) -> float:
    return lon - 360 if lon > 180 else lon
