"""A POST that is sent again is done once: its first good answer is kept and given again.

Whoever sends a key claims a row for it, does the work, and leaves the answer in the row. Refusals
are not kept: they changed nothing, and with the same key a corrected request has to pass.
"""

import hmac
import secrets
import time
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, PutError

from chalicelib import aws, clock
from chalicelib.aws import Table
from chalicelib.errors import Fault, IdempotencyMismatch, InvalidInput, RequestInProgress
from chalicelib.keys import signing_key
from chalicelib.observability import logger
from chalicelib.people.identity import Caller
from chalicelib.people.tracking import code_hash
from chalicelib.settings import settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HEADER = "Idempotency-Key"
REPLAYED = "idempotent-replayed"
KEY_LENGTH = 255
STRONG_KEY_LENGTH = 16
"""Characters from which on a key counts as too long to guess."""
KEPT = timedelta(days=7)
LEASE = timedelta(seconds=35)
"""A little over the API function's timeout: who has claimed a key for longer is not running."""
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between looks at a request that is running elsewhere."""
RETRY_AFTER = 2
_NONCE_BYTES = 12


class Answer(msgspec.Struct, frozen=True):
    """What was sent back, and for how long a repeated request gets just this."""

    status: int
    headers: dict[str, str | list[str]]
    body: str
    kept: timedelta = KEPT


class Call(msgspec.Struct, frozen=True, dict=True):
    """A request with a key; `sent` is all of it that another request could have different."""

    caller: Caller
    target: object
    key: str
    sent: object

    @cached_property
    def id(self) -> str:
        """Names who did what with which key, and tells it to nobody without the city's key."""
        code = self.caller.tracking_code
        who = [self.caller.sub, self.caller.agency_id, code and code_hash(code)]
        return _mac("call", [who, self.target, self.key]).hex()

    @cached_property
    def content(self) -> bytes:
        """Tells one body from another without storing either."""
        return _mac("content", self.sent)


class Replay(Table):
    """A key in use: claimed until `expires`, and then answered until `expires` (Unix seconds).

    `owner` is the key of the sparse index of an account's rows: a keyed hash of the account.
    """

    class Meta:
        table_name = settings.replays_table

    id = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute(null=True)
    claim = UnicodeAttribute()
    content = BinaryAttribute(legacy_encoding=False)
    answer = BinaryAttribute(null=True, legacy_encoding=False)
    expires = NumberAttribute()


def key_in(headers: Mapping[str, str]) -> str | None:
    """The client's key; None without one. InvalidInput when it is empty or too long."""
    key = headers.get(HEADER.lower())
    if key is not None and not 1 <= len(key) <= KEY_LENGTH:
        raise InvalidInput(Fault(HEADER, "fault.too_long", {"limit": KEY_LENGTH}))
    return key


def once(
    call: Call,
    act: Callable[[], Answer],
    now: Callable[[], datetime] = clock.now,
    pause: Callable[[float], None] = time.sleep,
) -> Answer:
    """The answer of `act`, or of the first request with this key, marked as replayed.

    IdempotencyMismatch when the key came with another body, RequestInProgress when the first
    request is still running after a few seconds. What `act` raises leaves the key unused.
    """
    for seconds in (*PAUSES, 0):
        claim = _claim(call, now())
        if claim is not None:
            return _first(claim, call, act, now)
        earlier = _earlier(call, now())
        if earlier is not None:
            return earlier
        pause(seconds)
    raise RequestInProgress(retry_after=RETRY_AFTER)


def forget(sub: str) -> int:
    """Delete what is kept of an account's requests; how many there were."""
    request = {
        "TableName": settings.replays_table,
        "IndexName": "owner",
        "KeyConditionExpression": "#owner = :owner",
        "ExpressionAttributeNames": {"#owner": "owner"},
        "ExpressionAttributeValues": {":owner": {"S": _owner(sub)}},
    }
    pages = aws.dynamodb().get_paginator("query").paginate(**request)
    found = [row["id"] for page in pages for row in page["Items"]]
    for id in found:
        aws.dynamodb().delete_item(TableName=settings.replays_table, Key={"id": id})
    return len(found)


def _owner(sub: str) -> str:
    return _mac("owner", sub).hex()


def _claim(call: Call, at: datetime) -> Replay | None:
    """The row of this key, now ours; None when somebody has it."""
    row = Replay(
        id=call.id,
        owner=_owner(call.caller.account) if call.caller.account else None,
        claim=secrets.token_hex(8),
        content=call.content,
        expires=int((at + LEASE).timestamp()),
    )
    try:
        # DynamoDB deletes expired rows hours later: until then they are as good as gone.
        row.save(Replay.id.does_not_exist() | (Replay.expires < int(at.timestamp())))
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return None
    return row


def _earlier(call: Call, at: datetime) -> Answer | None:
    """The first answer; None while there is none."""
    try:
        row = Replay.get(call.id, consistent_read=True)
    except Replay.DoesNotExist:
        return None
    if row.expires < at.timestamp():
        return None
    if not hmac.compare_digest(row.content, call.content):
        raise IdempotencyMismatch
    if row.answer is None:
        return None
    answer = _opened(row.answer, call)
    return Answer(answer.status, {**answer.headers, REPLAYED: "true"}, answer.body)


def _first(
    claim: Replay, call: Call, act: Callable[[], Answer], now: Callable[[], datetime]
) -> Answer:
    try:
        answer = act()
    except Exception:
        _release(claim)
        raise
    if _may_be_kept(answer, call):
        _keep(claim, _sealed(answer, call), now() + answer.kept)
    else:
        _release(claim)
    return answer


def _may_be_kept(answer: Answer, call: Call) -> bool:
    """Whether only who sent this request can have the answer again."""
    nobody = call.caller.sub is None and call.caller.tracking_code is None
    secret = answer.headers.get("Cache-Control") == "no-store"
    return not (nobody and secret and len(call.key) < STRONG_KEY_LENGTH)


def _keep(claim: Replay, sealed: bytes, until: datetime) -> None:
    claim.answer, claim.expires = sealed, int(until.timestamp())
    try:
        claim.save(Replay.claim == claim.claim)
    except PutError:
        # The work is done and so is its answer; without the row, a repeated request waits.
        logger.exception("answer not kept")


def _release(claim: Replay) -> None:
    try:
        claim.delete(condition=Replay.claim == claim.claim)
    except DeleteError:
        # The claim ends by itself; the answer that is on its way matters more.
        logger.exception("key not released")


def _sealed(answer: Answer, call: Call) -> bytes:
    """Encrypted: answers hold personal data, tracking codes and webhook secrets."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    packed = zlib.compress(msgspec.json.encode(answer))
    return nonce + _cipher(call).encrypt(nonce, packed, call.content)


def _opened(sealed: bytes, call: Call) -> Answer:
    nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    packed = _cipher(call).decrypt(nonce, text, call.content)
    return msgspec.json.decode(zlib.decompress(packed), type=Answer)


def _cipher(call: Call) -> "AESGCM":
    """AES-256-GCM under a key that takes the client's own key and the city's to make."""
    # 13 ms of CPU at its first use, for who sends a key and no token (which needs the same).
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(_mac("cipher", [call.id, call.key]))


def _mac(purpose: str, message: object) -> bytes:
    """HMAC-SHA256, a key derivation in itself where its key is random (NIST SP 800-108r1, 4)."""
    # ASCII for whatever a header may hold, half of a surrogate pair too.
    text = ascii(["idempotency", purpose, message])
    return hmac.digest(signing_key(), text.encode(), "sha256")
