"""What a function may do on AWS, enforced in this process: its policy file is asked for each call.

The tests' own AWS lets everybody do everything; what a policy forgets would fail only when
deployed. Calls that the app makes in threads of its own are not looked at.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from tests.cloud import RESOURCES

POLICIES = Path(__file__).parents[1] / ".chalice" / "policies"
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
ACTIONS = {"ListObjectsV2": "ListBucket", "DeleteObjects": "DeleteObject"}

_running: ContextVar[str | None] = ContextVar("running", default=None)


class NotPermitted(BaseException):
    """The policy does not allow it; no `except Exception` of the app may hide that."""


@contextmanager
def as_function(name: str) -> Iterator[None]:
    """Run as this function of .chalice/config.json."""
    before = _running.set(name)
    try:
        yield
    finally:
        _running.reset(before)


def watch(*clients: Any) -> None:
    """Ask the policies for every call of these clients, once for each client."""
    for client in clients:
        client.meta.events.register("provide-client-params.*.*", _check, unique_id="permitted")


def _check(params: dict[str, Any], model: Any, **_: Any) -> None:
    name = _running.get()
    asked = ASKED.get(model.service_model.service_name)
    if name is None or asked is None:
        return
    for action, resource in asked(model.name, params):
        if not any(
            action in actions and fnmatchcase(resource, pattern)
            for actions, patterns in _statements(name)
            for pattern in patterns
        ):
            raise NotPermitted(f"{name} may not {action} on {resource}")


def _of_tables(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation == "TransactWriteItems":
        for one in params["TransactItems"]:
            ((kind, write),) = one.items()
            yield f"dynamodb:{WRITES.get(kind, kind + 'Item')}", write["TableName"]
    elif "RequestItems" in params:
        yield from ((f"dynamodb:{operation}", table) for table in params["RequestItems"])
    elif "TableName" in params:
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield f"dynamodb:{operation}", params["TableName"] + index


def _of_buckets(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation == "CreateBucket":
        # Under this name botocore signs upload forms.
        return
    action = f"s3:{ACTIONS.get(operation, operation)}"
    keys = [params["Key"]] if "Key" in params else []
    keys += [one["Key"] for one in params.get("Delete", {}).get("Objects", [])]
    yield from ((action, f"{params['Bucket']}/{key}") for key in keys)
    if not keys:
        yield action, params["Bucket"]


def _of_queues(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "QueueUrl" in params:
        yield f"sqs:{operation.removesuffix('Batch')}", params["QueueUrl"].rpartition("/")[2]


ASKED: dict[str, Callable[[str, dict[str, Any]], Iterator[tuple[str, str]]]] = {
    "dynamodb": _of_tables,
    "s3": _of_buckets,
    "sqs": _of_queues,
}


@cache
def _statements(name: str) -> list[tuple[set[str], list[str]]]:
    """(actions, patterns of resources by the names of these tests) of a function's policy."""
    policy = json.loads((POLICIES / f"{name}.json").read_text())
    return [
        (set(_listed(one["Action"])), [_named(resource) for resource in _listed(one["Resource"])])
        for one in policy["Statement"]
    ]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _named(resource: Any) -> str:
    if isinstance(resource, str):
        return resource
    ((way, value),) = resource.items()
    text = f"${{{value[0]}.Arn}}" if way == "Fn::GetAtt" else str(value)
    for name in RESOURCES:
        text = text.replace(f"${{{name}.Arn}}", f"tests-{name.lower()}")
    return text
