"""Real engines for the tests: each a process on a free port, with its data in its own folder."""

import contextlib
import http.client
import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).parents[2]
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)

LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
TRUST = {"Version": "2012-10-17", "Statement": [{**LAMBDA, "Action": "sts:AssumeRole"}]}


class Engine:
    """A running engine. `arguments` go to its command line."""

    def __init__(self, data: Path, *arguments: str, port: int = 0) -> None:
        self.data = data
        self.clients: dict[str, Any] = {}
        self.process = start(data, *arguments, port=port)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert "ready at" in said, said + (self.process.communicate()[1] or "")
        self.url = said.split()[4].rstrip(",")
        self.port = int(self.url.rpartition(":")[2])

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = self._new_client(service)
        return self.clients[service]

    def _new_client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        place = {"region_name": "us-east-1", "endpoint_url": self.url}
        return boto3.client(service, config=ONCE, **keys, **place)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, names, answer.read()
        finally:
            connection.close()

    def generation(self) -> str:
        """The name of the last complete snapshot."""
        current = self.data / "state" / "current"
        return current.resolve().name if current.exists() else ""

    def printed(self) -> list[str]:
        """What functions printed, each line after the function's name."""
        return (self.data / "functions.log").read_text().splitlines()

    def stop(self) -> int:
        self.process.terminate()
        return self._ended()

    def kill(self) -> None:
        self.process.kill()
        self._ended()

    def _ended(self) -> int:
        self.process.communicate(timeout=20)
        return self.process.returncode


def start(data: Path, *arguments: str, port: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "infra.local.engine", "--port", str(port), "--data", str(data)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, *arguments], cwd=ROOT, **pipes)


@contextlib.contextmanager
def running(data: Path, *arguments: str, port: int = 0) -> Iterator[Engine]:
    engine = Engine(data, *arguments, port=port)
    try:
        yield engine
    finally:
        if engine.process.poll() is None:
            engine.stop()


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """The first true value of `condition`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return value


def create_function(engine: Engine, name: str, source: str) -> None:
    """A Lambda function of one module; `source` defines `handler`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("function.py", source)
    engine.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=_role(engine),
        Handler="function.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=20,
    )


def _role(engine: Engine) -> str:
    people = engine.client("iam")
    with contextlib.suppress(people.exceptions.EntityAlreadyExistsException):
        people.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(TRUST))
    return "arn:aws:iam::000000000000:role/function"


def create_api(engine: Engine, source: str) -> tuple[str, str]:
    """A REST API before one function, made from a template as the real one is: its id and stage."""
    create_function(engine, "api", source)
    template = json.dumps(_api_template())
    stacks = engine.client("cloudformation")
    stacks.create_stack(StackName="api", TemplateBody=template)
    stack = until(lambda: _finished(stacks.describe_stacks(StackName="api")["Stacks"][0]))
    return stack["Outputs"][0]["OutputValue"], "prod"


def _finished(stack: dict[str, Any]) -> dict[str, Any] | None:
    assert "FAILED" not in stack["StackStatus"], stack.get("StackStatusReason")
    return stack if stack["StackStatus"] == "CREATE_COMPLETE" else None


def _api_template() -> dict[str, Any]:
    function = "arn:aws:lambda:us-east-1:000000000000:function:api"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
    operation = {"x-amazon-apigateway-integration": proxy}
    any_path = dict.fromkeys(("get", "head", "post"), operation)
    document = {
        "swagger": "2.0",
        "info": {"title": "api", "version": "1"},
        "x-amazon-apigateway-binary-media-types": ["image/*"],
        "paths": {
            "/v1/{proxy+}": any_path | {"options": _preflight()},
            "/open311/{proxy+}": any_path,
        },
    }
    api, deployment = {"Ref": "Api"}, {"Ref": "Deployment"}
    return {
        "Resources": {
            "Api": {
                "Type": "AWS::ApiGateway::RestApi",
                "Properties": {"Body": document, "MinimumCompressionSize": 100},
            },
            "Deployment": {
                "Type": "AWS::ApiGateway::Deployment",
                "Properties": {"RestApiId": api},
            },
            "Stage": {
                "Type": "AWS::ApiGateway::Stage",
                "Properties": {"RestApiId": api, "DeploymentId": deployment, "StageName": "prod"},
            },
        },
        "Outputs": {"Id": {"Value": api}},
    }


def _preflight() -> dict[str, Any]:
    allowed = {"method.response.header.Access-Control-Allow-Origin": "'https://city.example'"}
    answer = {"default": {"statusCode": "200", "responseParameters": allowed}}
    template = {"application/json": '{"statusCode": 200}'}
    mock = {"type": "mock", "requestTemplates": template, "responses": answer}
    return {"responses": {}, "x-amazon-apigateway-integration": mock}
