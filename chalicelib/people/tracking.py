"""Tracking codes: the secret by which an anonymous reporter follows and confirms a report."""

import hashlib
import hmac
import secrets

from chalicelib.clock import base32

CODE_BITS = 100


def new_code() -> str:
    """20 characters of Crockford's base 32 in groups of five: 100 random bits."""
    return _grouped(secrets.randbits(CODE_BITS))


def code_from(key: bytes, seed: str) -> str:
    """The code that `seed` always gives under `key`, so that a repeated request gets it again."""
    digest = hmac.digest(key, f"tracking code {seed}".encode(), "sha256")
    return _grouped(int.from_bytes(digest) >> (256 - CODE_BITS))


def code_hash(code: str) -> str:
    """What is stored; codes have too much entropy for a slow hash to matter."""
    return hashlib.sha256(_plain(code).encode()).hexdigest()


def code_matches(code: str | None, stored: str | None) -> bool:
    """Whether a given code is the one whose hash is stored, in constant time."""
    if not code or not stored:
        return False
    return hmac.compare_digest(code_hash(code), stored)


def _grouped(value: int) -> str:
    characters = base32(value, CODE_BITS // 5)
    return "-".join(characters[at : at + 5] for at in range(0, len(characters), 5))


def _plain(code: str) -> str:
    # People type codes: case, spaces and hyphens do not matter, nor do the letters that look alike.
    return code.upper().translate(str.maketrans("ILO", "110", "- "))
