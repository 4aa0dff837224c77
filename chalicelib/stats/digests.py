"""Scheduled reports: planned by the clock, computed from the event log, published and mailed."""

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
from chalicelib.events import models as events
from chalicelib.observability import logger
from chalicelib.settings import settings
from chalicelib.stats import pages, periods
from chalicelib.stats.figures import Figures, Scope, rates, recount
from chalicelib.stats.models import DEFINITIONS, Digest, Run, find, find_run, new_run
from chalicelib.stats.periods import Kind

MEDIA_TYPES = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
FORMATS = tuple(MEDIA_TYPES)


class Order(Struct, frozen=True):
    """A queue message: which run to compute."""

    digest_id: str
    run_id: str


class Part(Struct, frozen=True):
    """The figures of one area, agency or category, with its name."""

    id: str
    name: str
    figures: Figures
    rates: dict[str, float | None]


class Content(Struct, frozen=True):
    """A digest as published: nothing in it but what the period's events say."""

    city: str
    name: str
    period: str
    start: str
    end: str
    time_zone: str
    as_of: str | None
    scope: Scope
    figures: Figures
    rates: dict[str, float | None]
    by_area: list[Part]
    by_agency: list[Part]
    by_category: list[Part]
    definitions: dict[str, str]


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
    """Handle one order: recount, publish what is new, mail it, and write the run down."""
    order = msgspec.json.decode(message, type=Order)
    digest, run = find(order.digest_id), find_run(order.digest_id, order.run_id)
    if run.state == "done":
        return
    content = content_of(digest, run.period, at)
    files = _rendered(digest, content)
    run.content_hash = hashlib.sha256(files["json"]).hexdigest()
    earlier = _latest(digest, run)
    unchanged = earlier is not None and earlier.content_hash == run.content_hash
    run.revision = (int(earlier.revision) if earlier else 0) + (0 if unchanged else 1)
    run.files = _published(digest, run, files)
    run.figures = {"figures": msgspec.to_builtins(content.figures), "rates": content.rates}
    if not unchanged:
        _mail(digest, run, content, files)
    run.state, run.done_at = "done", text(at)
    run.save()
    logger.info("digest done", digest=digest.id, period=run.period, revision=run.revision)


def content_of(digest: Digest, label: str, at: datetime) -> Content:
    """The digest's figures of a period, as everything that has happened until `at` leaves them."""
    period = periods.parse(label, ZoneInfo(digest.time_zone))
    scope = Scope(**digest.filters)
    log = [envelope for _, envelope in events.between(period.start, at)]
    count = recount(log, period, scope, at)
    book = directory.current()
    area_names = {shape.id: shape.name for shape in book.areas.shapes()}
    agency_names = {id: agency.name for id, agency in book.agencies.items()}
    category_names = {id: one.name.say(digest.language) for id, one in book.categories.items()}
    return Content(
        city=settings.city_name,
        name=digest.name,
        period=label,
        start=text(period.start),
        end=text(period.end),
        time_zone=digest.time_zone,
        as_of=log[-1].timestamp if log else None,
        scope=scope,
        figures=count.figures,
        rates=rates(count.figures),
        by_area=_parts(count.by_area, area_names),
        by_agency=_parts(count.by_agency, agency_names),
        by_category=_parts(count.by_category, category_names),
        definitions={
            name: texts.say(f"figure.{name}.definition", digest.language)
            for name in Figures.__struct_fields__
        },
    )


def _parts(figures: dict[str, Figures], names: dict[str, str]) -> list[Part]:
    return [Part(id, names.get(id, id), one, rates(one)) for id, one in figures.items()]


def _rendered(digest: Digest, content: Content) -> dict[str, bytes]:
    """The file of each format; JSON always, because it tells whether anything is new."""
    files = {"json": msgspec.json.format(msgspec.json.encode(content), indent=2)}
    if "html" in digest.formats or digest.recipients:
        files["html"] = pages.html(content, digest.language).encode()
    if "csv" in digest.formats:
        files["csv"] = pages.csv(content).encode()
    return files


def _published(digest: Digest, run: Run, files: dict[str, bytes]) -> dict[str, str]:
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


def _mail(digest: Digest, run: Run, content: Content, files: dict[str, bytes]) -> None:
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
        "Text": {"Data": pages.plain(content, digest.language), "Charset": "UTF-8"},
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
