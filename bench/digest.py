"""What a month's digest costs with few and with many reports, and what counting costs."""

import json
import subprocess
import sys
from typing import Any

from bench.result import Result, Row

FEW, MANY = 10_000, 100_000
WRITE_PRICE = 0.625e-6
"""Dollars a write unit, on demand, us-east-1 (aws.amazon.com/dynamodb/pricing, 2026)."""


def measure() -> Result:
    """Each in a process of its own, one after the other."""
    few, many, cost = (_run(str(what)) for what in (FEW, MANY, "cost"))
    units, life = cost["units"], cost["events"] / cost["reports"]
    return Result(
        "Digests and counters",
        "The digest of a month, its page included, of a city with 317 areas in three levels, 20 "
        f"categories and 53 agencies, and as many reports in the month before: {FEW:,} and "
        f"{MANY:,} reports. The real code on the local AWS's DynamoDB in this process; reads and "
        "writes are charged by their sizes, as AWS does. Counting: new reports of that city with "
        f"what becomes of them ({life:.1f} events each), figures and map.",
        [
            Row("figures in parts", f"{few['parts']} and {many['parts']}"),
            Row("seconds", f"{few['seconds']:.2f} and {many['seconds']:.2f}"),
            Row("seconds: ratio", f"{many['cpu'] / few['cpu']:.2f} (CPU)", "1.1"),
            Row("read units", f"{few['reads']:.0f} and {many['reads']:.0f}"),
            Row("read units: ratio", f"{many['reads'] / few['reads']:.2f}", "1.1"),
            Row(
                "without areas, by cell: cells",
                f"{few['bare']['cells']:,} and {many['bare']['cells']:,}",
            ),
            Row(
                "without areas, by cell: read units",
                f"{few['bare']['reads']:.0f} and {many['bare']['reads']:.0f}",
            ),
            *(
                Row(f"write units an event, in batches of {size}", f"{each:.1f}")
                for size, each in units.items()
            ),
            Row(
                "a thousand reports, in batches of 10",
                f"${1000 * life * units['10'] * WRITE_PRICE:.2f}",
            ),
        ],
    )


def _run(what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.digest_month", what]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    print(measure().markdown())
