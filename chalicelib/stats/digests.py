"""Scheduled reports: made from the counters, published and mailed."""

import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from chalicelib import aws
from chalicelib.clock import text
from chalicelib.observability import logger
from chalicelib.settings import settings
from chalicelib.stats import counters, files, mails, rows
from chalicelib.stats.content import Content, Difference, Published, content
from chalicelib.stats.models import Digest, Run, find, find_run
from chalicelib.stats.planning import Order
from chalicelib.stats.scopes import Scope
from chalicelib.stats.tallies import PARTS

# The queue's maxReceiveCount: then the order is a dead letter.
TRIES = 5


def compute(message: str, at: datetime) -> None:
    """Handle one order: publish what is new, mail it, and write the run down.

    A run that finds what the last revision told is done with that revision's own files.
    """
    order = msgspec.json.decode(message, type=Order)
    digest, run = find(order.digest_id), find_run(order.digest_id, order.run_id)
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
    run.content_hash = hashlib.sha256(msgspec.json.encode(made)).hexdigest()
    run.figures = {"figures": msgspec.to_builtins(made.figures), "rates": made.rates}
    earlier = _latest(digest, run)
    if earlier is not None and earlier.content_hash == run.content_hash:
        run.revision, run.files = earlier.revision, earlier.files
    else:
        _publish(digest, run, made, earlier)
    run.state, run.done_at = "done", text(at)
    run.save()
    logger.info("digest done", digest=digest.id, period=run.period, revision=int(run.revision))


def give_up(message: str, at: datetime) -> None:
    """Write down that a run has failed for the last time; it can be ordered anew."""
    order = msgspec.json.decode(message, type=Order)
    run = find_run(order.digest_id, order.run_id)
    if run.state != "done":
        run.state, run.done_at = "failed", text(at)
        run.save()


def _publish(digest: Digest, run: Run, made: Content, earlier: Run | None) -> None:
    run.revision = 1 + (int(earlier.revision) if earlier else 0)
    published = Published(
        **{name: getattr(made, name) for name in Content.__struct_fields__},
        revision=run.revision,
        differences=_differences(_read(earlier), made) if earlier else [],
    )
    made_files = files.rendered(published, digest.formats, digest.language)
    run.files = files.store(f"digests/{digest.id}/{run.period}/r{run.revision}", made_files)
    mails.send(published, digest.language, digest.recipients, run.files)


def _read(run: Run) -> dict[str, Any]:
    """The content of an earlier revision, as its JSON has it."""
    key = (run.files or {})["json"]
    body = aws.s3().get_object(Bucket=settings.exports_bucket, Key=key)["Body"].read()
    read: dict[str, Any] = msgspec.json.decode(body)
    return read


def _differences(before: dict[str, Any], made: Content) -> list[Difference]:
    was, now = flat(before), flat(msgspec.to_builtins(made))
    return [
        Difference(*key, before=was.get(key), after=now.get(key))
        for key in sorted(was.keys() | now.keys())
        if was.get(key) != now.get(key)
    ]


def flat(content: dict[str, Any]) -> dict[tuple[str, str, str], Any]:
    """Every figure of a digest's JSON by scope, id of the part, and name."""
    scopes = [("all", "", content["figures"])]
    scopes += [
        (scope, part["id"], part["figures"]) for scope in PARTS for part in content[f"by_{scope}"]
    ]
    return {
        (scope, id, name): value
        for scope, id, figures in scopes
        for name, value in rows.flat(figures).items()
    }


def _latest(digest: Digest, run: Run) -> Run | None:
    """The last revision that was published of the same period."""
    runs = Run.query(f"runs#{digest.id}", filter_condition=Run.period == run.period)
    done = [one for one in runs if one.state == "done" and one.id != run.id]
    return max(done, key=lambda one: int(one.revision), default=None)
