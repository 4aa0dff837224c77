"""Nobody edits, removes, moves or adds one entry of the audit unseen."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from chalicelib.audit import acting, recording, sealing
from chalicelib.audit.acting import Acting
from chalicelib.audit.chain import hash_of
from chalicelib.audit.models import Entry, Head, Listed, chain_of, entries_of, head_of
from chalicelib.audit.sealing import Verified
from chalicelib.settings import settings
from tests.city import City

AT = datetime(2026, 11, 24, 1, tzinfo=UTC)
CHAIN = chain_of("reports/1", AT)


@pytest.fixture
def chain(city: City) -> str:
    """Five entries of one chain, which is not sealed yet."""
    for number in range(5):
        acted(AT + timedelta(minutes=number))
    return CHAIN


def acted(at: datetime, by: str = "petugas", object: str = "reports/1") -> None:
    deed = Acting(by, "officer", "dinas-jalan", "change_status", object)
    with acting.during(deed), recording.transaction(changed={"status": ("a", "b")}, now=lambda: at):
        pass


def broken(verified: Verified) -> list[tuple[str, str]]:
    return [(one.chain, one.item) for one in verified.broken]


def row(number: int) -> Entry:
    return Entry.get(CHAIN, f"{number:07d}")


def edited(**facts: Any) -> None:
    entry = row(3)
    for name, value in facts.items():
        setattr(entry, name, value)
    entry.save()


def forged(**facts: Any) -> None:
    edited(**facts)
    edited(hash=hash_of(row(3)))


def moved(number: int, to: str) -> None:
    entry = row(number)
    entry.delete()
    entry.item = to
    entry.save()


def swapped() -> None:
    second, third = row(2), row(3)
    second.item, third.item = third.item, second.item
    second.save()
    third.save()


def inserted() -> None:
    entry = row(3)
    entry.item = "0000003a"
    entry.save()


def rehashed(first: int) -> None:
    """What somebody does who knows the law of the chain, and has all rights on the table."""
    entries = list(entries_of(CHAIN))
    for before, entry in zip(entries[first - 1 :], entries[first:], strict=False):
        entry.previous = before.hash
        entry.hash = hash_of(entry)
        entry.save()
    head = head_of(CHAIN)
    assert head is not None
    head.number, head.hash = len(entries), entries[-1].hash
    head.save()


TAMPERED: dict[str, tuple[Callable[[], Any], str]] = {
    "an edit": (lambda: edited(changed='{"status":["a","c"]}'), "0000003"),
    "another actor": (lambda: edited(actor="orang-lain"), "0000003"),
    "an edit with its hash": (lambda: forged(actor="x"), "0000004"),
    "a removal": (lambda: row(3).delete(), "0000004"),
    "the first one removed": (lambda: row(1).delete(), "0000002"),
    "the last one removed": (lambda: row(5).delete(), "0000004"),
    "two in another order": (swapped, "0000002"),
    "an insertion": (inserted, "0000003a"),
    "a renaming": (lambda: moved(5, "0000006"), "0000006"),
    "another head": (lambda: Head(CHAIN, number=4, hash="0", at="").save(), "0000005"),
    "everything gone": (lambda: [entry.delete() for entry in entries_of(CHAIN)], "0000000"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_change_of_one_row_is_found_and_named(chain: str, how: str) -> None:
    assert sealing.verify(AT).broken == []
    change, where = TAMPERED[how]
    change()
    assert broken(sealing.verify(AT)) == [(chain, where)]


def test_a_chain_that_was_computed_anew_does_not_fit_its_seal(chain: str) -> None:
    assert "2026-11-24" in sealing.seal_days(AT + timedelta(days=1))
    assert sealing.seal_days(AT + timedelta(days=1, hours=1)) == []
    assert sealing.verify(AT).broken == []
    forged(actor="orang-lain")
    rehashed(3)
    assert broken(sealing.verify(AT)) == [(chain, "0000005")]


def test_a_day_that_nobody_sealed_is_named_once_it_is_over(chain: str) -> None:
    midnight = datetime(2026, 11, 25, tzinfo=UTC)
    for late, unsealed in ((59, []), (61, ["2026-11-24"])):
        assert sealing.verify(midnight + timedelta(minutes=late)).unsealed == unsealed
    sealing.seal_days(midnight)
    assert sealing.verify(midnight + timedelta(days=30)).unsealed == []


def test_what_a_sealed_day_loses_or_gains_is_found(chain: str) -> None:
    sealing.seal_days(AT + timedelta(days=1))
    row(5).delete()
    rehashed(4)
    assert broken(sealing.verify(AT)) == [(chain, "0000004")]
    for entry in entries_of(chain):
        entry.delete()
    Head(chain).delete()
    Listed(item=chain).delete()
    assert broken(sealing.verify(AT)) == [(chain, "0000000")]


def test_a_chain_that_comes_after_its_day_was_sealed_is_found(city: City) -> None:
    sealing.seal_days(AT + timedelta(days=1))
    acted(AT)
    assert (CHAIN, "") in broken(sealing.verify(AT))


def test_a_seal_that_was_written_over_counts_for_nothing(chain: str) -> None:
    sealing.seal_days(AT + timedelta(days=1))
    forged(actor="orang-lain")
    rehashed(3)
    head = head_of(chain)
    assert head is not None
    seal = {"day": "2026-11-24", "chains": {chain: {"entries": 5, "hash": head.hash}}}
    boto3.client("s3").put_object(
        Bucket=settings.audit_bucket, Key="heads/2026-11-24.json", Body=json.dumps(seal)
    )
    assert broken(sealing.verify(AT)) == [(chain, "0000005")]
