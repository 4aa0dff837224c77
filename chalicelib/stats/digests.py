"""Scheduled reports: planned by the clock, made from the counters, published and mailed."""

import hashlib
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from pynamodb.exceptions import PutError

from chalicelib import aws, texts
from chalicelib.agencies import directory
from chalicelib.clock import text
from chalicelib.observability import logger
from chalicelib.settings import settings
from chalicelib.stats import counters, mails, outlines, pages, periods, rows
from chalicelib.stats.content import Content, content
from chalicelib.stats.models import DEFINITIONS, Digest, Run, find, find_run, new_run
from chalicelib.stats.periods import Kind
from chalicelib.stats.scopes import Scope
from chalicelib.stats.tallies import PARTS

MEDIA_TYPES = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
FORMATS = tuple(MEDIA_TYPES)
# The queue's maxReceiveCount: then the order is a dead letter.
TRIES = 5


class Order(Struct, frozen=True):
    """A queue message: which run to compute."""

    digest_id: str
    run_id: str


class Difference(Struct, frozen=True):
    """A figure that is another than in the revision before; None where there was or is none.

    `scope` is `all`, or the kind of a part, which `id` names.
    """

    scope: str
    id: str
    figure: str
    before: Any
    after: Any


class Published(Content, frozen=True, kw_only=True):
    """A digest's file: its content, which revision it is, and what that has changed."""

    revision: int
    differences: list[Difference]


def plan_due(at: datetime) -> list[Run]:
    """A run for each digest whose last period has ended and has none yet. Runs twice harmlessly."""
    planned = []
    for digest in Digest.query(DEFINITIONS, consistent_read=True):
        period = periods.last_complete(cast(Kind, digest.period), at, ZoneInfo(digest.time_zone))
        run = new_run(digest, period.label, f"scheduled-{period.label}", at)
        if _created(run):
            planned.append(run)
    return planned


def plan(digest: Digest, period: str, run_id: str, at: datetime) -> Run:
    """A run of any period, now; ValueError when the period is none."""
    periods.parse(period, ZoneInfo(digest.time_zone))
    run = new_run(digest, period, run_id, at)
    _created(run)
    return run


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
    files = _rendered(digest, published)
    run.files = _stored(digest, run, files)
    _mail(digest, run, published, files)


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


def _rendered(digest: Digest, content: Published) -> dict[str, bytes]:
    """The file of each format; JSON always: the next revision is compared with it."""
    files = {"json": msgspec.json.format(msgspec.json.encode(content), indent=2)}
    if "html" in digest.formats or digest.recipients:
        files["html"] = pages.html(content, digest.language, _map(content)).encode()
    if "csv" in digest.formats:
        files["csv"] = rows.csv(content).encode()
    return files


def _map(content: Published) -> outlines.Map | None:
    counts = pages.counts_by_area(content)
    return outlines.drawn(directory.current().areas, counts, content.scope.area)


def _stored(digest: Digest, run: Run, files: dict[str, bytes]) -> dict[str, str]:
    keys = {}
    for format in (name for name in files if name in (*digest.formats, "json")):
        key = f"digests/{digest.id}/{run.period}/r{int(run.revision)}.{format}"
        aws.s3().put_object(
            Bucket=settings.exports_bucket,
            Key=key,
            Body=files[format],
            ContentType=MEDIA_TYPES[format],
        )
        keys[format] = key
    return keys


def _latest(digest: Digest, run: Run) -> Run | None:
    """The last revision that was published of the same period."""
    runs = Run.query(f"runs#{digest.id}", filter_condition=Run.period == run.period)
    done = [one for one in runs if one.state == "done" and one.id != run.id]
    return max(done, key=lambda one: int(one.revision), default=None)


def _mail(digest: Digest, run: Run, content: Published, files: dict[str, bytes]) -> None:
    if not digest.recipients:
        return
    subject = texts.say(
        "digest.subject",
        digest.language,
        name=digest.name,
        period=run.period,
        revision=int(run.revision),
    )
    body: dict[str, Any] = {
        "Html": {"Data": files["html"].decode(), "Charset": "UTF-8"},
        "Text": {"Data": mails.plain(content, digest.language), "Charset": "UTF-8"},
    }
    aws.ses().send_email(
        FromEmailAddress=settings.sender_email,
        Destination={"ToAddresses": list(digest.recipients)},
        Content={"Simple": {"Subject": {"Data": subject, "Charset": "UTF-8"}, "Body": body}},
    )


def enqueue(run: Run) -> None:
    """Wake the worker for a run."""
    body = msgspec.json.encode(Order(run.digest_id, run.id)).decode()
    aws.sqs().send_message(QueueUrl=settings.digest_queue_url, MessageBody=body)


def _created(run: Run) -> bool:
    try:
        run.save(condition=Run.owner.does_not_exist())
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    enqueue(run)
    return True
