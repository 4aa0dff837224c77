"""What a cold start costs: CPU of a new process until its first answer, beside bare boto3."""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from statistics import median

import botocore

from bench.result import Result, Row
from bench.system import System, running
from infra import archive
from infra.local import stack

PAIRS = 15
CPU = "import resource as r; u = r.getrusage(r.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"
BARE = f"""
import boto3, os
boto3.client("dynamodb").get_item(
    TableName=os.environ["REPORTS_TABLE"], Key={{"id": {{"S": "x"}}, "item": {{"S": "report"}}}})
{CPU}
"""
READ = f"""
import os, app
from chalicelib.reports.models import find
find(os.environ["REPORT"])
{CPU}
"""
ANSWER = f"""
import json, os, app
answer = app.app(json.loads(os.environ["EVENT"]), None)
assert answer["statusCode"] == 200, answer
{CPU}
"""


def measure() -> Result:
    """Processes in rounds, one of each kind after the other, so that all meet the same noise."""
    with running() as system, tempfile.TemporaryDirectory() as folder:
        report = _a_report(system)
        code = _unpacked(system, Path(folder))
        environment = _environment(system, report)
        # The first round fills the disk's cache.
        rounds = [
            [_cpu(program, home, environment) for program, home in _programs(code)]
            for _ in range(PAIRS + 1)
        ][1:]
    bare, read, answer = (sorted(column) for column in zip(*rounds, strict=True))
    return Result(
        "Cold start",
        f"CPU seconds of a new process (user and system), median of {PAIRS} rounds. Bare: the SDK "
        "as installed, one boto3 client, one `get_item`. Ours: the packaged code with its trimmed "
        "SDK, `import app` and the first read of a report, or its whole first answer.",
        [
            Row("bare boto3 `get_item`", f"{1000 * median(bare):.0f} ms"),
            Row("`import app` and the first read", f"{1000 * median(read):.0f} ms"),
            Row("`import app` and the first answer", f"{1000 * median(answer):.0f} ms"),
            Row("first read: ratio to bare", f"{_ratio(rounds, 1):.2f}", "1.15"),
            Row("first answer: ratio to bare", f"{_ratio(rounds, 2):.2f}"),
        ],
    )


def _programs(code: Path) -> list[tuple[str, Path]]:
    return [(BARE, code.parent), (READ, code), (ANSWER, code)]


def _ratio(rounds: list[list[float]], column: int) -> float:
    """Within rounds, whose processes meet the same noise."""
    return median(one[column] / one[0] for one in rounds)


def _a_report(system: System) -> str:
    place = {"lat": -4.95, "lon": 107.05}
    body = {"category": "flooding", "description": "Banjir", "location": place}
    return str(system.client.call("POST", "/v1/reports", None, body)["id"])


def _unpacked(system: System, folder: Path) -> Path:
    """What a function finds on Lambda: our code and the SDK from the zip that ships."""
    (built,) = system.data.glob("package/*/out/deployment.zip")
    whole = folder / "deployment.zip"
    shutil.copy(built, whole)
    with zipfile.ZipFile(whole, "a") as file:
        sdk = Path(botocore.__file__).parent
        for one in sdk.rglob("*"):
            if one.is_file() and one.suffix != ".pyc":
                file.write(one, f"botocore/{one.relative_to(sdk)}")
    archive.finish(whole, "x86_64" if platform.machine() == "x86_64" else "arm64")
    with zipfile.ZipFile(whole) as file:
        file.extractall(folder / "code")
    return folder / "code"


def _environment(system: System, report_id: str) -> dict[str, str]:
    functions = stack.client("lambda", system.url)
    (name,) = [
        one["FunctionName"]
        for one in functions.list_functions()["Functions"]
        if "APIHandler" in one["FunctionName"]
    ]
    settings = functions.get_function_configuration(FunctionName=name)
    return {
        **os.environ,
        **settings["Environment"]["Variables"],
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_ENDPOINT_URL": system.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "EVENT": json.dumps(_event(report_id)),
        "REPORT": report_id,
    }


def _event(report_id: str) -> dict[str, object]:
    """What API Gateway sends for `GET /v1/reports/{report_id}`."""
    return {
        "resource": "/v1/reports/{report_id}",
        "path": f"/v1/reports/{report_id}",
        "httpMethod": "GET",
        "headers": {"accept": "*/*"},
        "multiValueHeaders": {"accept": ["*/*"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"report_id": report_id},
        "stageVariables": None,
        "requestContext": {
            "httpMethod": "GET",
            "resourcePath": "/v1/reports/{report_id}",
            "requestId": "bench",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _cpu(program: str, code: Path, environment: dict[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=code,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout.split()[-1])
