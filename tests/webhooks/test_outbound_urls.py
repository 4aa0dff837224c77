from collections.abc import Sequence

import pytest

from chalicelib.webhooks.outbound import post
from chalicelib.webhooks.targets import Forbidden, check_url

ENCODED_INSIDE = [
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0x7f.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1.1/",
    "https://localhost/",
    "https://intranet/",
    "https:///hook",
    "https:agency.example/hook",
    "https://agency..example/",
    "https://-/",
    "https://agency%2f.example/",
    "https://[fe80::1%25eth0]/",
    "https://[2606:4700::1111%25eth0]/",
    "https://[::1/",
    "https://[8.8.8.8]/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
]

INSIDE_ADDRESSES = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]

PUBLIC_ADDRESSES = ["8.8.8.8", "1.1.1.1", "103.10.66.1", "2606:4700::1111", "2a00:1450:4009::1"]


def refusal(url: str, *, loopback_allowed: bool = False) -> str | None:
    try:
        check_url(url, loopback_allowed=loopback_allowed)
    except Forbidden as forbidden:
        return forbidden.reason
    return None


def as_host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize(
    "url",
    [
        "https://agency.example",
        "https://agency.example/hooks/tanggap?city=jakarta#top",
        "https://AGENCY.example./hook",
        "https://agency.example:443/",
        "https://agency.example:8443/",
        "https://hook_1.dinas-pu.jakarta.go.id/",
        "https://xn--bcher-kva.example/",
        "https://agency.example/?next=https://u@x/",
        *(f"https://{as_host(address)}/" for address in PUBLIC_ADDRESSES),
    ],
)
def test_an_https_url_of_a_public_host_is_taken(url: str) -> None:
    assert refusal(url) is None


@pytest.mark.parametrize("url", ENCODED_INSIDE)
def test_a_host_that_is_no_full_name_is_refused(url: str) -> None:
    assert refusal(url) == "host"


@pytest.mark.parametrize("address", INSIDE_ADDRESSES)
def test_an_inside_address_is_refused_in_the_url(address: str) -> None:
    assert refusal(f"https://{as_host(address)}/") == "address"


@pytest.mark.parametrize("address", INSIDE_ADDRESSES)
def test_an_inside_address_is_refused_behind_a_name(address: str) -> None:
    def resolver(host: str, port: int) -> Sequence[str]:
        return [*PUBLIC_ADDRESSES, address]

    with pytest.raises(Forbidden, match="address"):
        post("https://agency.example/", b"{}", {}, resolver=resolver)


@pytest.mark.parametrize(
    "url", ["http://agency.example/", "ftp://agency.example/", "file:///etc/passwd", "agency", ""]
)
def test_only_https_is_taken(url: str) -> None:
    assert refusal(url) in {"scheme", "characters"}


@pytest.mark.parametrize("port", ["22", "80", "0", "9001", "65535", "99999", "-1", "4 43", "x"])
def test_only_the_ports_443_and_8443_are_taken(port: str) -> None:
    assert refusal(f"https://agency.example:{port}/") in {"port", "characters"}


@pytest.mark.parametrize(
    "url",
    [
        "https://user@agency.example/",
        "https://user:password@agency.example/",
        "https://@agency.example/",
        "https://agency.example:443@10.0.0.1/",
    ],
)
def test_credentials_in_the_url_are_refused(url: str) -> None:
    assert refusal(url) == "credentials"


@pytest.mark.parametrize(
    "url",
    [
        "https://agency.example\\@127.0.0.1/",
        "https://agency.example/a b",
        "https://agency.example/\r\nHost: inside",
        "https://agency.example/\t",
        "https://agency.example/\x7f",
        "https://agency.example/\x00",
        " https://agency.example/",
        "https://agency.example/\n",
        "https://127。0。0。1/",
        "https://bücher.example/",
        "https://agency.example/jalan-é",
    ],
)
def test_unprintable_and_foreign_characters_are_refused(url: str) -> None:
    assert refusal(url) == "characters"


def test_a_url_has_at_most_2000_characters() -> None:
    start = "https://agency.example/"
    assert refusal(start + "a" * (2000 - len(start))) is None
    assert refusal(start + "a" * (2001 - len(start))) == "length"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/hook",
        "http://localhost:1/",
        "http://[::1]:65535/",
        "http://localhost",
    ],
)
def test_the_local_stage_may_also_post_to_its_own_machine(url: str) -> None:
    assert refusal(url, loopback_allowed=True) is None
    assert refusal(url) == "scheme"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2/",
        "http://10.0.0.1/",
        "http://agency.example/",
        "http://[::ffff:127.0.0.1]/",
        "http://user@127.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost:8443/",
        "https://169.254.169.254/",
    ],
)
def test_the_local_stage_may_post_to_nothing_else_inside(url: str) -> None:
    assert refusal(url, loopback_allowed=True) is not None


def test_a_localhost_that_points_elsewhere_is_refused() -> None:
    def resolver(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1", "10.0.0.1"]

    with pytest.raises(Forbidden, match="address"):
        post("http://localhost:1/", b"{}", {}, loopback_allowed=True, resolver=resolver)
