"""A person's archive as its owner gets it: ordered, made by the worker, unzipped."""

import io
import zipfile
from typing import Any

from chalicelib import aws, workers
from chalicelib.settings import settings
from tests import permitted
from tests.city import City, Person
from tests.photos import worker


def order(city: City, by: Person) -> Any:
    answer = city.post("/v1/me/export", by=by)
    assert answer.status == 202, answer.body
    return answer.json


def queued() -> list[str]:
    """The orders that wait for the worker; takes them off the queue."""
    url, bodies = settings.export_queue_url, []
    while found := aws.sqs().receive_message(QueueUrl=url).get("Messages"):
        for one in found:
            bodies.append(one["Body"])
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return bodies


def make(*orders: str, received: int = 1) -> int:
    """Wake the worker with these orders; how many it wants again."""
    messages = [worker.message(one, received) for one in orders]
    with permitted.as_function("run_export"):
        return len(workers.run_export({"Records": messages})["batchItemFailures"])


def exported(city: City, by: Person) -> dict[str, bytes]:
    """Everything in a new archive of this person, by file name."""
    order(city, by)
    assert make(*queued()) == 0
    shown = city.get("/v1/me/export", by=by).json
    assert shown["state"] == "ready"
    (key,) = archives()
    assert key in shown["url"]
    body = aws.s3().get_object(Bucket=settings.uploads_bucket, Key=key)["Body"].read()
    assert len(body) == shown["size"]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def archives() -> set[str]:
    """The keys of all archives that are kept."""
    return worker.keys(settings.uploads_bucket, "exports/")
