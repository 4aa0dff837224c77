"""Callers: bearer tokens of an OpenID Connect issuer, API keys, tracking codes, or nobody known."""

from collections.abc import Mapping

import msgspec

from chalicelib.errors import NotAllowed, NotIdentified
from chalicelib.people import api_keys, tokens
from chalicelib.people.tokens import Claims

STAFF = ("officer", "moderator", "admin")
ROLES = ("citizen", *STAFF)
CONTACT_LENGTH = 254


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a person is called and reached; what is not known is left out."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None


class Caller(msgspec.Struct, frozen=True):
    """Who sent the request; all None when nobody is known.

    `scopes` are those of an API key: an officer of its agency, but only for the calls they open.
    `contact` is what the token says of its person.
    """

    sub: str | None = None
    role: str | None = None
    agency_id: str | None = None
    tracking_code: str | None = None
    scopes: tuple[str, ...] | None = None
    contact: Contact = Contact()

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
    claims = tokens.verified(token.strip())
    role = claims.get("role") or claims.get("custom:role")
    agency = claims.get("agency_id") or claims.get("custom:agency_id")
    return Caller(
        sub=str(claims["sub"]),
        role=role if role in ROLES else "citizen",
        agency_id=agency if isinstance(agency, str) else None,
        tracking_code=code,
        contact=_contact(claims),
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


def _contact(claims: Claims) -> Contact:
    """What the issuer says, and has verified, of how the person is called and reached."""
    return Contact(
        name=_short(claims.get("name")),
        email=_short(claims.get("email")) if _true(claims.get("email_verified")) else None,
        phone=_short(claims.get("phone_number"))
        if _true(claims.get("phone_number_verified"))
        else None,
    )


def _true(claim: object) -> bool:
    # Some issuers write it as a text.
    return claim is True or claim == "true"


def _short(claim: object) -> str | None:
    return claim[:CONTACT_LENGTH] if isinstance(claim, str) and claim.strip() else None
