"""The local issuer of tokens: a key pair under the data folder, and `make token`."""

import argparse
import json
import os
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ISSUER = "https://identity.tanggap.local"
AUDIENCE = "tanggap-local"
LIFETIME_S = 12 * 3600


def jwks_url(data: Path) -> str:
    """Where the functions find the public key; made at the first call."""
    _key(data)
    return (data.resolve() / "identity" / "jwks.json").as_uri()


def token(
    data: Path,
    role: str,
    agency: str | None = None,
    sub: str | None = None,
    told: dict[str, object] | None = None,
) -> str:
    """A bearer token for the local system, good for twelve hours; `told` are further claims."""
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": sub or role,
        "role": role,
        "iat": now,
        "exp": now + LIFETIME_S,
        **(told or {}),
    }
    if agency:
        claims["agency_id"] = agency
    return jwt.encode(claims, _key(data), algorithm="ES256", headers={"kid": "local"})


def _key(data: Path) -> ec.EllipticCurvePrivateKey:
    home = data / "identity"
    file = home / "key.pem"
    if file.exists():
        key = serialization.load_pem_private_key(file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    keys = {"keys": [{**public, "kid": "local", "alg": "ES256", "use": "sig"}]}
    (home / "jwks.json").write_text(json.dumps(keys))
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return key


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--role", choices=["citizen", "officer", "moderator", "admin"])
    parser.add_argument("--agency", default="")
    parser.add_argument("--sub", default="")
    chosen = parser.parse_args()
    if chosen.role == "officer" and not chosen.agency:
        parser.error("an officer has an agency: make token ROLE=officer AGENCY=id")
    data = Path(os.environ.get("DATA_DIR", ".local"))
    print(token(data, chosen.role, chosen.agency or None, chosen.sub or None))


if __name__ == "__main__":
    main()
