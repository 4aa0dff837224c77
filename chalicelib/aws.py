"""AWS clients, one of each a process, and the base of all tables; all share one session."""

from functools import cache
from typing import Any, Self

from botocore.config import Config
from pynamodb.connection import Connection, TableConnection
from pynamodb.exceptions import TransactWriteError
from pynamodb.models import Model

# Lists read up to so many partitions side by side.
CONNECTIONS = 16


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
        fresh = cls._connection is None
        table = super()._get_connection()
        if fresh:
            table.connection._client = dynamodb()
        return table


@cache
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
    # Or botocore composes anew for each call what it says of itself: 0.14 of its 0.47 ms of CPU.
    made.session.set_default_client_config(Config(user_agent="tanggap"))
    return made


def outrun(error: TransactWriteError) -> bool:
    """Whether the transaction was refused because somebody else was first at one of its rows."""
    codes = {reason.code for reason in error.cancellation_reasons if reason}
    return bool(codes & {"ConditionalCheckFailed", "TransactionConflict"})


def dynamodb() -> Any:
    """The low-level client for list reads: half the CPU of PynamoDB's own queries."""
    return connection().client


@cache
def s3() -> Any:
    """Object storage."""
    # Made at first use: most requests never touch S3, and the client costs tens of milliseconds.
    return _session().create_client("s3", config=Config(signature_version="s3v4"))


@cache
def sqs() -> Any:
    """Queues."""
    return _session().create_client("sqs")


@cache
def cloudfront() -> Any:
    """The delivery network of public pictures."""
    return _session().create_client("cloudfront")


@cache
def kms() -> Any:
    """The key that webhook secrets are encrypted with."""
    return _session().create_client("kms")


@cache
def sns() -> Any:
    """Pushes to phones."""
    return _session().create_client("sns")


@cache
def scheduler() -> Any:
    """EventBridge's schedules."""
    return _session().create_client("scheduler")


@cache
def ses() -> Any:
    """E-mail."""
    return _session().create_client("sesv2")


def _session() -> Any:
    # Sharing the session saves about 80 ms a client: it has loaded botocore's data already.
    return connection().session
