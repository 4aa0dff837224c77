"""Scheduled reports: made from the counters, published and mailed."""

import hashlib
from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from pynamodb.exceptions import PutError, TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib import aws
from chalicelib.clock import text
from chalicelib.errors import DigestNotFound
from chalicelib.events.models import CELL_LENGTH
from chalicelib.observability import logger
from chalicelib.settings import settings
from chalicelib.stats import counters, files, mails, planning, ready, rows
from chalicelib.stats.content import Content, Difference, Published, content
from chalicelib.stats.models import (
    Digest,
    Revision,
    Run,
    find,
    find_run,
    last_revision,
    new_revision,
)
from chalicelib.stats.planning import Order
from chalicelib.stats.scopes import Scope
from chalicelib.stats.tallies import PARTS

# The queue's maxReceiveCount: then the order is a dead letter.
TRIES = 5
# How often other runs of the same period may come first before the order is tried anew.
RACES = 10


def compute(message: str, at: datetime) -> None:
    """Handle one order: publish what is new, tell of it, and write the run down.

    A run that finds what the last revision told is done with that revision's own files. Runs at
    once never make the same revision: the second finds the first's, or makes the next.
    """
    order = msgspec.json.decode(message, type=Order)
    try:
        digest = find(order.digest_id)
    except DigestNotFound:
        logger.info("digest left: it is defined no more", digest=order.digest_id)
        return give_up(message, at)
    run = _run(order, at)
    if run.state == "done":
        return
    counters.wait(at)
    made = content(
        digest.name,
        Scope(**digest.filters),
        run.period,
        ZoneInfo(digest.time_zone),
        digest.language,
    )
    revision, published = _published(digest, run, made)
    if revision.run_id == run.id:
        mails.send(published, digest.language, digest.recipients, revision.files)
    run.figures = {"figures": msgspec.to_builtins(made.figures), "rates": made.rates}
    run.revision, run.files = revision.number, revision.files
    run.state, run.done_at = "done", text(at)
    _finish(digest, run, revision, at)
    logger.info("digest done", digest=digest.id, period=run.period, revision=int(revision.number))


def give_up(message: str, at: datetime) -> None:
    """Write down that a run has failed for the last time; it can be ordered anew."""
    try:
        run = _run(msgspec.json.decode(message, type=Order), at)
    except DigestNotFound:
        return
    if run.state != "done":
        run.state, run.done_at = "failed", text(at)
        run.save()


def _run(order: Order, at: datetime) -> Run:
    if order.run_id is None:
        return planning.scheduled(find(order.digest_id), at)
    return find_run(order.digest_id, order.run_id)


def _published(digest: Digest, run: Run, made: Content) -> tuple[Revision, Published]:
    """The revision that tells this: the last one, or a new one with its files stored."""
    content_hash = hashlib.sha256(msgspec.json.encode(made)).hexdigest()
    for _ in range(RACES):
        last = last_revision(digest.id, run.period)
        number = int(last.number) if last else 0
        if last and last.content_hash == content_hash:
            return last, Published.of(made, number, [])
        published = Published.of(made, number + 1, _differences(_read(last), made) if last else [])
        # Named by the content too: who comes second at this number must not touch the first's.
        folder = f"digests/{digest.id}/{run.period}/r{number + 1}-{content_hash[:12]}"
        stored = files.store(folder, files.rendered(published, digest.formats, digest.language))
        facts = {"run_id": run.id, "content_hash": content_hash, "files": stored}
        revision = new_revision(digest.id, run.period, number + 1, **facts)
        if _is_first(revision):
            return revision, published
    raise RuntimeError(f"{RACES} other runs were first at {digest.id} {run.period}")


def _is_first(revision: Revision) -> bool:
    try:
        revision.save(condition=Revision.owner.does_not_exist())
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _finish(digest: Digest, run: Run, revision: Revision, at: datetime) -> None:
    """Write the run down, with the event if the revision is its own; once, whoever does it."""
    try:
        with TransactWrite(connection=aws.connection()) as transaction:
            transaction.save(run, condition=Run.state != "done")
            if revision.run_id == run.id:
                transaction.save(ready.event(digest, run, at))
    except TransactWriteError as error:
        if not aws.outrun(error):
            raise


def _read(revision: Revision) -> dict[str, Any]:
    """The content of an earlier revision, as its JSON has it."""
    key = revision.files["json"]
    body = aws.s3().get_object(Bucket=settings.exports_bucket, Key=key)["Body"].read()
    read: dict[str, Any] = msgspec.json.decode(body)
    return read


def _differences(before: dict[str, Any], made: Content) -> list[Difference]:
    after = msgspec.to_builtins(made)
    was, now = flat(before), flat(after)
    if "by_cell" in before and "by_cell" in after:
        length = min(_length(before), _length(after))
        was, now = was | _by_cell(before, length), now | _by_cell(after, length)
    return [
        Difference(*key, before=was.get(key), after=now.get(key))
        for key in sorted(was.keys() | now.keys())
        if was.get(key) != now.get(key)
    ]


def _length(content: dict[str, Any]) -> int:
    return min((len(one["cell"]) for one in content["by_cell"]), default=CELL_LENGTH)


def _by_cell(content: dict[str, Any], length: int) -> dict[tuple[str, str, str], Any]:
    """The same of cells, added up in those of so many characters."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for one in content["by_cell"]:
        if any(one["figures"].values()):
            sums.update(
                {
                    ("cell", one["cell"][:length], name): value
                    for name, value in one["figures"].items()
                }
            )
    return dict(sums)


def flat(content: dict[str, Any]) -> dict[tuple[str, str, str], Any]:
    """Every figure of a digest's JSON but the cells' by scope, id of the part, and name."""
    scopes = [("all", "", content["figures"])]
    scopes += [
        (scope, part["id"], part["figures"]) for scope in PARTS for part in content[f"by_{scope}"]
    ]
    return {
        (scope, id, name): value
        for scope, id, figures in scopes
        for name, value in rows.flat(figures).items()
    }
