"""A look into every place where something of a person could lie: tables, buckets, queues, log."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from tests.cloud import Cloud


def places_of(cloud: Cloud, *marks: str) -> list[str]:
    """Where any of the marks is found, upper or lower case; in all tables, buckets and queues."""
    wanted = [mark.lower() for mark in marks]
    return [
        f"{place}: {text[:400]}"
        for place, text in (*_rows(cloud), *_objects(), *_messages())
        if any(mark in text.lower() for mark in wanted)
    ]


def empty_buckets() -> None:
    """Leave no file of earlier tests but the city's own areas."""
    s3 = boto3.client("s3")
    for bucket in (one["Name"] for one in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for one in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                if not one["Key"].startswith("areas/"):
                    s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, down to the least of it."""
    # The app reads its environment at import: not before the fixtures are asked for.
    from chalicelib.observability import logger

    stream = io.StringIO()
    behind, level = logging.getLogger("tanggap"), logger.log_level
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    behind.addHandler(handler)
    logger.setLevel("DEBUG")
    try:
        yield stream
    finally:
        logger.setLevel(level)
        behind.removeHandler(handler)


def _rows(cloud: Cloud) -> Iterator[tuple[str, str]]:
    for table in cloud.dynamodb.list_tables()["TableNames"]:
        pages = cloud.dynamodb.get_paginator("scan").paginate(TableName=table)
        for row in (row for page in pages for row in page["Items"]):
            yield table, json.dumps(row, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    return bytes(value).decode("latin-1")


def _objects() -> Iterator[tuple[str, str]]:
    s3 = boto3.client("s3")
    for bucket in (one["Name"] for one in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for one in page.get("Versions", []):
                key, version = one["Key"], one["VersionId"]
                found = s3.get_object(Bucket=bucket, Key=key, VersionId=version)
                body = found["Body"].read().decode("latin-1")
                yield f"{bucket}/{key}", f"{key} {found['Metadata']} {body}"


def _messages() -> Iterator[tuple[str, str]]:
    """Takes them off the queues."""
    sqs = boto3.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for one in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
                yield url, one["Body"]
