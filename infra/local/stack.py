"""Create or update the stack on the local AWS, from the template that also deploys to AWS."""

from pathlib import Path
from typing import Any

import botocore.session
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from infra import artefacts, stacks

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
    """The stack's outputs once it is as the package `out` says; StackFailed if it cannot be."""
    s3: Any = client("s3", endpoint)
    s3.create_bucket(Bucket=CODE_BUCKET)
    request = {
        "StackName": NAME,
        "TemplateURL": artefacts.publish(out, s3, CODE_BUCKET),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        "Capabilities": stacks.CAPABILITIES,
    }
    return stacks.outputs(_brought(client("cloudformation", endpoint), request))


def _brought(cloudformation: Any, request: dict[str, Any]) -> dict[str, Any]:
    """The settled stack. Without a change set: nobody reads here what will change."""
    stack = stacks.find(cloudformation, NAME)
    before = stacks.latest_event(cloudformation, NAME) if stack else None
    try:
        if stack:
            made = cloudformation.update_stack(**request)
        else:
            made = cloudformation.create_stack(**request)
    except ClientError as error:
        if stack is None or "No updates" not in str(error):
            raise
        return stack
    return stacks.settled(cloudformation, made["StackId"], before, lambda event: None)
