"""Signed links to a digest's files. Apart from making them: the API and webhooks link too."""

from chalicelib import aws
from chalicelib.settings import settings

SECONDS = 3600


def link(key: str, seconds: int = SECONDS) -> str:
    """A signed address of a file, good for so long, or for as long as who signed it may read it."""
    address: str = aws.s3().generate_presigned_url(
        "get_object",
        Params={"Bucket": settings.exports_bucket, "Key": key},
        ExpiresIn=seconds,
    )
    return address
