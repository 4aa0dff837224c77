"""A city whose audit has no seals yet."""

from typing import TYPE_CHECKING

import boto3
import pytest

if TYPE_CHECKING:
    from tests.city import City


@pytest.fixture(autouse=True)
def no_seals(city: "City") -> None:
    from chalicelib.settings import settings

    s3 = boto3.client("s3")
    found = s3.list_object_versions(Bucket=settings.audit_bucket).get("Versions", [])
    for one in found:
        s3.delete_object(Bucket=settings.audit_bucket, Key=one["Key"], VersionId=one["VersionId"])
