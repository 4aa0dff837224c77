"""Only what our issuer signed, for us, for now, names somebody."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chalicelib.errors import NotIdentified
from chalicelib.people import tokens
from chalicelib.people.issuer_keys import FRESH_S, PAUSE_S, IssuerKeys, Memory
from chalicelib.settings import settings
from tests.city import CITIZEN, City

NOW = 1_795_482_000
CLAIMS: dict[str, Any] = {
    "iss": settings.identity_issuer,
    "aud": settings.identity_audience,
    "sub": "ani",
    "iat": NOW - 60,
    "exp": NOW + 60,
}


@cache
def rsa_key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public(key: Any, kid: str, **facts: Any) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {
            **json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())),
            "kid": kid,
            **facts,
        }
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, **facts}


def jwks(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": keys})


def issuer() -> IssuerKeys:
    text = jwks(public(rsa_key(), "r"), public(ec_key(), "e"))
    return IssuerKeys(lambda: text, now=lambda: NOW)


def signed(key: Any = None, alg: str = "RS256", kid: str = "r", **claims: Any) -> str:
    given = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(given, key or rsa_key(), algorithm=alg, headers={"kid": kid})


def by_hand(header: dict[str, Any], secret: bytes = b"") -> str:
    """A token that no honest library makes."""
    parts = [json.dumps(part).encode() for part in (header, CLAIMS)]
    body = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = hmac.digest(secret, body, hashlib.sha256) if secret else b""
    return f"{body.decode()}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def pem() -> bytes:
    return (
        rsa_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def test_both_kinds_of_signature_are_taken() -> None:
    for token in (signed(), signed(ec_key(), "ES256", "e"), signed(aud=["x", CLAIMS["aud"]])):
        assert tokens.verified(token, issuer(), lambda: NOW)["sub"] == "ani"
    access = signed(aud=None, client_id=CLAIMS["aud"])
    assert tokens.verified(access, issuer(), lambda: NOW)["sub"] == "ani"


FORGED: dict[str, Callable[[], str]] = {
    "alg none": lambda: by_hand({"alg": "none", "kid": "r"}),
    "alg None": lambda: by_hand({"alg": "None", "kid": "r"}),
    "signed with the public key as a secret": lambda: by_hand({"alg": "HS256", "kid": "r"}, pem()),
    "RS256 said of such a signature": lambda: by_hand({"alg": "RS256", "kid": "r"}, pem()),
    "signed by another key": lambda: signed(rsa_key(number=1)),
    "signed by our other key": lambda: signed(ec_key(), "ES256", "r"),
    "another hash": lambda: signed(alg="RS512"),
    "a padding that we do not take": lambda: signed(alg="PS256"),
    "unknown key": lambda: signed(kid="x"),
    "no key named": lambda: by_hand({"alg": "RS256"}),
    "a key of its own": lambda: by_hand(
        {"alg": "RS256", "jwk": public(rsa_key(number=1), "r"), "jku": "https://x.test/keys"}
    ),
    "wrong audience": lambda: signed(aud="another-app"),
    "no audience": lambda: signed(aud=None),
    "wrong issuer": lambda: signed(iss="https://x.test"),
    "expired by a second": lambda: signed(exp=NOW - 1),
    "expired this second": lambda: signed(exp=NOW),
    "no end": lambda: signed(exp=None),
    "an end that is no number": lambda: signed(exp="9999999999"),
    "an end in infinity": lambda: signed(exp=float("nan")),
    "not good yet": lambda: signed(nbf=NOW + 61),
    "issued in the future": lambda: signed(iat=NOW + 61),
    "nobody": lambda: signed(sub=None),
    "a key's name": lambda: signed(sub="key:01M84GX2F6N9A3Z5Y8T1C7B4KD"),
    "a name too long": lambda: signed(sub="x" * 129),
    "oversized": lambda: signed(extra="x" * tokens.LENGTH_MAX),
    "cut": lambda: signed()[:-4],
    "no token": lambda: "a.b.c",
    "not even ASCII": lambda: "é.é.é",
    "nothing": lambda: "..",
}


@pytest.mark.parametrize("how", FORGED)
def test_what_is_forged_wrong_or_old_names_nobody(how: str) -> None:
    with pytest.raises(NotIdentified):
        tokens.verified(FORGED[how](), issuer(), lambda: NOW)


def test_a_token_is_good_until_its_last_second_and_a_clock_may_be_a_minute_ahead() -> None:
    for token in (signed(exp=NOW + 1), signed(iat=NOW + 60, nbf=NOW + 60)):
        assert tokens.verified(token, issuer(), lambda: NOW)


@pytest.mark.parametrize(
    "unfit",
    [
        {"kty": "oct", "kid": "r", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "r"},
        public(rsa_key(1024), "r"),
        public(ec.generate_private_key(ec.SECP384R1()), "r"),
        public(rsa_key(), "r", use="enc"),
        public(rsa_key(), "r", alg="HS256"),
    ],
    ids=lambda key: f"{key['kty']} {key.get('use', '')} {key.get('alg', '')}",
)
def test_keys_that_are_not_for_our_signatures_are_passed_over(unfit: dict[str, Any]) -> None:
    keys = IssuerKeys(lambda: jwks(unfit, public(ec_key(), "e")), now=lambda: NOW)
    with pytest.raises(KeyError):
        keys.find("r")
    assert keys.find("e")


class Issuer:
    """Counts how often it is asked; down while `text` is None."""

    def __init__(self) -> None:
        self.text: str | None = jwks(public(ec_key(), "old"))
        self.asked, self.now = 0, float(NOW)
        self.saved: list[tuple[str, float]] = []

    def fetch(self) -> str:
        self.asked += 1
        if self.text is None:
            raise OSError
        return self.text

    def process(self) -> IssuerKeys:
        memory = Memory(
            lambda: self.saved[-1] if self.saved else None,
            lambda text, at: self.saved.append((text, at)),
        )
        return IssuerKeys(self.fetch, memory, lambda: self.now)


def test_a_new_key_is_found_and_the_issuer_asked_once_a_minute_at_most() -> None:
    issuer = Issuer()
    keys = issuer.process()
    assert keys.find("old")
    for number in range(50):
        with pytest.raises(KeyError):
            keys.find(f"made-up-{number}")
    assert issuer.asked == 1
    issuer.text = jwks(public(rsa_key(), "new"))
    issuer.now += PAUSE_S
    assert keys.find("new")
    assert issuer.asked == 2
    with pytest.raises(KeyError):
        keys.find("old")


def test_an_outage_is_survived_also_by_new_processes() -> None:
    issuer = Issuer()
    keys = issuer.process()
    keys.find("old")
    good = issuer.text
    for bad in (None, "<html>Service unavailable</html>", jwks(), '{"keys": 1}'):
        issuer.text = bad
        issuer.now += FRESH_S + 1
        assert keys.find("old")
        assert issuer.process().find("old")
    asked = issuer.asked
    issuer.text = good
    issuer.now += PAUSE_S
    keys.find("old")
    assert issuer.asked == asked + 1
    # Fresh ones that another process has fetched are not fetched again.
    issuer.process().find("old")
    assert issuer.asked == asked + 1


def test_the_front_door_refuses_a_bad_token_everywhere(city: City) -> None:
    for path in ("/v1/health", "/v1/me/reports"):
        for scheme in ("Bearer x", "Basic abc", "Bearer", f"Bearer {'x' * 9000}"):
            answer = city.get(path, headers={"authorization": scheme})
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert city.get("/v1/me/reports", by=CITIZEN).status == 200
