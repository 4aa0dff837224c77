"""Create or update the stack on the local AWS, from the template that also deploys to AWS."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import botocore.session
from botocore.client import BaseClient
from botocore.exceptions import ClientError

NAME = "tanggap-local"
CODE_BUCKET = "tanggap-local-code"


def client(service: str, endpoint: str) -> BaseClient:
    """A client of the local AWS, whatever credentials the caller's shell has."""
    return botocore.session.get_session().create_client(
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        endpoint_url=endpoint,
    )


def bring_up(out: Path, endpoint: str, parameters: dict[str, str]) -> dict[str, str]:
    """The stack's outputs once it is as the package `out` says; RuntimeError if it cannot be."""
    template = _uploaded(out, endpoint)
    cloudformation: Any = client("cloudformation", endpoint)
    request = {
        "StackName": NAME,
        "TemplateURL": template,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        cloudformation.describe_stacks(StackName=NAME)
        cloudformation.update_stack(**request)
    except ClientError as error:
        if "does not exist" in str(error):
            cloudformation.create_stack(**request)
        elif "No updates" not in str(error):
            raise
    stack = _settled(cloudformation)
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


def _uploaded(out: Path, endpoint: str) -> str:
    """The template's address, after it and the zip are in a bucket under their hashes."""
    code = (out / "deployment.zip").read_bytes()
    key = f"{hashlib.sha256(code).hexdigest()}.zip"
    s3: Any = client("s3", endpoint)
    s3.create_bucket(Bucket=CODE_BUCKET)
    s3.put_object(Bucket=CODE_BUCKET, Key=key, Body=code)
    template = json.loads((out / "sam.json").read_text())
    for resource in template["Resources"].values():
        if resource.get("Properties", {}).get("CodeUri"):
            resource["Properties"]["CodeUri"] = f"s3://{CODE_BUCKET}/{key}"
    body = json.dumps(template).encode()
    name = f"{hashlib.sha256(body).hexdigest()}.json"
    s3.put_object(Bucket=CODE_BUCKET, Key=name, Body=body)
    return f"{endpoint}/{CODE_BUCKET}/{name}"


def _settled(cloudformation: Any) -> dict[str, Any]:
    while True:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        time.sleep(0.1)
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        events = cloudformation.describe_stack_events(StackName=NAME)["StackEvents"]
        failed = [
            f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason', '')}"
            for one in events
            if "FAILED" in one["ResourceStatus"]
        ]
        raise RuntimeError("\n".join([stack["StackStatus"], *failed]))
    return stack
