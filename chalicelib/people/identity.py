"""Callers: bearer tokens of an OpenID Connect issuer, API keys, tracking codes, or nobody known."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib.errors import NotAllowed, NotIdentified
from chalicelib.people import api_keys
from chalicelib.settings import settings

if TYPE_CHECKING:
    from jwt import PyJWKClient

STAFF = ("officer", "moderator", "admin")
ROLES = ("citizen", *STAFF)


class Caller(msgspec.Struct, frozen=True):
    """Who sent the request; all None when nobody is known.

    `scopes` are those of an API key: an officer of its agency, but only for the calls they open.
    """

    sub: str | None = None
    role: str | None = None
    agency_id: str | None = None
    tracking_code: str | None = None
    scopes: tuple[str, ...] | None = None

    def require(self, *roles: str) -> None:
        """NotIdentified when nobody is known, NotAllowed when known without one of the roles."""
        if self.sub is None:
            raise NotIdentified
        if self.role not in roles:
            raise NotAllowed(roles=list(roles))

    @property
    def staff(self) -> bool:
        """Whether the caller works for the city or an agency."""
        return self.role in STAFF

    @property
    def account(self) -> str | None:
        """The person's account; None for nobody known, and for a system with its key."""
        return self.sub if self.scopes is None else None

    def acts_for(self, agency_id: str | None) -> bool:
        """Whether the caller may act in the name of that agency."""
        if self.role in ("moderator", "admin"):
            return True
        return self.role == "officer" and agency_id is not None and self.agency_id == agency_id


NOBODY = Caller()


def identify(headers: Mapping[str, str]) -> Caller:
    """The caller that the headers prove; NotIdentified when a given token or key is not valid.

    Who sends both a token and a key is not identified: it would be unclear as whom.
    """
    code = headers.get("x-tracking-code")
    authorization, key = headers.get("authorization"), headers.get("x-api-key")
    if key is not None:
        if authorization is not None:
            raise NotIdentified
        return _system(key, code)
    if authorization is None:
        return Caller(tracking_code=code) if code else NOBODY
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotIdentified
    claims = _verified(token.strip())
    role = claims.get("role") or claims.get("custom:role")
    agency = claims.get("agency_id") or claims.get("custom:agency_id")
    return Caller(
        sub=str(claims["sub"]),
        role=role if role in ROLES else "citizen",
        agency_id=agency,
        tracking_code=code,
    )


def _system(key: str, code: str | None) -> Caller:
    row = api_keys.verified(key)
    return Caller(
        sub=f"key:{row.id}",
        role="officer" if row.agency else "client",
        agency_id=row.agency,
        tracking_code=code,
        scopes=tuple(row.scopes),
    )


def _verified(token: str) -> dict[str, Any]:
    # PyJWT and cryptography cost about 35 ms; public reads, the many, never pay them.
    import jwt

    try:
        key = _signing_key(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256", "ES256"],
            issuer=settings.identity_issuer,
            options={"require": ["exp", "iat", "iss", "sub"], "verify_aud": False},
        )
    except (jwt.PyJWTError, KeyError, ValueError):
        raise NotIdentified from None
    # Cognito's access tokens name the client in `client_id`, other issuers in `aud`.
    audience = claims.get("aud", claims.get("client_id"))
    named = audience if isinstance(audience, list) else [audience]
    if settings.identity_audience not in named:
        raise NotIdentified
    return claims


def _signing_key(token: str) -> Any:
    if settings.local and settings.identity_jwks_url.startswith("file:"):
        return _local_keys()[_key_id(token)].key
    return _keys().get_signing_key_from_jwt(token).key


def _key_id(token: str) -> str:
    import jwt

    return str(jwt.get_unverified_header(token)["kid"])


@cache
def _local_keys() -> Any:
    """The keys of the local issuer, a file: PyJWT's client rightly opens nothing but http(s)."""
    from urllib.request import url2pathname

    import jwt

    path = url2pathname(settings.identity_jwks_url.removeprefix("file://"))
    return jwt.PyJWKSet.from_json(Path(path).read_text())


@cache
def _keys() -> "PyJWKClient":
    import jwt

    return jwt.PyJWKClient(settings.identity_jwks_url, cache_keys=True, lifespan=3600, timeout=5)
