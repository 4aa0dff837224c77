"""The tests' own AWS takes a shortcut through transactions; they stay all or nothing."""

import pytest
from botocore.exceptions import ClientError

from tests.cloud import Cloud

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


def _key(id: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": id}, "item": {"S": "report"}}
