"""A package's two files in a bucket, under the hashes of their contents, for CloudFormation."""

import hashlib
import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


def publish(out: Path, s3: Any, bucket: str) -> str:
    """The template's address, after it and the zip are in the bucket.

    `out` is what infra.package made. What the bucket has already is not sent again.
    """
    code = _put(s3, bucket, (out / "deployment.zip").read_bytes(), "zip")
    template = json.loads((out / "sam.json").read_text())
    for resource in template["Resources"].values():
        if resource.get("Properties", {}).get("CodeUri"):
            resource["Properties"]["CodeUri"] = f"s3://{bucket}/{code}"
    name = _put(s3, bucket, json.dumps(template).encode(), "json")
    return f"{s3.meta.endpoint_url}/{bucket}/{name}"


def _put(s3: Any, bucket: str, body: bytes, ending: str) -> str:
    key = f"tanggap/{hashlib.sha256(body).hexdigest()}.{ending}"
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        # Who may not list the bucket is told 403 for an object that is not there.
        if error.response["Error"]["Code"] not in ("404", "403"):
            raise
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    return key
