"""Where moto 5.2.5 differs from DynamoDB, or costs most of the tests' time: a function for each.

What is stored, found, refused and answered stays moto's: the quick ways lead to its own code.
"""

import base64
import copy
import threading
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

from botocore.auth import SigV4Auth
from moto.core import responses
from moto.core.models import botocore_stubber
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator
from moto.dynamodb.responses import DynamoHandler

_DYNAMODB = "https://dynamodb.us-east-1.amazonaws.com/"
_HEADERS = ("X-Amz-Target", "Content-Type")


def mend_all() -> None:
    """Before the first client is made; later ones have it too."""
    short_way_to_dynamodb()
    one_request_at_a_time()
    cheap_transactions()
    cheap_answers()
    cheap_updates()


def short_way_to_dynamodb() -> None:
    """Lead its requests to its handler straight away, unsigned: nobody here looks at a signature.

    moto makes a WSGI request of each, asks the patterns of all services whose it is, reads its
    JSON as a form as well, and looks for the action among all methods of the handler: a third of
    what a call costs.
    """
    process, sign = botocore_stubber.process_request, SigV4Auth.add_auth

    def add_auth(self: Any, request: Any) -> None:
        if request.url != _DYNAMODB:
            sign(self, request)

    def lead(request: Any) -> Any:
        if request.url != _DYNAMODB:
            return process(request)
        handler = DynamoHandler()
        handler.headers = {name: request.headers[name].decode() for name in _HEADERS}
        handler.querystring, handler.uri_match, handler.response_headers = {}, {}, {}
        handler.region, handler.current_account = "us-east-1", "123456789012"
        handler.parse_parameters(_parsed_as(request, handler.headers))
        return handler.call_action()

    setattr(botocore_stubber, "process_request", lead)  # noqa: B010  # mypy knows a method
    setattr(responses, "method_names_from_class", cache(method_names_from_class))  # noqa: B010
    setattr(SigV4Auth, "add_auth", add_auth)  # noqa: B010


def _parsed_as(request: Any, headers: dict[str, str]) -> Any:
    """What moto's parser asks of its own kind of request."""
    return SimpleNamespace(
        method=request.method,
        path="/",
        values={},
        headers=headers,
        content_type=headers["Content-Type"],
        data=request.body,
    )


def one_request_at_a_time() -> None:
    """DynamoDB isolates transactions; moto does so only if no other thread runs meanwhile."""
    lock, process = threading.RLock(), botocore_stubber.process_request

    def serially(request: Any) -> Any:
        with lock:
            return process(request)

    setattr(botocore_stubber, "process_request", serially)  # noqa: B010  # mypy knows a method


def cheap_transactions() -> None:
    """Let a transaction keep the rows that it may have to bring back, and not a copy of each table.

    moto copies the whole table, with every value in it, once for every item of a transaction: half
    of all time of the tests. Here the copy shares the rows, so an update must not change them.
    """
    update = DynamoDBBackend.update_item

    def update_item(self: Any, table_name: str, key: Any, *rest: Any, **named: Any) -> Item:
        table = self.get_table(table_name)
        hash_value, range_value = self.get_keys_value(table, key)
        stored = table.get_item(hash_value, range_value)
        if stored is not None:
            of_key = table.items if range_value is None else table.items[hash_value]
            of_key[hash_value if range_value is None else range_value] = copy.deepcopy(stored)
        return update(self, table_name, key, *rest, **named)

    setattr(DynamoDBBackend, "update_item", update_item)  # noqa: B010  # mypy knows a method
    setattr(Table, "__deepcopy__", _with_the_same_rows)  # noqa: B010


def _with_the_same_rows(table: Any, _: Any) -> Any:
    twin = copy.copy(table)
    twin.items = defaultdict(dict)
    for key, rows in table.items.items():
        twin.items[key] = rows if isinstance(rows, Item) else dict(rows)
    if table.stream_shard is not None:
        twin.stream_shard = copy.copy(table.stream_shard)
        twin.stream_shard.table = twin
        twin.stream_shard.items = list(table.stream_shard.items)
    return twin


def cheap_answers() -> None:
    """Let an attribute value be sent as it is: of one type, under that type's one name.

    moto asks the value for each of ten types under a dozen names that it might have: a quarter of
    all time of the tests.
    """
    structure = BaseJSONSerializer._serialize_type_structure

    def serialize(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue":
            serialized[key] = _sent(value)
        else:
            structure(self, serialized, value, shape, key)

    setattr(BaseJSONSerializer, "_serialize_type_structure", serialize)  # noqa: B010


def _sent(value: dict[str, Any]) -> dict[str, Any]:
    """{"S": "text"} or the like as JSON can hold it: bytes in base64."""
    ((type, content),) = value.items()
    match type:
        case "B":
            content = base64.b64encode(content).decode()
        case "BS":
            content = [base64.b64encode(one).decode() for one in content]
        case "L":
            content = [_sent(one) for one in content]
        case "M":
            content = {name: _sent(one) for name, one in content.items()}
    return {type: content}


def cheap_updates() -> None:
    """Look over an update's actions once, where all of them are: at the root of the expression.

    moto does so again at each of its parts, which are one inside the other: of all time of the
    tests a sixteenth.
    """
    for kind, name in (
        (ActionCountValidator, "verify_action_counts"),
        (OverlappingPathsValidator, "check_for_overlapping_paths"),
    ):
        setattr(kind, name, _at_the_root(getattr(kind, name)))


def _at_the_root(check: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, node: node if node.parent else check(self, node)
