"""Supporters and followers of a duplicate: with the original, counted once, and back again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import batched
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.clock import now
from chalicelib.reports import moving, settling
from chalicelib.reports.models import find
from chalicelib.settings import settings
from tests.city import City
from tests.reports.storage import race
from tests.reports.test_merging import merge, merged, unmerge

COUNTERS = {"support": "support_count", "follow": "follower_count"}


def with_people(city: City, *names: str, kind: str = "support") -> Any:
    """A report that these people support (or follow)."""
    report = city.report()
    add(report, *names, kind=kind)
    return report


def add(report: Any, *names: str, kind: str = "support") -> None:
    """More people for a report, as the writers of such rows leave them: rows and a count."""
    puts = [{"PutRequest": {"Item": _row(report, name, kind)}} for name in names]
    for some in batched(puts, 25):
        aws.dynamodb().batch_write_item(RequestItems={settings.reports_table: list(some)})
    _count(report, kind, len(names))


def leave(report: Any, name: str) -> None:
    key = {"id": {"S": report["id"]}, "item": {"S": f"support#{name}"}}
    aws.dynamodb().delete_item(TableName=settings.reports_table, Key=key)
    _count(report, "support", -1)


def _row(report: Any, name: str, kind: str) -> dict[str, Any]:
    facts = {"id": report["id"], "item": f"{kind}#{name}", "at": f"{report['id']} {name}"}
    return {attribute: {"S": value} for attribute, value in facts.items()}


def _count(report: Any, kind: str, more: int) -> None:
    aws.dynamodb().update_item(
        TableName=settings.reports_table,
        Key={"id": {"S": report["id"]}, "item": {"S": "report"}},
        UpdateExpression="ADD #count :more",
        ExpressionAttributeNames={"#count": COUNTERS[kind]},
        ExpressionAttributeValues={":more": {"N": str(more)}},
    )


def rows(report: Any, kind: str = "support") -> list[dict[str, Any]]:
    found = aws.dynamodb().query(
        TableName=settings.reports_table,
        KeyConditionExpression="id = :id AND begins_with(#item, :kind)",
        ExpressionAttributeNames={"#item": "item"},
        ExpressionAttributeValues={":id": {"S": report["id"]}, ":kind": {"S": f"{kind}#"}},
    )
    items: list[dict[str, Any]] = found["Items"]
    return items


def people(report: Any, kind: str = "support") -> list[str]:
    """Who supports the report; fails when the count is another than that of the rows."""
    names = [row["item"]["S"].partition("#")[2] for row in rows(report, kind)]
    item = aws.dynamodb().get_item(
        TableName=settings.reports_table,
        Key={"id": {"S": report["id"]}, "item": {"S": "report"}},
    )["Item"]
    assert int(item.get(COUNTERS[kind], {"N": "0"})["N"]) == len(names)
    return names


@pytest.mark.parametrize("kind", ["support", "follow"])
def test_they_move_to_the_original_and_come_back(city: City, kind: str) -> None:
    original = with_people(city, "ani", kind=kind)
    copy = with_people(city, "budi", "cici", kind=kind)
    before = [rows(one, kind) for one in (original, copy)]
    merged(city, copy, original)
    assert people(original, kind) == ["ani", "budi", "cici"]
    assert people(copy, kind) == []
    assert unmerge(city, copy).status == 200
    assert [rows(one, kind) for one in (original, copy)] == before
    assert (people(original, kind), people(copy, kind)) == (["ani"], ["budi", "cici"])


def test_who_was_at_both_counts_once_and_is_at_both_again(city: City) -> None:
    original, copy = with_people(city, "ani", "budi"), with_people(city, "budi", "cici")
    before = [rows(one) for one in (original, copy)]
    merged(city, copy, original)
    assert (people(original), people(copy)) == (["ani", "budi", "cici"], [])
    unmerge(city, copy)
    assert [rows(one) for one in (original, copy)] == before
    assert (people(original), people(copy)) == (["ani", "budi"], ["budi", "cici"])


@pytest.mark.parametrize("back", [(0, 1), (1, 0)])
def test_who_came_with_two_duplicates_goes_back_to_each(city: City, back: tuple[int, int]) -> None:
    original = with_people(city, "ani")
    copies = [with_people(city, "budi", "cici"), with_people(city, "budi", "dodi")]
    before = [rows(one) for one in (original, *copies)]
    for copy in copies:
        merged(city, copy, original)
    assert people(original) == ["ani", "budi", "cici", "dodi"]
    unmerge(city, copies[back[0]])
    assert "budi" in people(original)
    unmerge(city, copies[back[1]])
    assert [rows(one) for one in (original, *copies)] == before
    assert [people(one) for one in copies] == [["budi", "cici"], ["budi", "dodi"]]


def test_who_joined_the_original_meanwhile_stays_there(city: City) -> None:
    original, copy = city.report(), with_people(city, "budi")
    merged(city, copy, original)
    add(original, "eka")
    unmerge(city, copy)
    assert (people(original), people(copy)) == (["eka"], ["budi"])


def test_who_left_the_original_meanwhile_does_not_come_back(city: City) -> None:
    original, copy = city.report(), with_people(city, "budi", "cici")
    merged(city, copy, original)
    leave(original, "budi")
    unmerge(city, copy)
    assert (people(original), people(copy)) == ([], ["cici"])


def test_more_people_move_than_one_transaction_takes(city: City) -> None:
    names = [f"warga{number:03d}" for number in range(100)]
    original, copy = with_people(city, *names[:10]), with_people(city, *names)
    merged(city, copy, original)
    assert (people(original), people(copy)) == (names, [])
    unmerge(city, copy)
    assert (people(original), people(copy)) == (names[:10], names)


def test_the_original_of_many_is_hotter(city: City) -> None:
    original, copy = city.report(), with_people(city, "budi", "cici")
    before = find(original["id"]).heat
    merged(city, copy, original)
    assert find(original["id"]).heat > before
    unmerge(city, copy)
    assert find(original["id"]).heat == before


@contextmanager
def dying_after(transactions: int) -> Iterator[None]:
    """The request breaks off before it writes one transaction more."""
    left = [transactions]

    def die(**_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise ConnectionError

    events = aws.dynamodb().meta.events
    events.register("before-call.dynamodb.TransactWriteItems", die)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", die)


def test_what_a_dying_request_leaves_half_done_the_sweep_finishes(city: City) -> None:
    names = [f"warga{number:03d}" for number in range(60)]
    original, copy = city.report(), with_people(city, *names)
    with dying_after(2):
        assert merge(city, copy, original).status == 500
    assert (len(people(original)), len(people(copy))) == (moving.AT_ONCE, 15)
    assert settling.sweep(now()).moved == 0
    assert settling.sweep(now() + timedelta(minutes=6)).moved == 1
    assert (people(original), people(copy)) == (names, [])
    assert settling.sweep(now() + timedelta(minutes=6)).moved == 0


def test_what_a_dying_request_leaves_half_done_the_un_merge_finishes_first(city: City) -> None:
    names = [f"warga{number:03d}" for number in range(60)]
    original, copy = city.report(), with_people(city, *names)
    with dying_after(2):
        merge(city, copy, original)
    assert unmerge(city, copy).status == 200
    assert (people(original), people(copy)) == ([], names)


def test_people_on_their_way_home_are_not_taken_along_by_another_merge(city: City) -> None:
    names = [f"warga{number:03d}" for number in range(60)]
    first, second, copy = city.report(), city.report(), with_people(city, *names)
    merged(city, copy, first)
    with dying_after(2):
        assert unmerge(city, copy).status == 500
    merged(city, first, second)
    settling.sweep(now() + timedelta(minutes=6))
    assert (people(second), people(first), people(copy)) == ([], [], names)


def test_moving_side_by_side_moves_everybody_once(city: City) -> None:
    names = [f"warga{number:03d}" for number in range(60)]
    original, copy = with_people(city, *names[:30]), with_people(city, *names)
    with dying_after(1):
        merge(city, copy, original)
    race(*[lambda: moving.finish(find(copy["id"]))] * 3)
    moving.finish(find(copy["id"]))
    assert (people(original), people(copy)) == (names, [])
    assert find(copy["id"]).moving is None
