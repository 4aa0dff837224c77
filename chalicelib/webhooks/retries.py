"""When a failed delivery is tried again, and what an endpoint's status code means for it."""

from enum import StrEnum

# The example schedule of Standard Webhooks 1.0: ten attempts, 75.6 hours from first to last.
DELAYS_S: tuple[int, ...] = (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
JITTER = 0.2
RETRY_AFTER_MAX_S = 86_400


class Verdict(StrEnum):
    """What one answer means: done, never again (the endpoint is to be disabled), or try again."""

    DELIVERED = "delivered"
    GONE = "gone"
    RETRY = "retry"


def verdict(status: int) -> Verdict:
    """What an HTTP status means: 2xx delivers, 410 ends the endpoint, a redirect is a failure."""
    if 200 <= status <= 299:
        return Verdict.DELIVERED
    return Verdict.GONE if status == 410 else Verdict.RETRY


def next_delay_s(attempt: int, *, retry_after_s: int | None, spread: float) -> int | None:
    """Seconds from the failure of attempt `attempt` (1 is the first) to the next; None: give up.

    `spread` in [-1, 1] moves the step by up to 20 % either way, so that the endpoints of one outage
    do not all come back together. A longer wish of the receiver (`Retry-After`, up to 24 hours)
    replaces the step.
    """
    if attempt >= len(DELAYS_S):
        return None
    step = round(DELAYS_S[attempt] * (1 + JITTER * spread))
    return max(step, min(retry_after_s or 0, RETRY_AFTER_MAX_S))
