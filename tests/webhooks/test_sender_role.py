"""The function that talks to strangers can read its rows, its key and digests, and nothing else."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / ".chalice" / "policies" / "deliver_webhook.json"

MAY = {
    ("dynamodb:GetItem", "WebhooksTable"),
    ("dynamodb:PutItem", "WebhooksTable"),
    ("dynamodb:UpdateItem", "WebhooksTable"),
    ("dynamodb:GetItem", "EventsTable"),
    ("sqs:ReceiveMessage", "DeliveryQueue"),
    ("sqs:DeleteMessage", "DeliveryQueue"),
    ("sqs:GetQueueAttributes", "DeliveryQueue"),
    ("sqs:SendMessage", "DeliveryQueue"),
    ("sqs:SendMessageBatch", "DeliveryQueue"),
    ("kms:Decrypt", "SecretsKey"),
    # A link to a digest is worth what its signer may do.
    ("s3:GetObject", "digests"),
    ("logs:CreateLogStream", "its log"),
    ("logs:PutLogEvents", "its log"),
}


def named(resource: Any) -> str:
    if "Fn::GetAtt" in resource:
        return str(resource["Fn::GetAtt"][0])
    if resource["Fn::Sub"] == "${ExportsBucket.Arn}/digests/*":
        return "digests"
    assert ":log-group:/aws/lambda/${AWS::StackName}-" in resource["Fn::Sub"]
    return "its log"


def test_the_sender_may_do_nothing_but_its_work() -> None:
    statements = json.loads(FILE.read_text())["Statement"]
    allowed = {(action, named(one["Resource"])) for one in statements for action in one["Action"]}
    assert {one["Effect"] for one in statements} == {"Allow"}
    assert allowed == MAY
