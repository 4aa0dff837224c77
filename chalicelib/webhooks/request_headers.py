"""An endpoint's own request headers: which may be set, and to what."""

import re
from collections.abc import Iterator, Mapping

from chalicelib.errors import Fault

HEADERS_MAX = 10
VALUE_MAX = 1_000

# Ours, the HTTP client's, or a connection's own (RFC 9110, 7.6.1), and what proxies act on.
RESERVED = re.compile(
    r"host|content-.*|webhook-.*|connection|keep-alive|proxy-.*|te|trailers?|transfer-encoding"
    r"|upgrade|expect|accept-encoding|user-agent|x-amz.*|forwarded|x-forwarded-.*"
)
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_VALUE = re.compile(rf"[!-~]([\t -~]{{0,{VALUE_MAX - 2}}}[!-~])?")


def faults(headers: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with them: too many, a reserved or impossible name, an impossible value."""
    if len(headers) > HEADERS_MAX:
        yield Fault("headers", "fault.too_many", {"limit": HEADERS_MAX})
    if len({name.lower() for name in headers}) < len(headers):
        yield Fault("headers", "fault.repeated")
    for name, value in headers.items():
        if RESERVED.fullmatch(name.lower()):
            yield Fault(f"headers.{name}", "fault.reserved_header")
        elif not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            yield Fault(f"headers.{name}", "fault.header")
