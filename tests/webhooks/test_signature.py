import base64
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from chalicelib.webhooks import signature

BODY = '{"type":"report.created","data":{"note":"jalan berlubang, café"}}'.encode()
MESSAGE = "evt_01JD5W3Z8Q"


def signed_now(*secrets: str) -> dict[str, str]:
    return signature.headers(secrets, MESSAGE, int(time.time()), BODY)


def accepts(secret: str, headers: dict[str, str], body: bytes = BODY) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except WebhookVerificationError:
        return False
    return True


def test_a_receiver_with_the_standard_library_accepts_what_we_sign() -> None:
    secret = signature.new_secret()
    assert accepts(secret, signed_now(secret))


def test_during_a_rotation_the_old_and_the_new_secret_are_both_accepted() -> None:
    old, new = signature.new_secret(), signature.new_secret()
    during = signed_now(old, new)
    assert accepts(old, during)
    assert accepts(new, during)
    assert not accepts(old, signed_now(new))


def test_a_strangers_secret_is_refused() -> None:
    assert not accepts(signature.new_secret(), signed_now(signature.new_secret()))


def test_a_tampered_body_is_refused() -> None:
    secret = signature.new_secret()
    assert not accepts(secret, signed_now(secret), BODY.replace(b"created", b"deleted"))


@pytest.mark.parametrize(
    ("header", "forged"),
    [("webhook-id", "evt_other"), ("webhook-timestamp", f"{time.time() + 60:.0f}")],
    ids=["id", "timestamp"],
)
def test_a_tampered_id_or_timestamp_is_refused(header: str, forged: str) -> None:
    secret = signature.new_secret()
    assert not accepts(secret, signed_now(secret) | {header: forged})


def test_the_published_example_of_the_standard_gives_its_published_signature() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    message, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature.sign([secret], message, 1614265330, body) == expected


def test_a_secret_is_32_random_bytes_behind_its_prefix() -> None:
    first, second = signature.new_secret(), signature.new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_nothing_leaves_unsigned() -> None:
    with pytest.raises(ValueError, match="secret"):
        signature.sign([], MESSAGE, 1614265330, BODY)
