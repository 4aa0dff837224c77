"""A program in the place of a deployed function: the same environment, the shell's credentials."""

import argparse
import os
from typing import Any

import botocore.session
from botocore.exceptions import EndpointConnectionError


def parser(description: str | None) -> argparse.ArgumentParser:
    """Options that say which stack."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--stack", default="tanggap-local")
    made.add_argument("--endpoint", help="of a local AWS; its credentials are made up")
    return made


def take_the_place_of(function: str, stack: str, endpoint: str | None) -> None:
    """Set the environment that the function (its name in the template) finds; before any import
    of what reads it."""
    if endpoint:
        made_up = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        os.environ |= {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", **made_up}
        os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    try:
        os.environ |= _environment(botocore.session.get_session(), function, stack)
    except EndpointConnectionError as error:
        raise SystemExit(f"{error}. Is `make run` running, on that port?") from None


def _environment(session: Any, function: str, stack: str) -> dict[str, str]:
    found = session.create_client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=function
    )
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    deployed = session.create_client("lambda").get_function_configuration(FunctionName=name)
    variables: dict[str, str] = deployed["Environment"]["Variables"]
    return variables
