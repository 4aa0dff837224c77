"""What a cold start costs: CPU of a new process until its first answer, beside bare boto3."""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from statistics import median

from bench.result import Result, Row
from bench.system import System, running
from infra.local import stack

PAIRS = 15
CPU = "import resource as r; u = r.getrusage(r.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"
BARE = f"""
import boto3, os
boto3.client("dynamodb").get_item(
    TableName=os.environ["REPORTS_TABLE"], Key={{"id": {{"S": "x"}}, "item": {{"S": "report"}}}})
{CPU}
"""
OURS = f"""
import json, os, app
answer = app.app(json.loads(os.environ["EVENT"]), None)
assert answer["statusCode"] == 200, answer
{CPU}
"""


def measure() -> Result:
    """Processes in pairs, one of each kind after the other, so that both meet the same noise."""
    with running() as system, tempfile.TemporaryDirectory() as folder:
        report = _a_report(system)
        code = _unpacked(system, Path(folder))
        environment = _environment(system, report)
        bare, ours = [], []
        for _ in range(PAIRS + 1):
            bare.append(_cpu(BARE, code, environment))
            ours.append(_cpu(OURS, code, environment))
    bare, ours = bare[1:], ours[1:]
    ratio = median(o / b for o, b in zip(ours, bare, strict=True))
    return Result(
        "Cold start",
        f"CPU seconds of a new process (user and system), median of {PAIRS} pairs: the packaged "
        "code's `import app` and its first `GET /v1/reports/{id}` with the reads behind it, beside "
        "a process that makes one boto3 client and calls `get_item` once.",
        [
            Row("bare boto3 `get_item`", f"{1000 * median(bare):.0f} ms"),
            Row("`import app` and the first answer", f"{1000 * median(ours):.0f} ms"),
            Row("ratio", f"{ratio:.2f}", "1.15"),
        ],
    )


def _a_report(system: System) -> str:
    place = {"lat": -4.95, "lon": 107.05}
    body = {"category": "flooding", "description": "Banjir", "location": place}
    return str(system.client.call("POST", "/v1/reports", None, body)["id"])


def _unpacked(system: System, folder: Path) -> Path:
    """The zip that the functions run from, with its bytecode."""
    (archive,) = system.data.glob("package/*/out/deployment.zip")
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    return folder


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
        "AWS_ENDPOINT_URL": system.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "EVENT": json.dumps(_event(report_id)),
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
