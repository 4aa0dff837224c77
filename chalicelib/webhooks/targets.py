"""Where we post to at all: which URLs, names, ports and addresses are nobody's inside.

A URL that somebody outside chose must not reach our own network (server-side request forgery). It
is judged as text when it is registered and again before each delivery; then its name is looked up
once, every answer is judged, and the connection goes to a judged address.
"""

import re
import socket
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from threading import Thread
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

type Network = IPv4Network | IPv6Network
type Resolver = Callable[[str, int], Sequence[str]]
type Refusal = Literal["length", "characters", "scheme", "credentials", "host", "port", "address"]

PORTS = frozenset({443, 8443})
URL_CHARACTERS_MAX = 2_000

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
    target_of(url, loopback_allowed, ports, networks_allowed)


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses of a name as the operating system knows them; raises socket.gaierror."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Target(msgspec.Struct, frozen=True):
    """An allowed URL, in the parts that a request is made of."""

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


def target_of(
    url: str, loopback_allowed: bool, ports: Collection[int], networks_allowed: Sequence[Network]
) -> Target:
    """The target of a URL as `check_url` judges it; raises Forbidden."""
    parts, port = _split(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if loopback_allowed and parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS:
        port = 80 if port is None else port
        return Target(parts.hostname, port, path, False, LOOPBACK)
    if parts.scheme != "https":
        raise Forbidden("scheme")
    host = _public_host(parts.hostname or "", networks_allowed)
    port = 443 if port is None else port
    if port not in ports:
        raise Forbidden("port")
    return Target(host, port, path, True, networks_allowed)


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


def addresses(target: Target, resolver: Resolver, limit_s: float) -> list[str]:
    """The target's addresses, all of them judged: one inside answer forbids the whole name."""
    answers = _resolved(target, resolver, limit_s)
    return [_judge(answer, target.networks_allowed) for answer in answers]


def _resolved(target: Target, resolver: Resolver, limit_s: float) -> Sequence[str]:
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


def _settle(found: Future[Sequence[str]], resolver: Resolver, target: Target) -> None:
    try:
        found.set_result(resolver(target.host, target.port))
    except Exception as error:
        found.set_exception(error)
