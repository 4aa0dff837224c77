"""What S3 tells a queue when files have arrived, as far as we read it."""

from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct


class _Object(Struct):
    key: str
    etag: str = msgspec.field(name="eTag", default="")


class _S3(Struct):
    object: _Object


class Arrival(Struct):
    """One record of a notification; S3's first test message has none."""

    s3: _S3

    @property
    def key(self) -> str:
        """The key of the object that has arrived."""
        return unquote_plus(self.s3.object.key)

    @property
    def etag(self) -> str:
        """S3's name of its content."""
        return self.s3.object.etag
