import gzip
import socket
import socketserver
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.webhooks.outbound import Answer, Unreachable, fetch, post
from chalicelib.webhooks.targets import Forbidden
from chalicelib.webhooks.wire import ANSWER_BYTES_MAX

type Script = Callable[[socket.socket], None]

HOST = "agency.test"
PACE_S = 0.02
SHORT_S = 0.4
AMPLE_S = 20.0


class Agency(socketserver.ThreadingTCPServer):
    """A receiver on loopback that plays one script to each caller; `over` ends the test's waits."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.port: int = self.server_address[1]
        self.calls = 0
        self._script = script
        self._tls = tls

    def finish_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        self.calls += 1
        with suppress(OSError), ExitStack() as stack:
            if self._tls:
                request = stack.enter_context(self._tls.wrap_socket(request, server_side=True))
            self._script(request)


class Street:
    """Where the agencies of one test live."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.over = Event()
        self._tls = tls
        self._agencies: list[tuple[Agency, Thread]] = []

    def agency(self, script: Script, *, tls: bool = True) -> Agency:
        agency = Agency(script, self._tls if tls else None)
        thread = Thread(target=agency.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self._agencies.append((agency, thread))
        return agency

    def drip(self, sock: socket.socket, data: bytes) -> None:
        """Send one byte at a time until the test is over."""
        for value in data:
            sock.sendall(bytes([value]))
            if self.over.wait(PACE_S):
                return

    def close(self) -> None:
        self.over.set()
        for agency, thread in self._agencies:
            agency.shutdown()
            thread.join()
            agency.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the certificate and the key of `agency.test`, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identity)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(identity, critical=False)
        .add_extension(issuer, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "agency.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def street(certificate: Path) -> Iterator[Street]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    street = Street(tls)
    yield street
    street.close()


class Sender:
    """Posts to an agency as the worker does, but with names and trust of the test's own."""

    def __init__(self, certificate: Path) -> None:
        self.certificate: Path | None = certificate
        self.deadline_s = AMPLE_S
        self.host = HOST
        self.answers: Sequence[Sequence[str]] = [["127.0.0.1"]]
        self.lookups: list[str] = []

    def __call__(self, port: int, path: str = "/", body: bytes = b"{}") -> Answer:
        return post(
            f"https://{self.host}:{port}{path}",
            body,
            {"webhook-id": "evt_1"},
            deadline_s=self.deadline_s,
            connect_s=AMPLE_S,
            resolver=self._resolve,
            tls_ca=str(self.certificate) if self.certificate else None,
            ports={port},
            networks_allowed=[ip_network("127.0.0.1")],
        )

    def _resolve(self, host: str, port: int) -> Sequence[str]:
        self.lookups.append(host)
        return self.answers[min(len(self.lookups), len(self.answers)) - 1]


@pytest.fixture
def send(certificate: Path) -> Sender:
    return Sender(certificate)


def read_request(sock: socket.socket) -> bytes:
    received = b""
    while not _whole(received) and (more := sock.recv(4096)):
        received += more
    return received


def _whole(received: bytes) -> bool:
    # The tests post `{}`; what is fetched has no body.
    return received.endswith(b"\r\n\r\n" if received.startswith(b"GET") else b"\r\n\r\n{}")


def answering(*parts: bytes) -> Script:
    def script(sock: socket.socket) -> None:
        read_request(sock)
        for part in parts:
            sock.sendall(part)

    return script


def failure(send: Sender, port: int) -> str:
    with pytest.raises(Unreachable) as raised:
        send(port)
    return raised.value.reason


def leaves_at_the_deadline(send: Sender, port: int, body: bytes = b"{}") -> bool:
    send.deadline_s = SHORT_S
    with pytest.raises(Unreachable, match="timeout") as raised:
        send(port, body=body)
    return 1000 * SHORT_S <= raised.value.duration_ms < 1000 * AMPLE_S / 4


def test_an_answer_comes_back_with_its_status_excerpt_and_duration(
    street: Street, send: Sender
) -> None:
    agency = street.agency(answering(b"HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nhello"))
    answer = send(agency.port)
    assert (answer.status, answer.excerpt, answer.retry_after_s) == (202, "hello", None)
    assert 0 <= answer.duration_ms < 1000 * AMPLE_S


def test_the_receiver_sees_path_host_name_headers_and_body(street: Street, send: Sender) -> None:
    seen: list[bytes] = []

    def script(sock: socket.socket) -> None:
        seen.append(read_request(sock))
        sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    port = street.agency(script).port
    send.host = "AGENCY.test."
    assert send(port, "/hook?a=1").status == 204
    head, body = seen[0].split(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook?a=1 HTTP/1.1"
    assert {f"Host: {HOST}:{port}", "webhook-id: evt_1", "Content-Length: 2"} <= set(lines)
    assert {"Accept-Encoding: identity", "Connection: close"} <= set(lines)
    assert body == b"{}"


def test_an_error_of_the_receiver_is_an_answer(street: Street, send: Sender) -> None:
    agency = street.agency(answering(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"))
    assert send(agency.port).status == 500


def test_a_redirect_is_an_answer_and_is_not_followed(street: Street, send: Sender) -> None:
    inside = street.agency(answering(b"HTTP/1.1 200 OK\r\n\r\n"))
    location = f"Location: https://{HOST}:{inside.port}/\r\n".encode()
    agency = street.agency(answering(b"HTTP/1.1 307 Moved\r\n", location, b"\r\n"))
    assert send(agency.port).status == 307
    assert inside.calls == 0


def test_the_excerpt_is_the_first_kilobyte_whatever_its_encoding(
    street: Street, send: Sender
) -> None:
    agency = street.agency(answering(b"HTTP/1.1 200 OK\r\n\r\n", b"\xff" + b"a" * 5000))
    assert send(agency.port).excerpt == "\ufffd" + "a" * 1023


def test_a_chunked_answer_is_read(street: Street, send: Sender) -> None:
    chunks = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    agency = street.agency(
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunks)
    )
    assert send(agency.port).excerpt == "abcde"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Length: 500\r\n", b"abc"),
        (b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n9\r\nde"),
        (b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\nzz\r\n"),
        (b"Transfer-Encoding: chunked\r\n", b"-5\r\n"),
    ],
)
def test_a_broken_body_does_not_undo_the_status(
    street: Street, send: Sender, headers: bytes, body: bytes
) -> None:
    agency = street.agency(answering(b"HTTP/1.1 200 OK\r\n", headers, b"\r\n", body))
    answer = send(agency.port)
    assert answer.status == 200
    assert answer.excerpt in {"abc", ""}


def test_an_endless_body_is_left_after_its_beginning(street: Street, send: Sender) -> None:
    def script(sock: socket.socket) -> None:
        answering(b"HTTP/1.1 200 OK\r\n\r\n")(sock)
        while not street.over.is_set():
            sock.sendall(b"y" * 65536)

    assert send(street.agency(script).port).excerpt == "y" * 1024


def test_a_compressed_answer_is_never_inflated(street: Street, send: Sender) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    agency = street.agency(answering(head.encode(), bomb))
    assert send(agency.port).excerpt == bomb[:1024].decode(errors="replace")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: z\r\n" % i for i in range(300)),
        b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"z" * 5000 + b"\r\n") * (ANSWER_BYTES_MAX // 5000 + 1),
        b"HTTP/1.1 200 OK\r\nX: " + b"z" * 70_000 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 4000 + b"HTTP/1.1 200 OK\r\n",
    ],
    ids=["many", "big in all", "one long line", "endless continues"],
)
def test_huge_headers_are_refused(street: Street, send: Sender, head: bytes) -> None:
    assert failure(send, street.agency(answering(head, b"\r\n")).port) == "connection"


@pytest.mark.parametrize(
    "cut",
    [b"", b"HTTP/1.1", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX-Half: ", b"SSH-2.0\r\n"],
)
def test_an_answer_cut_off_before_its_headers_end_is_no_success(
    street: Street, send: Sender, cut: bytes
) -> None:
    assert failure(send, street.agency(answering(cut)).port) == "connection"


def test_a_silent_receiver_is_left_at_the_deadline(street: Street, send: Sender) -> None:
    def script(sock: socket.socket) -> None:
        street.over.wait()

    assert leaves_at_the_deadline(send, street.agency(script).port)


def test_a_receiver_that_drips_its_headers_is_left_at_the_deadline(
    street: Street, send: Sender
) -> None:
    def script(sock: socket.socket) -> None:
        street.drip(sock, b"HTTP/1.1 200 OK\r\nX-Pad: " + b"a" * 1000)

    assert leaves_at_the_deadline(send, street.agency(script).port)


def test_a_receiver_that_drips_its_body_is_left_at_the_deadline(
    street: Street, send: Sender
) -> None:
    def script(sock: socket.socket) -> None:
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")(sock)
        street.drip(sock, b"a" * 1000)

    assert leaves_at_the_deadline(send, street.agency(script).port)


def test_a_receiver_that_drips_its_handshake_is_left_at_the_deadline(
    street: Street, send: Sender
) -> None:
    def script(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"\x16\x03\x03\x3f\xff")
        street.drip(sock, bytes(1000))

    assert leaves_at_the_deadline(send, street.agency(script, tls=False).port)


def test_a_receiver_that_reads_slowly_is_left_at_the_deadline(street: Street, send: Sender) -> None:
    def script(sock: socket.socket) -> None:
        while not street.over.wait(PACE_S / 10):
            sock.recv(16_384)

    assert leaves_at_the_deadline(send, street.agency(script).port, body=bytes(80_000_000))


def test_a_receiver_that_takes_no_calls_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as queue:
        address = listener.getsockname()
        for _ in range(4):  # nobody accepts, so the queue is full and further calls hang
            caller = queue.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(address)
        url = f"http://127.0.0.1:{address[1]}/"
        with pytest.raises(Unreachable, match="timeout") as raised:
            post(url, b"{}", {}, loopback_allowed=True, deadline_s=AMPLE_S, connect_s=0.1)
    assert raised.value.duration_ms < 1000 * AMPLE_S / 4


def test_the_certificate_must_bear_the_name_of_the_url(street: Street, send: Sender) -> None:
    agency = street.agency(answering(b"HTTP/1.1 200 OK\r\n\r\n"))
    send.host = "other.test"
    assert failure(send, agency.port) == "tls"


def test_the_certificate_must_come_from_a_trusted_authority(street: Street, send: Sender) -> None:
    agency = street.agency(answering(b"HTTP/1.1 200 OK\r\n\r\n"))
    send.certificate = None
    assert failure(send, agency.port) == "tls"


def test_a_receiver_without_tls_is_unreachable(street: Street, send: Sender) -> None:
    def script(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    assert failure(send, street.agency(script, tls=False).port) == "tls"


def test_a_private_answer_of_the_name_server_is_refused(street: Street, send: Sender) -> None:
    agency = street.agency(answering(b"HTTP/1.1 200 OK\r\n\r\n"))
    send.answers = [["169.254.169.254"]]
    with pytest.raises(Forbidden, match="address"):
        send(agency.port)
    assert agency.calls == 0


@pytest.mark.parametrize("answers", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"]])
def test_one_private_answer_among_good_ones_is_refused(
    street: Street, send: Sender, answers: Sequence[str]
) -> None:
    agency = street.agency(answering(b"HTTP/1.1 200 OK\r\n\r\n"))
    send.answers = [answers]
    with pytest.raises(Forbidden, match="address"):
        send(agency.port)
    assert agency.calls == 0


def test_the_name_is_looked_up_once_so_a_second_answer_cannot_rebind_it(
    street: Street, send: Sender
) -> None:
    agency = street.agency(answering(b"HTTP/1.1 200 OK\r\n\r\n"))
    send.answers = [["127.0.0.1"], ["10.0.0.5"]]
    assert send(agency.port).status == 200
    assert send.lookups == [HOST]
    assert agency.calls == 1


def test_the_next_address_is_tried_when_one_does_not_answer(street: Street, send: Sender) -> None:
    agency = street.agency(answering(b"HTTP/1.1 200 OK\r\n\r\n"), tls=False)
    answer = post(
        f"http://localhost:{agency.port}/",
        b"{}",
        {},
        loopback_allowed=True,
        resolver=lambda host, port: ["::1", "127.0.0.1"],
    )
    assert answer.status == 200


def test_a_closed_port_refuses(send: Sender) -> None:
    with socket.socket() as bound_but_deaf:
        bound_but_deaf.bind(("127.0.0.1", 0))
        assert failure(send, bound_but_deaf.getsockname()[1]) == "refused"


def unknown(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "unknown")


def nowhere(host: str, port: int) -> Sequence[str]:
    return []


@pytest.mark.parametrize("resolver", [unknown, nowhere])
def test_a_name_without_an_address_is_unreachable(
    resolver: Callable[[str, int], Sequence[str]],
) -> None:
    with pytest.raises(Unreachable, match="dns"):
        post(f"https://{HOST}/", b"{}", {}, resolver=resolver)


def test_a_slow_name_server_is_left_in_time(street: Street) -> None:
    def slow(host: str, port: int) -> Sequence[str]:
        street.over.wait()
        return ["127.0.0.1"]

    with pytest.raises(Unreachable, match="dns") as raised:
        post(f"https://{HOST}/", b"{}", {}, connect_s=0.1, resolver=slow)
    assert raised.value.duration_ms < 1000 * AMPLE_S / 4


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_local_stage_posts_to_its_own_machine_over_plain_http(
    street: Street, host: str
) -> None:
    agency = street.agency(answering(b"HTTP/1.1 200 OK\r\n\r\n"), tls=False)
    url = f"http://{host}:{agency.port}/hook"
    assert post(url, b"{}", {}, loopback_allowed=True).status == 200
    with pytest.raises(Forbidden, match="scheme"):
        post(url, b"{}", {})
    assert agency.calls == 1


def in_seconds(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (lambda: "120", range(120, 121)),
        (lambda: "0", range(1)),
        (lambda: "9999999", range(86_400, 86_401)),
        (lambda: in_seconds(600), range(500, 601)),
        (lambda: in_seconds(-600), range(1)),
        (lambda: in_seconds(10**8), range(86_400, 86_401)),
        (lambda: "Mon, 23 Nov 2026 10:00:00 -0000", range(86_401)),
    ],
    ids=["seconds", "none", "many seconds", "date", "past date", "far date", "date without zone"],
)
def test_a_wish_for_a_later_retry_is_read_and_capped_at_a_day(
    street: Street, send: Sender, wish: Callable[[], str], expected: range
) -> None:
    # Written when the test runs: minutes may have passed since it was collected.
    head = f"HTTP/1.1 503 Busy\r\nRetry-After: {wish()}\r\nContent-Length: 0\r\n\r\n"
    assert send(street.agency(answering(head.encode())).port).retry_after_s in expected


@pytest.mark.parametrize("wish", [b"soon", b"-5", b"1.5", b"\xb2", b"", b"9" * 5000, b"1, 2"])
def test_an_unreadable_wish_for_a_later_retry_is_ignored(
    street: Street, send: Sender, wish: bytes
) -> None:
    agency = street.agency(answering(b"HTTP/1.1 503 Busy\r\nRetry-After: ", wish, b"\r\n\r\n"))
    assert send(agency.port).retry_after_s is None


FILE_MAX = 100_000


def fetched(port: int, certificate: Path, networks: Sequence[str] = ("127.0.0.1",)) -> bytes:
    return fetch(
        f"https://{HOST}:{port}/a.jpg",
        FILE_MAX,
        deadline_s=AMPLE_S,
        connect_s=AMPLE_S,
        resolver=lambda host, port: ["127.0.0.1"],
        tls_ca=str(certificate),
        ports={port},
        networks_allowed=[ip_network(one) for one in networks],
    )


def test_a_file_is_fetched_whole_up_to_its_limit(street: Street, certificate: Path) -> None:
    whole = b"\xff" * FILE_MAX
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {FILE_MAX}\r\n\r\n".encode()
    port = street.agency(answering(head, whole)).port
    assert fetched(port, certificate) == whole
    with pytest.raises(Forbidden):
        fetched(port, certificate, networks=())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * (FILE_MAX + 1),
        b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno.",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\naaaaa\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_whole_file_is_none(street: Street, certificate: Path, answer: bytes) -> None:
    with pytest.raises(Unreachable):
        fetched(street.agency(answering(answer)).port, certificate)
