"""The photo worker as its queue wakes it, and a look at what lies in the buckets."""

import json
import uuid
from typing import Any
from urllib.parse import quote_plus

from chalicelib import aws, workers
from chalicelib.settings import settings


def put(upload: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Store a file under the key that its upload form allows; what S3 then tells the queue."""
    key = upload["fields"]["key"]
    stored = aws.s3().put_object(Bucket=settings.uploads_bucket, Key=key, Body=body)
    return told(key, stored["ETag"].strip('"'))


def told(key: str, etag: str = "") -> dict[str, Any]:
    """S3's notification of an object; it encodes keys as forms do."""
    return {"Records": [{"s3": {"object": {"key": quote_plus(key), "eTag": etag}}}]}


def message(body: Any, received: int = 1) -> dict[str, Any]:
    """A message of the queue, as Lambda hands it on."""
    text = body if isinstance(body, str) else json.dumps(body)
    attributes = {"ApproximateReceiveCount": str(received)}
    return {"messageId": str(uuid.uuid4()), "body": text, "attributes": attributes}


def work(*messages: dict[str, Any]) -> list[str]:
    """Wake the worker with one batch; the ids of the messages that it wants again."""
    answer = workers.process_photo({"Records": list(messages)})
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def send(upload: dict[str, Any], body: bytes) -> None:
    """Upload a file and have it processed."""
    assert work(message(put(upload, body))) == []


def queued() -> list[str]:
    """The bodies of all messages that the app has sent to the queue; takes them off it."""
    bodies = []
    while found := aws.sqs().receive_message(QueueUrl=settings.photo_queue_url).get("Messages"):
        for one in found:
            bodies.append(one["Body"])
            aws.sqs().delete_message(
                QueueUrl=settings.photo_queue_url, ReceiptHandle=one["ReceiptHandle"]
            )
    return bodies


def keys(bucket: str, prefix: str = "") -> set[str]:
    """The keys of all objects in a bucket."""
    found = aws.s3().list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {one["Key"] for one in found}


def pictures() -> set[str]:
    """The keys of all pictures there are, public and private."""
    return keys(settings.photos_bucket)


def original(upload: dict[str, Any]) -> bool:
    """Whether the uploaded file is still there."""
    return bool(keys(settings.uploads_bucket, upload["fields"]["key"]))


def key_of(url: str) -> str:
    """The key of a public picture by its address."""
    return url.removeprefix(f"{settings.photos_url}/")


def body_of(url: str) -> bytes:
    """The bytes of a public picture."""
    found = aws.s3().get_object(Bucket=settings.photos_bucket, Key=key_of(url))
    body: bytes = found["Body"].read()
    return body
