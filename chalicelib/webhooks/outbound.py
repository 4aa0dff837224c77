"""One bounded HTTPS request to a URL that somebody outside chose: a POST, or a file's GET.

The request must not hold the worker, and goes nowhere but to addresses that `targets` has judged:
TLS still checks the name, nothing is followed or decompressed, and one deadline ends it all.

Built on `http.client` with a socket of our own: the timeouts of urllib3, requests and httpx start
again with every byte received, and dialling a judged address would need their private methods.
"""

import functools
import socket
import ssl
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from typing import Literal

import msgspec

from chalicelib.webhooks.targets import (
    PORTS,
    Network,
    Resolver,
    Target,
    addresses,
    system_resolver,
    target_of,
)
from chalicelib.webhooks.wire import ANSWER_BYTES_MAX, Deadline, Line

type Failure = Literal["timeout", "dns", "refused", "tls", "connection"]

EXCERPT_BYTES = 1_024
RETRY_AFTER_MAX_S = 86_400
ADDRESSES_TRIED = 4


class Unreachable(Exception):
    """No complete answer came; `duration_ms` says how long we tried."""

    def __init__(self, reason: Failure, duration_ms: int) -> None:
        super().__init__(reason)
        self.reason: Failure = reason
        self.duration_ms = duration_ms


class Answer(msgspec.Struct, frozen=True):
    """An endpoint's answer of any status; `excerpt` is its body's first 1,024 bytes as text."""

    status: int
    excerpt: str
    duration_ms: int
    retry_after_s: int | None


class Identity(msgspec.Struct, frozen=True):
    """A client certificate with its key (mutual TLS), both as PEM."""

    certificate: str
    key: str


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    loopback_allowed: bool = False,
    deadline_s: float = 15.0,
    connect_s: float = 3.0,
    resolver: Resolver = system_resolver,
    tls_ca: str | None = None,
    ports: Collection[int] = PORTS,
    networks_allowed: Sequence[Network] = (),
    identity: Identity | None = None,
) -> Answer:
    """Send `body` once and read the answer's beginning; raises Forbidden or Unreachable.

    `deadline_s` bounds the whole exchange, `connect_s` the look-up and each attempt to connect.
    `tls_ca` is a file of authorities to trust instead of the system's, `networks_allowed` exempts
    networks from those denied; `identity` is shown to a server that asks for one.
    """
    target = target_of(url, loopback_allowed, ports, networks_allowed)
    deadline = Deadline(deadline_s)
    tls = _tls_context(tls_ca, identity)
    try:
        with _connected(target, resolver, connect_s, tls, deadline) as sock:
            return _exchange(target, body, headers, sock, deadline)
    except (OSError, HTTPException) as error:
        raise Unreachable(_failure(error), deadline.elapsed_ms()) from error


def fetch(
    url: str,
    bytes_max: int,
    *,
    loopback_allowed: bool = False,
    deadline_s: float = 10.0,
    connect_s: float = 3.0,
    resolver: Resolver = system_resolver,
    tls_ca: str | None = None,
    ports: Collection[int] = PORTS,
    networks_allowed: Sequence[Network] = (),
) -> bytes:
    """The file at a URL, within the same bounds as `post`; raises Forbidden or Unreachable.

    Unreachable also for any status but 200, for half a file, and for more than `bytes_max`.
    """
    target = target_of(url, loopback_allowed, ports, networks_allowed)
    deadline = Deadline(deadline_s)
    try:
        with _connected(target, resolver, connect_s, _tls_context(tls_ca, None), deadline) as sock:
            return _file(target, sock, deadline, bytes_max)
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(_failure(error), deadline.elapsed_ms()) from error


@contextmanager
def _connected(
    target: Target, resolver: Resolver, connect_s: float, tls: ssl.SSLContext, deadline: Deadline
) -> Iterator[socket.socket]:
    judged = addresses(target, resolver, deadline.left_s(connect_s))
    with (
        _dial(judged, target.port, connect_s, deadline) as dialled,
        _secured(dialled, target, tls, deadline) as sock,
    ):
        yield sock


def _dial(judged: Sequence[str], port: int, connect_s: float, deadline: Deadline) -> socket.socket:
    refusal = OSError("no address to dial")
    for address in judged[:ADDRESSES_TRIED]:
        try:
            sock = socket.create_connection((address, port), deadline.left_s(connect_s))
        except OSError as error:
            refusal = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise refusal


def _secured(
    sock: socket.socket, target: Target, tls: ssl.SSLContext, deadline: Deadline
) -> socket.socket:
    if not target.tls:
        return sock
    sock.settimeout(deadline.left_s())  # bounds the handshake as a whole
    return tls.wrap_socket(sock, server_hostname=target.host)


@functools.lru_cache(maxsize=64)
def _tls_context(tls_ca: str | None, identity: Identity | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls_ca)
    if identity:
        show(context, identity)
    return context


def show(context: ssl.SSLContext, identity: Identity) -> None:
    """Let a TLS context show a certificate; raises ssl.SSLError when it and the key do not fit."""
    # OpenSSL reads them from a file only: one that nobody else may open, gone when it is read.
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(f"{identity.certificate}\n{identity.key}\n")
        file.flush()
        # Without an answer of ours, OpenSSL would ask the terminal for the password of a key.
        context.load_cert_chain(file.name, password=lambda: "")


def _exchange(
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    sock: socket.socket,
    deadline: Deadline,
) -> Answer:
    line = Line(sock, deadline)
    with _response(target, "POST", body, headers, line) as response:
        if line.answer.ended:  # http.client takes headers that were cut off for a complete answer
            raise ConnectionError("the headers were cut off")
        return _answer(response, deadline)


def _file(target: Target, sock: socket.socket, deadline: Deadline, bytes_max: int) -> bytes:
    line = Line(sock, deadline, bytes_max + ANSWER_BYTES_MAX)
    with _response(target, "GET", None, {"Accept": "image/*"}, line) as response:
        if response.status != 200:
            raise ConnectionError("there is no such file")
        body = response.read(bytes_max + 1)
        left = response.length
    if len(body) > bytes_max or left:
        raise ConnectionError("the file is too large, or was cut off")
    return body


def _response(
    target: Target, method: str, body: bytes | None, headers: Mapping[str, str], line: Line
) -> HTTPResponse:
    connection = HTTPConnection(target.host, target.port)
    connection.auto_open = 0  # it must never dial by itself: that address would be unjudged
    connection.sock = line
    own = {"Host": target.authority, "Connection": "close"}
    connection.request(method, target.path, body, {**headers, **own})
    return connection.getresponse()


def _answer(response: HTTPResponse, deadline: Deadline) -> Answer:
    retry_after_s = _retry_after_s(response.getheader("Retry-After"))
    excerpt = _beginning(response).decode(errors="replace")
    return Answer(response.status, excerpt, deadline.elapsed_ms(), retry_after_s)


def _beginning(response: HTTPResponse) -> bytes:
    try:
        return response.read(EXCERPT_BYTES)
    except IncompleteRead as cut:  # the status stands, only the excerpt is shorter
        return cut.partial
    except ValueError:  # http.client on a chunk of negative length
        return b""


def _retry_after_s(value: str | None) -> int | None:
    """`Retry-After` (RFC 9110, 10.2.3) as seconds from now, 0 to 24 hours; None if unreadable."""
    if value is None:
        return None
    try:
        seconds = int(value) if value.strip().isdigit() else _seconds_until(value)
    except (ValueError, OverflowError):
        return None
    return max(0, min(seconds, RETRY_AFTER_MAX_S))


def _seconds_until(http_date: str) -> int:
    moment = parsedate_to_datetime(http_date)
    return round((moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


_FAILURES: tuple[tuple[type[Exception], Failure], ...] = (
    (socket.gaierror, "dns"),
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "refused"),
    (ssl.SSLError, "tls"),
)


def _failure(error: Exception) -> Failure:
    return next((word for kind, word in _FAILURES if isinstance(error, kind)), "connection")
