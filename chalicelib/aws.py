"""AWS clients, one of each a process, and the base of all tables; all share one session."""

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, Self

import msgspec
from botocore.config import Config
from botocore.session import Session, get_session
from pynamodb.connection import Connection, TableConnection
from pynamodb.exceptions import TransactWriteError
from pynamodb.models import Model

# Lists read up to so many partitions side by side.
CONNECTIONS = 16

# What answers with rows.
_OF_ROWS = ("GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem")
# The one type of value that JSON has not, alone and in sets.
_BINARY = (b'"B"', b'"BS"')

_making = threading.RLock()


def _once[Made](make: Callable[[], Made]) -> Callable[[], Made]:
    """As `cache`, and threads that come together wait for the first instead of doing the same.

    A client costs 50 ms of CPU, and 0.3 s where the session is new; a process begins with a batch
    of ten, side by side.
    """
    made = cache(make)

    @wraps(make)
    def get() -> Made:
        with _making:
            return made()

    return get


class Table(Model):
    """Base of our models: every table speaks through the one DynamoDB client."""

    @classmethod
    def seek(cls, hash_key: str, range_key: str) -> Self | None:
        """The row as it is now; None when there is none."""
        try:
            return cls.get(hash_key, range_key, consistent_read=True)
        except cls.DoesNotExist:
            return None

    @classmethod
    def _get_connection(cls) -> TableConnection:
        # PynamoDB makes a client for each model; one costs 50 ms of CPU at a cold start.
        with _making:
            fresh = cls._connection is None
            table = super()._get_connection()
            if fresh:
                table.connection._client = dynamodb()
        return table


@_once
def connection() -> Connection:
    """The connection that transactions run on.

    A call ends within 35 s: four tries of 7 s with 7 s between them at most. The event log counts
    on it (`events.log.SETTLE_TIME`).
    """
    made = Connection(
        max_pool_connections=CONNECTIONS,
        connect_timeout_seconds=2,
        read_timeout_seconds=5,
        max_retry_attempts=3,
    )
    # PynamoDB has a session for each thread, and a client for each that comes before the first.
    made._local.session = _session()
    for operation in _OF_ROWS:
        made.client.meta.events.register(f"before-parse.dynamodb.{operation}", _plain)
    return made


def _plain(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Take rows as they stand in an answer's JSON.

    That is how the SDK gives them, but for binary values; its own way there looks at each value
    for 10 microseconds.
    """
    body = response_dict["body"]
    if response_dict["status_code"] == 200 and not any(type in body for type in _BINARY):
        customized_response_dict.update(msgspec.json.decode(body))
        response_dict["body"] = b"{}"


def outrun(error: TransactWriteError) -> bool:
    """Whether the transaction was refused because somebody else was first at one of its rows."""
    codes = {reason.code for reason in error.cancellation_reasons if reason}
    return bool(codes & {"ConditionalCheckFailed", "TransactionConflict"})


def dynamodb() -> Any:
    """The low-level client for list reads: half the CPU of PynamoDB's own queries."""
    return connection().client


@_once
def s3() -> Any:
    """Object storage."""
    # Made at first use: most requests never touch S3, and the client costs tens of milliseconds.
    return _session().create_client("s3", config=Config(signature_version="s3v4"))


@_once
def sqs() -> Any:
    """Queues."""
    return _session().create_client("sqs")


@_once
def cloudfront() -> Any:
    """The delivery network of public pictures."""
    return _session().create_client("cloudfront")


@_once
def kms() -> Any:
    """The key that webhook secrets are encrypted with."""
    return _session().create_client("kms")


@_once
def sns() -> Any:
    """Pushes to phones."""
    return _session().create_client("sns")


@_once
def scheduler() -> Any:
    """EventBridge's schedules."""
    return _session().create_client("scheduler")


@_once
def ses() -> Any:
    """E-mail."""
    return _session().create_client("sesv2")


@_once
def _session() -> Session:
    # Sharing the session saves about 80 ms a client: it has loaded botocore's data already.
    session = get_session()
    # Or botocore composes anew for each call what it says of itself: 0.14 of its 0.47 ms of CPU.
    session.set_default_client_config(Config(user_agent="tanggap"))
    return session
