"""What DynamoDB answers to one call of each kind, and what it refuses; by itself of plain moto."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

TABLE = "kinds"
KEY = {"id": {"S": "satu"}, "item": {"S": "segala"}}
ROW: dict[str, Any] = {
    **KEY,
    "text": {"S": "Jalan \u2713"},
    "none": {"NULL": True},
    "sure": {"BOOL": False},
    "number": {"N": "1.5"},
    "bytes": {"B": b"\x00\xff"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "blobs": {"BS": [b"\x01", b"\x02"]},
    "list": {"L": [{"S": ""}, {"B": b"\xfe"}, {"L": []}, {"M": {"n": {"N": "7"}}}]},
    "map": {"M": {"inner": {"M": {"blob": {"B": b"\x03"}}}, "S": {"S": "a name like a type"}}},
}


def answers(client: Any) -> str:
    """The answers and refusals of one call after another to a table that is gone again then."""
    return json.dumps([_told(client, *call) for call in _calls()], default=_plain, sort_keys=True)


def _calls() -> Iterator[tuple[str, dict[str, Any]]]:
    names = [{"AttributeName": name, "AttributeType": "S"} for name in KEY]
    kinds = zip(KEY, ("HASH", "RANGE"), strict=True)
    yield (
        "create_table",
        {
            "AttributeDefinitions": names,
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in kinds],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    yield "put_item", {"Item": ROW}
    yield "get_item", {"Key": KEY, "ReturnConsumedCapacity": "TOTAL"}
    yield "get_item", {"Key": {**KEY, "item": {"S": "tiada"}}}
    yield "get_item", {"Key": {"id": {"S": "satu"}}}
    yield "put_item", {"Item": ROW, "ConditionExpression": "attribute_not_exists(id)"}
    one = {":one": {"N": "1"}}
    for expression, values in (
        ("SET sure = :yes, #m.inner = :yes REMOVE bytes ADD number :one", {":yes": {"BOOL": True}}),
        ("ADD number :one, seen :one", {}),
        ("SET number = number + :one, number = :one", {}),
        ("SET number = :one ADD number :one", {}),
        ("SET a = :one SET b = :one", {}),
        ("SET number = :none", {}),
        ("SET id = :one", {}),
        ("ADD text :one", {}),
    ):
        yield (
            "update_item",
            {
                "Key": KEY,
                "UpdateExpression": expression,
                "ExpressionAttributeValues": {**one, **values},
                "ReturnValues": "ALL_NEW",
                **({"ExpressionAttributeNames": {"#m": "map"}} if "#m" in expression else {}),
            },
        )
    found = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": KEY["id"]}}
    yield "query", found
    yield "query", {**found, "IndexName": "none"}
    yield "scan", {"Limit": 1}
    add = {
        "TableName": TABLE,
        "Key": KEY,
        "UpdateExpression": "ADD number :one",
        "ExpressionAttributeValues": one,
    }
    never = {**add, "ConditionExpression": "attribute_not_exists(id)"}
    yield "transact_write_items", {"TransactItems": [{"Update": add}]}
    yield "transact_write_items", {"TransactItems": [{"Update": never}]}
    yield "transact_write_items", {"TransactItems": [{"Update": add}, {"Update": add}]}
    yield "batch_get_item", {"RequestItems": {TABLE: {"Keys": [KEY]}}}
    yield "delete_item", {"Key": KEY, "ReturnValues": "ALL_OLD"}
    yield "delete_table", {}


def _told(client: Any, operation: str, request: dict[str, Any]) -> Any:
    whole = {"TransactItems", "RequestItems"} & set(request)
    try:
        answer = getattr(client, operation)(**({} if whole else {"TableName": TABLE}), **request)
    except ClientError as error:
        return operation, error.response["Error"], error.response.get("CancellationReasons")
    if operation in ("create_table", "delete_table"):
        return operation, answer["TableDescription"]["TableStatus"]
    return operation, {name: answer[name] for name in answer if name != "ResponseMetadata"}


def _plain(value: Any) -> str:
    return base64.b64encode(bytes(value)).decode()


if __name__ == "__main__":
    with mock_aws():
        print(answers(boto3.client("dynamodb", region_name="us-east-1")))
