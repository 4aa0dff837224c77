"""The tests' own AWS, in this process: the tables, buckets and queues that the template declares.

Names, key schemas, indexes and streams are read from infra/resources.yaml. Knows no chalicelib,
which reads its environment at import.
"""

import copy
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.sqs.models import sqs_backends
from samtranslator.yaml_helper import yaml_parse

from infra.local import identity
from tests import moto_mends

TEMPLATE: dict[str, Any] = yaml_parse(
    (Path(__file__).parents[1] / "infra" / "resources.yaml").read_text()
)
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
REGION = "us-east-1"
_ACCOUNT = "123456789012"
Tables = dict[str, Table]
_OF_A_TABLE = (
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "StreamSpecification",
)


def environment(data: Path) -> dict[str, str]:
    """What the functions find in their environment; the issuer's keys are under `data`."""
    declared = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    names = {name: _name(value["Ref"]) for name, value in declared.items() if _resource(value)}
    queues = [name for name, value in declared.items() if _resource(value) == "AWS::SQS::Queue"]
    names |= {
        name: f"https://sqs.{REGION}.amazonaws.com/{_ACCOUNT}/{names[name]}" for name in queues
    }
    return {
        **names,
        **{
            f"{name}_ARN": f"arn:aws:sqs:{REGION}:{_ACCOUNT}:{_name(queue)}"
            for name, queue in {
                "DIGEST_QUEUE": "DigestQueue",
                "DIGEST_DEAD_LETTERS": "DigestDeadLetters",
            }.items()
        },
        "DIGEST_SCHEDULER_ARN": f"arn:aws:iam::{_ACCOUNT}:role/digests",
        "STAGE": "local",
        "PUBLIC_URL": "https://api.test",
        "PHOTOS_URL": "https://photos.test",
        "PHOTOS_DISTRIBUTION": "",
        "SECRETS_KEY_ARN": f"arn:aws:kms:{REGION}:{_ACCOUNT}:alias/secrets",
        "IDENTITY_ISSUER": identity.ISSUER,
        "IDENTITY_AUDIENCE": identity.AUDIENCE,
        "IDENTITY_JWKS_URL": identity.jwks_url(data),
        "CITY_NAME": "Kota Uji",
        "CITY_TIME_ZONE": "Asia/Jakarta",
        "NUMBER_PREFIX": "UJI",
        "OUTSIDE_ACCEPTED": "false",
        "SENDER_EMAIL": "tanggap@example.org",
        "MAIL_CONFIGURATION": "tests-mailconfiguration",
        "PUSH_FCM_ARN": f"arn:aws:sns:{REGION}:{_ACCOUNT}:app/GCM/tests",
        "PUSH_APNS_ARN": "",
        "RETENTION_DAYS": "730",
        **{f"BUDGET_{of}": "1000000" for of in ("ACCOUNT", "DEVICE", "ADDRESS", "AREA")},
        "POWERTOOLS_LOG_LEVEL": "ERROR",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


class Cloud:
    """A running one. Its clients and ours share nothing but the resources."""

    def __init__(self) -> None:
        self._mock = mock_aws()
        moto_mends.mend_all()
        self._mock.start()
        self.dynamodb = boto3.client("dynamodb")
        self._create()

    def stop(self) -> None:
        self._mock.stop()

    def tables(self) -> Tables:
        """All tables with the rows that they have now."""
        return copy.deepcopy(dict(dynamodb_backends[_ACCOUNT][REGION].tables))

    def put_back(self, tables: Tables) -> None:
        """Let every table have the rows that it had, and no others."""
        dynamodb_backends[_ACCOUNT][REGION].tables.update(copy.deepcopy(tables))

    def empty_tables(self) -> None:
        """Make every table new, which is quicker than to delete its items."""
        self.put_back(self._empty)

    def empty_queues(self) -> None:
        """Leave no message of earlier tests."""
        # Not by purge_queue, which AWS allows once a minute: a test may want it.
        for queue in sqs_backends[_ACCOUNT][REGION].queues.values():
            queue._messages, queue._pending_messages = [], set()

    def _create(self) -> None:
        for name in _of_type("AWS::DynamoDB::Table"):
            self.dynamodb.create_table(**_table(name))
        self._empty = self.tables()
        s3, sqs, kms = boto3.client("s3"), boto3.client("sqs"), boto3.client("kms")
        for name in _of_type("AWS::S3::Bucket"):
            s3.create_bucket(Bucket=_name(name))
            if versions := RESOURCES[name]["Properties"].get("VersioningConfiguration"):
                s3.put_bucket_versioning(Bucket=_name(name), VersioningConfiguration=versions)
        for name in _of_type("AWS::SQS::Queue"):
            sqs.create_queue(QueueName=_name(name))
        for name in _of_type("AWS::Scheduler::ScheduleGroup"):
            boto3.client("scheduler").create_schedule_group(Name=_name(name))
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/secrets", TargetKeyId=key)
        boto3.client("sesv2").create_email_identity(EmailIdentity="tanggap@example.org")


def _resource(value: Any) -> str | None:
    """The type of the resource that an environment variable names, None where it names none."""
    named = value.get("Ref") if isinstance(value, dict) else None
    return RESOURCES[named]["Type"] if named in RESOURCES else None


def _of_type(type: str) -> list[str]:
    return [name for name, resource in RESOURCES.items() if resource.get("Type") == type]


def _name(logical: str) -> str:
    return f"tests-{logical.lower()}"


def _table(logical: str) -> dict[str, Any]:
    properties = RESOURCES[logical]["Properties"]
    request = {name: properties[name] for name in _OF_A_TABLE if name in properties}
    if "StreamSpecification" in request:
        # CloudFormation says by the mere presence what the API wants to be told.
        request["StreamSpecification"] = {**request["StreamSpecification"], "StreamEnabled": True}
    return {"TableName": _name(logical), **request}
