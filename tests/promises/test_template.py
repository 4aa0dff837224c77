"""The template and the code agree; nothing is lost; nobody may do more than their work."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.reports.index import INDEXES, PROJECTED, QUEUE_PROJECTED
from infra.package import package
from tests.cloud import RESOURCES

ROOT = Path(__file__).parents[2]
POLICIES = sorted((ROOT / ".chalice" / "policies").glob("*.json"))
CONFIGURED: dict[str, Any] = json.loads((ROOT / ".chalice" / "config.json").read_text())


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is deployed: Chalice's own template merged with ours."""
    built = package("test", dependencies=False, build=tmp_path_factory.mktemp("build"))
    merged: dict[str, Any] = json.loads((built / "sam.json").read_text())
    return merged


def of_type(resources: dict[str, Any], type: str) -> dict[str, Any]:
    return {name: one["Properties"] for name, one in resources.items() if one.get("Type") == type}


def test_the_indexes_of_the_code_are_those_of_the_template() -> None:
    table = RESOURCES["ReportsTable"]["Properties"]
    keys = {
        index["IndexName"]: tuple(key["AttributeName"] for key in index["KeySchema"])
        for index in table["GlobalSecondaryIndexes"]
    }
    only_keys = {"due": ("due_shard", "due_at"), "left": ("person", "id")}
    assert keys == INDEXES | only_keys
    for index in table["GlobalSecondaryIndexes"]:
        # What time alone does, and what a person left, is looked up in the rows themselves.
        wanted = QUEUE_PROJECTED if index["IndexName"] in ("queue", "escalated") else PROJECTED
        shown = None if index["IndexName"] in only_keys else list(wanted)
        assert index["Projection"].get("NonKeyAttributes") == shown


def test_every_queue_has_dead_letters_with_an_alarm() -> None:
    queues = of_type(RESOURCES, "AWS::SQS::Queue")
    dead = {name for name in queues if name.endswith("DeadLetters")}
    for name, queue in queues.items():
        if name not in dead:
            (target,) = queue["RedrivePolicy"]["deadLetterTargetArn"].values()
            assert target[0] in dead
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in of_type(RESOURCES, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
    assert watched == dead


def test_tables_are_kept_restorable_and_paid_by_use() -> None:
    for name, table in of_type(RESOURCES, "AWS::DynamoDB::Table").items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        if name == "ReplaysTable":
            continue
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], name
        assert RESOURCES[name]["DeletionPolicy"] == "Retain", name


def test_the_answers_to_repeated_requests_outlive_nothing() -> None:
    table = RESOURCES["ReplaysTable"]
    assert table["Properties"]["TimeToLiveSpecification"]["Enabled"]
    assert "PointInTimeRecoverySpecification" not in table["Properties"]
    assert "DeletionPolicy" not in table


def test_buckets_are_private_and_encrypted() -> None:
    for name, bucket in of_type(RESOURCES, "AWS::S3::Bucket").items():
        assert all(bucket["PublicAccessBlockConfiguration"].values()), name
        assert bucket["BucketEncryption"], name
        assert RESOURCES[name]["DeletionPolicy"] == "Retain", name


def test_the_heads_of_the_audit_are_locked() -> None:
    bucket = RESOURCES["AuditBucket"]["Properties"]
    assert bucket["ObjectLockEnabled"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    retention = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": {"Ref": "AuditLock"}, "Days": {"Ref": "AuditDays"}}


def test_people_sign_in_by_code_and_the_app_keeps_no_secret() -> None:
    pool, client = (RESOURCES[name]["Properties"] for name in ("People", "PeopleClient"))
    factors = pool["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"]
    assert {"EMAIL_OTP", "SMS_OTP"} <= set(factors)
    assert client["GenerateSecret"] is False
    assert not [one for one in client["WriteAttributes"] if one.startswith("custom:")]


def test_every_event_source_reports_what_failed_one_by_one(template: dict[str, Any]) -> None:
    sources = [
        source["Properties"]
        for function in of_type(template["Resources"], "AWS::Serverless::Function").values()
        for source in function.get("Events", {}).values()
        if source["Type"] in ("SQS", "DynamoDB")
    ]
    assert sources
    for source in sources:
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert "placeholder" not in json.dumps(source)
        if "Stream" in source:
            assert source["DestinationConfig"]["OnFailure"]
            assert source["MaximumRetryAttempts"] > 0


def test_every_function_has_its_own_policy_and_handler_in_app(template: dict[str, Any]) -> None:
    functions = of_type(template["Resources"], "AWS::Serverless::Function")
    handlers = {one["Handler"].removeprefix("app.") for one in functions.values()}
    named = {"api_handler" if one == "app" else one for one in handlers}
    assert named == set(CONFIGURED["lambda_functions"]) == {file.stem for file in POLICIES}
    assert not [one for one in handlers if "chalicelib" in one]


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.stem)
def test_no_policy_allows_everything(file: Path) -> None:
    for statement in json.loads(file.read_text())["Statement"]:
        for action in _listed(statement["Action"]):
            assert re.fullmatch(r"[a-z0-9]+:[A-Z]\w+", action), action
        assert "*" not in list(_resources(statement["Resource"])), statement["Sid"]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _resources(value: Any) -> Iterator[str]:
    """Resource names as they are on AWS: of an `Fn::If` on the condition Cloud, its first."""
    for one in _listed(value):
        if isinstance(one, dict) and "Fn::If" in one:
            assert one["Fn::If"][0] == "Cloud"
            yield from _resources(one["Fn::If"][1])
        elif isinstance(one, str):
            yield one
