"""The certificate that an endpoint's receiver may demand of us (mutual TLS)."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.errors import Fault
from chalicelib.webhooks.sealing import BYTES_MAX


class ClientCertificate(Struct, frozen=True, forbid_unknown_fields=True):
    """A certificate with its chain, and its key without a password, both as PEM."""

    certificate: Annotated[str, Meta(min_length=1, max_length=16_000)]
    key: Annotated[str, Meta(min_length=1, max_length=BYTES_MAX)]


def faults(shown: ClientCertificate | None) -> Iterator[Fault]:
    """Whether it is one, and its key fits."""
    if shown is None:
        return
    # The sender, with its sockets: needed here only to try a certificate.
    import ssl

    from chalicelib.webhooks.outbound import Identity, show

    try:
        show(ssl.create_default_context(), Identity(shown.certificate, shown.key))
    except (ssl.SSLError, OSError, ValueError):
        yield Fault("client_certificate", "fault.client_certificate")
