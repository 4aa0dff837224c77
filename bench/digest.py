"""What a month's digest costs with few and with many reports, and what counting costs."""

import json
import sys
from subprocess import PIPE, Popen
from typing import Any

from bench.result import Result, Row

FEW, MANY = 10_000, 100_000
ROUNDS = 25
WRITE_PRICE = 0.625e-6
"""Dollars a write unit, on demand, us-east-1 (aws.amazon.com/dynamodb/pricing, 2026)."""
_Told = dict[str, Any]


def measure() -> Result:
    """Two processes, one with few and one with many reports, which take turns; then counting."""
    with _process(FEW) as first, _process(MANY) as second:
        few, many = _answer(first), _answer(second)
        took = [(_asked(first), _asked(second)) for _ in range(ROUNDS)]
    with _process("cost") as process:
        cost = _answer(process)
    units, life = cost["units"], cost["events"] / cost["reports"]
    return Result(
        "Digests and counters",
        "The digest of a month of a city with 317 areas in three levels, 20 categories and 53 "
        f"agencies, and as many reports in the month before: {FEW:,} and {MANY:,} reports. The "
        "real code on the local AWS's DynamoDB in this process; reads and writes are charged by "
        "their sizes, as AWS does. Seconds are of CPU, of our code and the SDK's, which has "
        f"DynamoDB's answers as recorded bytes: the least of {ROUNDS} turns each. "
        f"Counting: new reports of that city with what becomes of them ({life:.1f} events each), "
        "figures and map.",
        [
            Row("figures in parts", f"{few['parts']} and {many['parts']}"),
            *_seconds("with page, PDF, CSV and JSON", "whole", took),
            *_seconds("figures alone", "figures", took),
            *_reads("read units", few, many),
            Row(
                "without areas, by cell: cells",
                f"{few['bare']['cells']:,} and {many['bare']['cells']:,}",
            ),
            *_reads("without areas, by cell: read units", few["bare"], many["bare"]),
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


def _seconds(of: str, name: str, took: list[tuple[_Told, _Told]]) -> list[Row]:
    few, many = (min(each[name] for each in side) for side in zip(*took, strict=True))
    return [
        Row(f"{of}: seconds", f"{few:.2f} and {many:.2f}"),
        Row(f"{of}: ratio", f"{many / few:.2f}", "1.1"),
    ]


def _reads(of: str, few: _Told, many: _Told) -> list[Row]:
    return [
        Row(of, f"{few['reads']:.1f} and {many['reads']:.1f}"),
        Row(f"{of}: ratio", f"{many['reads'] / few['reads']:.2f}", "1.1"),
    ]


def _process(what: int | str) -> Popen[str]:
    command = [sys.executable, "-m", "bench.digest_month", str(what)]
    return Popen(command, stdin=PIPE, stdout=PIPE, text=True)


def _asked(process: Popen[str]) -> _Told:
    assert process.stdin
    print(file=process.stdin, flush=True)
    return _answer(process)


def _answer(process: Popen[str]) -> _Told:
    assert process.stdout
    found: _Told = json.loads(process.stdout.readline())
    return found


if __name__ == "__main__":
    print(measure().markdown())
