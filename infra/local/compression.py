"""What API Gateway does for an API with a `minimumCompressionSize`, and MiniStack does not."""

import gzip
from typing import Any

Headers = dict[str, Any]
Answer = tuple[int, Headers, bytes]


def unpacked(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """A request as its function gets it. The names of `headers` are in lower case.

    Raises OSError, EOFError or zlib.error for a body that is no gzip although it says so.
    """
    if headers.get("content-encoding") != "gzip":
        return headers, body
    plain = gzip.decompress(body)
    others = {name: value for name, value in headers.items() if name != "content-encoding"}
    return {**others, "content-length": str(len(plain))}, plain


def packed(asked: Headers, answer: Answer, least: int) -> Answer:
    """The answer as the client gets it that `asked`: compressed from `least` bytes on."""
    status, headers, body = answer
    is_packed = any(name.lower() == "content-encoding" for name in headers)
    if "gzip" not in asked.get("accept-encoding", "") or is_packed or len(body) < least:
        return answer
    others = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return status, {**others, "Content-Encoding": "gzip"}, gzip.compress(body, mtime=0)
