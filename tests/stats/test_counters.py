"""All counters can be made anew from the event log, while the city goes on."""

from collections import Counter
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.clock import now
from chalicelib.events import counters as table
from chalicelib.events.counters import Editions
from chalicelib.settings import settings
from chalicelib.stats import counters
from tests.city import KENANGA, MELATI, NORTH, ROADS, City, officer
from tests.events.stream import bring_all
from tests.reports.storage import meanwhile


@pytest.fixture
def busy(city: City) -> City:
    """A city with five public reports, one of them yellow, and a private one."""
    for place in (KENANGA, KENANGA, MELATI, NORTH):
        city.report(place)
    city.report(NORTH, private=True)
    id = city.report(KENANGA)["id"]
    taken = {"status": "acknowledged"}
    assert city.post(f"/v1/reports/{id}/status", taken, by=officer(ROADS)).status == 200
    return city


RIGHT = {"red": 4, "yellow": 1}


def drawn(city: City) -> dict[str, int]:
    """How many reports of each colour the map has."""
    found = Counter[str]()
    for cell in city.get("/v1/map?bbox=106,-7,108,-6&zoom=5").json["cells"]:
        found.update(cell["by_colour"])
    return {colour: number for colour, number in found.items() if number}


def test_a_city_that_has_never_counted_begins_with_its_whole_log(busy: City) -> None:
    assert drawn(busy) == {}
    # On the map the private report's event moves nothing, in the figures it does.
    assert counters.rebuild(now()) == 7
    assert drawn(busy) == RIGHT


def test_what_the_stream_brings_after_a_recount_is_not_counted_again(busy: City) -> None:
    counters.rebuild(now())
    bring_all()
    assert drawn(busy) == RIGHT
    busy.report(KENANGA)
    bring_all()
    assert drawn(busy) == {"red": 5, "yellow": 1}


def test_what_the_stream_brings_during_a_recount_is_counted_once(busy: City) -> None:
    bring_all()
    with meanwhile(bring_all):
        counters.rebuild(now())
    assert drawn(busy) == RIGHT
    assert counters.differences() == {}


def test_the_map_stays_as_it_was_until_the_recount_is_done(busy: City) -> None:
    bring_all()
    during: list[Any] = []
    with meanwhile(lambda: during.append(drawn(busy))):
        counters.rebuild(now())
    assert during == [RIGHT]


def test_a_recount_that_was_broken_off_can_begin_again(busy: City) -> None:
    bring_all()
    table.set_editions(Editions(shown=1, counted=2))
    bring_all()
    counters.rebuild(now())
    assert drawn(busy) == RIGHT
    assert table.everything(1) == table.everything(2) == {}


def test_counters_that_follow_the_stream_agree_with_the_log(busy: City) -> None:
    bring_all()
    assert counters.differences() == {}


def test_a_counter_that_is_wrong_by_one_is_found(busy: City) -> None:
    bring_all()
    counter, right = next(one for one in table.everything(1).items() if "red" in one[1])
    wrong = {**right, "red": right["red"] + 1}
    _set(table.key(1, counter), wrong["red"])
    assert counters.differences() == {counter: (wrong, right)}


def _set(key: dict[str, Any], red: int) -> None:
    aws.dynamodb().update_item(
        TableName=settings.counters_table,
        Key=key,
        UpdateExpression="SET red = :red",
        ExpressionAttributeValues={":red": {"N": str(red)}},
    )
