"""The issuer's public keys: fetched seldom, found by id, and outliving an outage of the issuer.

They are kept in memory, and in one row of the directory's table, from which a new process takes
them without asking the issuer. Where the issuer cannot be reached, the last good ones stay.
"""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist

from chalicelib.aws import Table
from chalicelib.observability import logger
from chalicelib.settings import settings

if TYPE_CHECKING:
    from jwt import PyJWK

FRESH_S = 3600
"""Seconds after which keys are fetched again, though they do."""
PAUSE_S = 60
"""At most once in so many seconds the issuer is asked, whatever ids are sent to us."""
TIMEOUT_S = 3
SIZE_MAX = 256 * 1024
_BITS_MIN = {"RS256": 2048, "ES256": 256}


class Memory(NamedTuple):
    """Where keys stay when a process ends: their JSON, and when it was fetched."""

    load: Callable[[], tuple[str, float] | None]
    save: Callable[[str, float], None]


class IssuerKeys:
    """The keys of one issuer. `fetch` gives its JWKS document, or raises OSError or ValueError."""

    def __init__(
        self,
        fetch: Callable[[], str],
        memory: Memory | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._fetch, self._memory, self._now = fetch, memory, now
        self._keys: dict[str, PyJWK] = {}
        self._fetched = self._tried = float("-inf")

    def find(self, id: str) -> "PyJWK":
        """The key of this id; KeyError when the issuer has none, or cannot be asked now."""
        if not self._keys and self._memory is not None:
            self._recall(self._memory)
        stale = self._now() - self._fetched > FRESH_S
        if (stale or id not in self._keys) and self._now() - self._tried >= PAUSE_S:
            self._refresh()
        return self._keys[id]

    def _recall(self, memory: Memory) -> None:
        found = memory.load()
        if found is not None:
            self._keys, self._fetched = _usable(found[0]), found[1]

    def _refresh(self) -> None:
        self._tried = self._now()
        try:
            text = self._fetch()
            keys = _usable(text)
        except (OSError, ValueError) as error:
            logger.warning("issuer's keys not fetched", error=type(error).__name__)
            return
        if not keys:
            logger.warning("issuer has no usable keys")
            return
        self._keys, self._fetched = keys, self._tried
        if self._memory is not None:
            self._memory.save(text, self._fetched)


@cache
def ours() -> IssuerKeys:
    """The keys of this stage's issuer; a local one's are a file, which need not be remembered."""
    if settings.local and settings.identity_jwks_url.startswith("file:"):
        return IssuerKeys(lambda: _file(settings.identity_jwks_url))
    return IssuerKeys(_fetched, Memory(_load, _save))


class _Row(Table):
    class Meta:
        table_name = settings.directory_table

    kind = UnicodeAttribute(hash_key=True, default="directory")
    id = UnicodeAttribute(range_key=True, default="issuer-keys")
    issuer = UnicodeAttribute()
    text = UnicodeAttribute()
    at = NumberAttribute()


def _load() -> tuple[str, float] | None:
    try:
        row = _Row.get("directory", "issuer-keys")
    except DoesNotExist:
        return None
    # Of a stage whose issuer was changed, the former one's keys are nobody's.
    return (row.text, float(row.at)) if row.issuer == settings.identity_issuer else None


def _save(text: str, at: float) -> None:
    _Row(issuer=settings.identity_issuer, text=text, at=int(at)).save()


def _usable(text: str) -> "dict[str, PyJWK]":
    """The keys for signatures that we take, by id; ValueError when it is no JWKS document."""
    document = msgspec.json.decode(text, type=_Document)
    keys = ((str(one.get("kid")), _key(one)) for one in document.keys if one.get("kid"))
    return {id: key for id, key in keys if key is not None}


class _Document(msgspec.Struct):
    keys: list[dict[str, Any]]


def _key(one: dict[str, Any]) -> "PyJWK | None":
    """None for what is not a public key of RSA (2,048 bits or more) or on the curve P-256."""
    from jwt import PyJWK, PyJWTError

    algorithm = {"RSA": "RS256", "EC": "ES256"}.get(str(one.get("kty")))
    if (
        algorithm is None
        or one.get("use", "sig") != "sig"
        or one.get("alg", algorithm) != algorithm
    ):
        return None
    try:
        key = PyJWK(one, algorithm)
    except (PyJWTError, ValueError, TypeError):
        return None
    curve = getattr(getattr(key.key, "curve", None), "name", "secp256r1")
    return key if key.key.key_size >= _BITS_MIN[algorithm] and curve == "secp256r1" else None


def _file(url: str) -> str:
    from urllib.request import url2pathname

    return Path(url2pathname(url.removeprefix("file://"))).read_text()


def _fetched() -> str:
    """The JWKS document, from where the settings or the issuer's own description say."""
    url = settings.identity_jwks_url
    if not url:
        described = msgspec.json.decode(
            _get(f"{settings.identity_issuer.rstrip('/')}/.well-known/openid-configuration"),
            type=_Described,
        )
        if described.issuer != settings.identity_issuer:
            raise ValueError("another issuer's description")
        url = described.jwks_uri
    return _get(url)


class _Described(msgspec.Struct):
    """OpenID Connect Discovery 1.0, section 3."""

    issuer: str
    jwks_uri: str


def _get(url: str) -> str:
    from urllib.request import Request, urlopen

    if not url.startswith("https://"):
        raise ValueError("keys come over TLS only")
    with urlopen(Request(url, headers={"Accept": "application/json"}), timeout=TIMEOUT_S) as answer:
        body: bytes = answer.read(SIZE_MAX + 1)
    if len(body) > SIZE_MAX:
        raise ValueError("too long for a set of keys")
    return body.decode()
