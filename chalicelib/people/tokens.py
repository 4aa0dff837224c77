"""Bearer tokens of an OpenID Connect issuer, verified in this process (RFC 7519, RFC 8725)."""

import time
from collections.abc import Callable
from typing import Any

from chalicelib.errors import NotIdentified
from chalicelib.people import issuer_keys
from chalicelib.people.issuer_keys import IssuerKeys
from chalicelib.settings import settings

LENGTH_MAX = 8192
"""Characters; what is longer is not even looked at."""
CLOCK_SKEW_S = 60
"""So far the issuer's clock may be ahead of ours. For the end of a token nothing is added."""
SUB_MAX = 128

Claims = dict[str, Any]


def verified(
    token: str, keys: IssuerKeys | None = None, now: Callable[[], float] = time.time
) -> Claims:
    """The claims of a token that our issuer made for us and that is good now; NotIdentified.

    The key decides the algorithm (RS256 or ES256), and not the token.
    """
    # PyJWT and cryptography cost about 35 ms; public reads, the many, never pay them.
    import jwt

    if len(token) > LENGTH_MAX:
        raise NotIdentified
    try:
        key = (keys or issuer_keys.ours()).find(str(jwt.get_unverified_header(token)["kid"]))
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            issuer=settings.identity_issuer,
            # The times and the audience are looked at below.
            options={
                "require": ["exp", "iat", "iss", "sub"],
                "verify_aud": False,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except (jwt.PyJWTError, KeyError, ValueError):
        raise NotIdentified from None
    if not (_for_us(claims) and _good_at(claims, now()) and _names_somebody(claims["sub"])):
        raise NotIdentified
    return claims


def _for_us(claims: Claims) -> bool:
    """Cognito's access tokens name the client in `client_id`, other tokens in `aud`."""
    audience = claims.get("aud", claims.get("client_id"))
    return settings.identity_audience in (audience if isinstance(audience, list) else [audience])


def _good_at(claims: Claims, now: float) -> bool:
    end, begins = claims["exp"], (claims["iat"], claims.get("nbf", 0))
    numbers = all(type(one) in (int, float) for one in (end, *begins))
    return numbers and now < end and max(begins) <= now + CLOCK_SKEW_S


def _names_somebody(sub: object) -> bool:
    # `key:` begins the names of keys.
    return isinstance(sub, str) and 0 < len(sub) <= SUB_MAX and not sub.startswith("key:")
