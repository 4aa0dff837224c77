"""The tests' own AWS takes short ways: it answers as without, and transactions stay whole."""

import json
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from chalicelib import aws
from tests.cloud import Cloud
from tests.promises import dynamodb_answers

TABLE = "tests-reportstable"


def test_a_refused_transaction_leaves_every_row_as_it_was(cloud: Cloud) -> None:
    cloud.empty_tables()
    key, other = _key("satu"), _key("dua")
    cloud.dynamodb.put_item(TableName=TABLE, Item={**key, "n": {"N": "1"}})
    add = {
        "TableName": TABLE,
        "Key": key,
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    put = {"TableName": TABLE, "Item": other}
    never = {
        "TableName": TABLE,
        "Key": _key("tiada"),
        "ConditionExpression": "attribute_exists(id)",
    }
    cloud.dynamodb.transact_write_items(TransactItems=[{"Update": add}])
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        cloud.dynamodb.transact_write_items(
            TransactItems=[{"Update": add}, {"Put": put}, {"Delete": never}]
        )
    items = cloud.dynamodb.scan(TableName=TABLE)["Items"]
    assert [item["n"] for item in items] == [{"N": "2"}]


def test_the_short_ways_answer_and_refuse_as_plain_moto_does(cloud: Cloud) -> None:
    plain = subprocess.run(
        [sys.executable, "-m", dynamodb_answers.__name__],
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = json.loads(plain.stdout)
    assert json.loads(dynamodb_answers.answers(cloud.dynamodb)) == wanted
    # Both ends are told: what was stored came back whole, and refusals with their reasons.
    assert json.dumps(wanted).count("Exception") > 8
    assert dynamodb_answers.ROW.keys() == wanted[2][1]["Item"].keys()


def test_rows_are_taken_from_answers_as_the_sdk_takes_them(cloud: Cloud) -> None:
    assert dynamodb_answers.answers(aws.dynamodb()) == dynamodb_answers.answers(cloud.dynamodb)
    cloud.empty_tables()
    row = {**_key("satu"), "text": {"S": '"B": "BS":'}, "list": {"L": [{"BOOL": True}]}}
    cloud.dynamodb.put_item(TableName=TABLE, Item=row)
    with_bytes = {**_key("dua"), "map": {"M": {"inner": {"L": [{"B": b"\x00"}]}}}}
    aws.dynamodb().put_item(TableName=TABLE, Item=with_bytes)
    items = aws.dynamodb().scan(TableName=TABLE)["Items"]
    assert sorted(map(repr, items)) == sorted(map(repr, [row, with_bytes]))


def _key(id: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": id}, "item": {"S": "report"}}
