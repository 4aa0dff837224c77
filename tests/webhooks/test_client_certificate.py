"""A receiver that demands a client certificate gets the endpoint's; others never see it."""

import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.webhooks import client_certificate, sealing
from chalicelib.webhooks.client_certificate import ClientCertificate
from chalicelib.webhooks.outbound import Identity, Unreachable, post
from tests.city import ROADS, City, officer
from tests.webhooks.test_endpoint_calls import URL, row
from tests.webhooks.test_outbound import (
    HOST,
    SHORT_S,
    Street,
    answering,
    certificate,  # noqa: F401  # a fixture
)

OK = answering(b"HTTP/1.1 204 No Content\r\n\r\n")


def made(name: str, password: bytes | None = None) -> tuple[str, str]:
    """A certificate that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    ours = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signed = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(ours, critical=False)
        .sign(key, hashes.SHA256())
    )
    locked: Any = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, locked)
    return signed.public_bytes(pem).decode(), private.decode()


CITY, KEY = made("tanggap")


@pytest.fixture
def strict(certificate: Path) -> Iterator[Street]:  # noqa: F811
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    tls.load_verify_locations(cadata=CITY)
    tls.verify_mode = ssl.CERT_REQUIRED
    street = Street(tls)
    yield street
    street.close()


def sent(street: Street, trusted: Path, identity: Identity | None) -> int:
    from ipaddress import ip_network

    port = street.agency(OK).port
    answer = post(
        f"https://{HOST}:{port}/",
        b"{}",
        {},
        resolver=lambda host, port: ["127.0.0.1"],
        tls_ca=str(trusted),
        ports={port},
        networks_allowed=[ip_network("127.0.0.1")],
        deadline_s=20 * SHORT_S,
        identity=identity,
    )
    return answer.status


def test_the_certificate_is_shown(strict: Street, certificate: Path) -> None:  # noqa: F811
    assert sent(strict, certificate, Identity(CITY, KEY)) == 204


def test_without_it_or_with_another_the_receiver_refuses(
    strict: Street,
    certificate: Path,  # noqa: F811
) -> None:
    for identity in (None, Identity(*made("stranger"))):
        with pytest.raises(Unreachable):
            sent(strict, certificate, identity)


def test_what_is_none_or_locked_or_not_a_pair_is_refused() -> None:
    _, other_key = made("other")
    locked = made("locked", b"rahasia")
    for pair in ((CITY, other_key), (CITY, "x"), ("x", KEY), locked):
        assert list(client_certificate.faults(ClientCertificate(*pair))), pair
    assert not list(client_certificate.faults(ClientCertificate(CITY, KEY)))


def test_its_key_is_stored_encrypted_and_never_shown(city: City) -> None:
    given = {"certificate": CITY, "key": KEY}
    who = officer(ROADS)
    endpoint = city.post("/v1/webhooks", {"url": URL, "client_certificate": given}, by=who).json
    assert endpoint["client_certificate"] is True
    stored = row(endpoint["id"])
    assert "PRIVATE" not in json.dumps(stored.attribute_values, default=str)
    assert sealing.identity(stored) == Identity(CITY, KEY)
    path = f"/v1/webhooks/{endpoint['id']}"
    removed = city.call("PATCH", path, {"client_certificate": None}, by=who).json
    assert removed["client_certificate"] is False
    assert sealing.identity(row(endpoint["id"])) is None
