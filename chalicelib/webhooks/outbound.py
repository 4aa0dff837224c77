"""One bounded HTTPS POST to a URL that somebody outside chose.

The request must not reach our own network (server-side request forgery) and must not hold the
worker: the name is looked up once, every answer is judged, the connection goes to a judged address
while TLS still checks the name, nothing is followed or decompressed, and one deadline ends it all.

Built on `http.client` with a socket of our own: the timeouts of urllib3, requests and httpx start
again with every byte received, and dialling a judged address would need their private methods.
"""

import functools
import io
import re
import socket
import ssl
import time
from collections.abc import Buffer, Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from threading import Thread
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

type Network = IPv4Network | IPv6Network
type Resolver = Callable[[str, int], Sequence[str]]
type Refusal = Literal["length", "characters", "scheme", "credentials", "host", "port", "address"]
type Failure = Literal["timeout", "dns", "refused", "tls", "connection"]

PORTS = frozenset({443, 8443})
URL_CHARACTERS_MAX = 2_000
EXCERPT_BYTES = 1_024
ANSWER_BYTES_MAX = 65_536
RETRY_AFTER_MAX_S = 86_400
ADDRESSES_TRIED = 4

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.1"), ip_network("::1"))

# IANA special-purpose address registries, and multicast. `is_global` is not enough: it lets
# multicast, 6to4, NAT64 and IPv4-compatible addresses pass, each a way to an inside address.
DENIED: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("::/3", "4000::/2", "8000::/1"),  # all but 2000::/3, the one block of public unicast
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)

# Printable ASCII without the backslash, which some parsers take for a slash.
_PRINTABLE = re.compile(r"[!-\[\]-~]+")
# At least two labels, the last led by a letter: `127.1`, `0x7f.1` and `2130706433` are no names,
# although getaddrinfo would read them as addresses. International names come in `xn--` form.
_NAME = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)


class Forbidden(Exception):
    """A URL or an address that we do not post to."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


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


def check_url(
    url: str,
    *,
    loopback_allowed: bool,
    ports: Collection[int] = PORTS,
    networks_allowed: Sequence[Network] = (),
) -> None:
    """Judge a URL as text, without a look-up; raises Forbidden.

    With `loopback_allowed` (the local stage) plain http to this machine itself passes as well.
    """
    _target(url, loopback_allowed, ports, networks_allowed)


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses of a name as the operating system knows them; raises socket.gaierror."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


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
) -> Answer:
    """Send `body` once and read the answer's beginning; raises Forbidden or Unreachable.

    `deadline_s` bounds the whole exchange, `connect_s` the look-up and each attempt to connect.
    `tls_ca` is a file of authorities to trust instead of the system's, `networks_allowed` exempts
    networks from `DENIED`.
    """
    target = _target(url, loopback_allowed, ports, networks_allowed)
    deadline = _Deadline(deadline_s)
    try:
        addresses = _lookup(target, resolver, deadline.left_s(connect_s))
        with (
            _dial(addresses, target.port, connect_s, deadline) as dialled,
            _secured(dialled, target, tls_ca, deadline) as sock,
        ):
            return _exchange(target, body, headers, sock, deadline)
    except (OSError, HTTPException) as error:
        raise Unreachable(_failure(error), deadline.elapsed_ms()) from error


class _Target(msgspec.Struct, frozen=True):
    host: str
    port: int
    path: str
    tls: bool
    networks_allowed: Sequence[Network]

    @property
    def authority(self) -> str:
        """The `Host` header: the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def _target(
    url: str, loopback_allowed: bool, ports: Collection[int], networks_allowed: Sequence[Network]
) -> _Target:
    parts, port = _split(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if loopback_allowed and parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS:
        port = 80 if port is None else port
        return _Target(parts.hostname, port, path, False, LOOPBACK)
    if parts.scheme != "https":
        raise Forbidden("scheme")
    host = _public_host(parts.hostname or "", networks_allowed)
    port = 443 if port is None else port
    if port not in ports:
        raise Forbidden("port")
    return _Target(host, port, path, True, networks_allowed)


def _split(url: str) -> tuple[SplitResult, int | None]:
    if len(url) > URL_CHARACTERS_MAX:
        raise Forbidden("length")
    if not _PRINTABLE.fullmatch(url):
        raise Forbidden("characters")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Forbidden("host") from None
    if "@" in parts.netloc:
        raise Forbidden("credentials")
    return parts, _port(parts)


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise Forbidden("port") from None


def _public_host(host: str, networks_allowed: Sequence[Network]) -> str:
    host = host.removesuffix(".")
    if "%" in host:  # an IPv6 zone names a link of this machine
        raise Forbidden("host")
    try:
        _judge(host, networks_allowed)
    except ValueError:  # not an address
        if len(host) > 253 or not _NAME.fullmatch(host):
            raise Forbidden("host") from None
    return host


def _judge(text: str, networks_allowed: Sequence[Network]) -> str:
    """The address in its plain form; raises Forbidden, or ValueError when it is no address."""
    address = ip_address(text)
    if any(address in network for network in networks_allowed):
        return str(address)
    if not address.is_global or any(address in network for network in DENIED):
        raise Forbidden("address")
    return str(address)


def _lookup(target: _Target, resolver: Resolver, limit_s: float) -> list[str]:
    """The target's addresses, all of them judged: one inside answer forbids the whole name."""
    answers = _resolved(target, resolver, limit_s)
    return [_judge(answer, target.networks_allowed) for answer in answers]


def _resolved(target: _Target, resolver: Resolver, limit_s: float) -> Sequence[str]:
    found: Future[Sequence[str]] = Future()
    # A thread that may be left behind, because getaddrinfo takes no timeout.
    Thread(target=_settle, args=(found, resolver, target), daemon=True).start()
    try:
        answers = found.result(limit_s)
    except (OSError, UnicodeError) as error:
        raise socket.gaierror(socket.EAI_AGAIN, "the look-up failed") from error
    if not answers:
        raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
    return answers


def _settle(found: Future[Sequence[str]], resolver: Resolver, target: _Target) -> None:
    try:
        found.set_result(resolver(target.host, target.port))
    except Exception as error:
        found.set_exception(error)


def _dial(
    addresses: Sequence[str], port: int, connect_s: float, deadline: "_Deadline"
) -> socket.socket:
    refusal = OSError("no address to dial")
    for address in addresses[:ADDRESSES_TRIED]:
        try:
            sock = socket.create_connection((address, port), deadline.left_s(connect_s))
        except OSError as error:
            refusal = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise refusal


def _secured(
    sock: socket.socket, target: _Target, tls_ca: str | None, deadline: "_Deadline"
) -> socket.socket:
    if not target.tls:
        return sock
    sock.settimeout(deadline.left_s())  # bounds the handshake as a whole
    return _tls_context(tls_ca).wrap_socket(sock, server_hostname=target.host)


@functools.cache
def _tls_context(tls_ca: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=tls_ca)


def _exchange(
    target: _Target,
    body: bytes,
    headers: Mapping[str, str],
    sock: socket.socket,
    deadline: "_Deadline",
) -> Answer:
    line = _Line(sock, deadline)
    connection = HTTPConnection(target.host, target.port)
    connection.auto_open = 0  # it must never dial by itself: that address would be unjudged
    connection.sock = line
    connection.request(
        "POST", target.path, body, {**headers, "Host": target.authority, "Connection": "close"}
    )
    with connection.getresponse() as response:
        if line.answer.ended:  # http.client takes headers that were cut off for a complete answer
            raise ConnectionError("the headers were cut off")
        return _answer(response, deadline)


def _answer(response: HTTPResponse, deadline: "_Deadline") -> Answer:
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


class _Deadline:
    """The end of the whole exchange, by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._seconds = seconds

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)

    def left_s(self, at_most_s: float = float("inf")) -> float:
        left = self._began + self._seconds - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return min(left, at_most_s)


class _Line:
    """What `http.client` asks of a socket, with each wait ended by the deadline."""

    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self.answer = _AnswerBytes(sock, deadline)

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._deadline.left_s())
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self.answer)

    def close(self) -> None:
        """Leave the closing to whoever opened the socket: the answer is not read yet."""


class _AnswerBytes(io.RawIOBase):
    """The bytes that come back, headers and framing included: never more than the cap."""

    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self._bytes_left = ANSWER_BYTES_MAX
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        self._sock.settimeout(self._deadline.left_s())
        window = memoryview(buffer)[: self._bytes_left]
        count = self._sock.recv_into(window) if window else 0
        self._bytes_left -= count
        self.ended = count == 0
        return count
