"""Webhooks: what a delivery costs, in CPU and on AWS, and whether bad receivers harm good ones.

python -m bench webhooks             writes the table
python -m bench.webhooks [EVENTS]    with other than 10,000 events, and only prints
"""

import json
import os
import subprocess
import sys
from typing import Any

from bench.result import Result, Row
from bench.system import System, running
from infra.local import stack
from infra.tools.watch_webhooks import Receiver

EVENTS, DELIVERIES = 10_000, 600
BAD = ("hangs", "drips", "fails")

# List prices of us-east-1 in US dollars a million, as known on 2026-11-24 from AWS's price pages
# for DynamoDB (on demand), SQS (fair queues), Lambda (arm64) and KMS; not looked up by this bench.
WRITE, READ, SQS, LAMBDA, KMS = 0.625, 0.125, 0.50, 0.20, 3.00
GB_SECOND = 0.0000133334
MEMORY_GB, BATCH, BATCH_S = 0.25, 10, 0.5


def measure(events: int = EVENTS) -> Result:
    """All of it; the isolation by a virtual clock, so that the machine's noise is not in it."""
    cost = _deliveries()
    good, bad = _isolation(events)
    return Result(
        "Webhooks",
        f"CPU and operations: {DELIVERIES} deliveries to 50 endpoints by the worker's code over "
        "HTTP, to the local AWS and to a receiver in another process that verifies each signature. "
        "Cost: the counted operations at list prices of us-east-1 (November 2026), batches of 10 "
        "that last 0.5 s at 256 MB; free tiers, logs and traffic left out. Isolation: "
        f"{events:,} events to 50 endpoints, 20 a second; one never answers, one drips, one fails; "
        "the deployed code by a virtual clock, with ten instances of the function and a model of "
        "the queue without the fairness that SQS adds.",
        [*_cost_rows(cost), *_isolation_rows(good, bad)],
    )


def _cost_rows(cost: dict[str, Any]) -> list[Row]:
    dynamodb = cost["writes"] * WRITE + cost["reads"] * READ
    # A batch is received and deleted by one call each; sending is counted.
    sqs = (cost["sends"] + 2 / BATCH) * SQS
    function = LAMBDA / BATCH + 1e6 / BATCH * BATCH_S * MEMORY_GB * GB_SECOND
    total = dynamodb + sqs + function + cost["kms"] * KMS
    return [
        Row("deliveries a CPU second of the worker", f"{cost['a_cpu_second']:.0f}"),
        Row("written units a delivery, fan-out and index included", f"{cost['writes']:.1f}"),
        Row("read units a delivery", f"{cost['reads']:.1f}"),
        Row("cost of a million deliveries", f"${total:.2f}"),
        Row("of it DynamoDB, SQS, Lambda", f"${dynamodb:.2f}, ${sqs:.2f}, ${function:.2f}"),
    ]


def _isolation_rows(good: dict[str, Any], bad: dict[str, Any]) -> list[Row]:
    tried = sum(bad.get(how, 0) for how in BAD)
    return [
        Row("lateness of the healthy without the bad, p50, p99", _lateness(good)),
        Row("lateness of the healthy beside the bad, p50, p99", _lateness(bad)),
        Row("p99: ratio", f"{bad['p99'] / good['p99']:.2f}", "1.2"),
        Row("arrived in the end", f"{bad['arrived']:,} of {bad['events']:,}", "all"),
        Row("of them twice", f"{bad.get('again', 0)}", "0"),
        Row("requests to the three while they were bad", f"{tried}"),
        Row("everything in after the three were mended", f"{bad['all_in_s']:.0f} s"),
    ]


def _lateness(run: dict[str, Any]) -> str:
    return f"{run['p50']:.3f} s, {run['p99']:.3f} s"


def _isolation(events: int) -> tuple[dict[str, Any], dict[str, Any]]:
    command = [sys.executable, "-m", "bench.webhook_isolation", str(events)]
    runs = [
        subprocess.Popen([*command, kind], stdout=subprocess.PIPE, text=True)
        for kind in ("good", "bad")
    ]
    good, bad = (json.loads(run.communicate()[0]) for run in runs)
    return good, bad


def _deliveries() -> dict[str, Any]:
    """Deliver in a process that has the environment of the deployed function."""
    receiver = Receiver(lambda id, event: None)
    command = [sys.executable, "-m", "bench.webhook_worker", str(DELIVERIES), receiver.url]
    with (
        running() as system,
        subprocess.Popen(
            command,
            env=_environment(system),
            stdout=subprocess.PIPE,
            text=True,
        ) as worker,
    ):
        assert worker.stdout is not None
        receiver.trust(worker.stdout.readline().strip())
        figures: dict[str, Any] = json.loads(worker.stdout.readline())
    receiver.close()
    if receiver.counts["report.created"] != DELIVERIES:
        raise RuntimeError(f"not all arrived: {receiver.counts}")
    return figures


def _environment(system: System) -> dict[str, str]:
    functions = stack.client("lambda", system.url)
    (name,) = [
        one["FunctionName"]
        for one in functions.list_functions()["Functions"]
        if "DeliverWebhook" in one["FunctionName"]
    ]
    settings = functions.get_function_configuration(FunctionName=name)
    return {
        **os.environ,
        **settings["Environment"]["Variables"],
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        "AWS_ENDPOINT_URL": system.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


if __name__ == "__main__":
    print(measure(int(sys.argv[1]) if sys.argv[1:] else EVENTS).markdown())
