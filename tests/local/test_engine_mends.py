"""Where MiniStack differs from AWS. Each test runs against an engine with our mends and against one
without, where it has to fail: when it passes there, MiniStack no longer needs that mend."""

import base64
import gzip
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from tests.local.engines import Engine, create_api, create_function, running, until
from tests.local.test_engine_snapshots import create_table, create_trigger, put, switch

# Its tests share engines.
pytestmark = pytest.mark.xdist_group("engine_mends")

IMAGE = bytes(range(256))
SHOWING = f"""
def handler(event, context):
    if event["httpMethod"] == "POST":
        return {{"statusCode": 200, "body": event["body"]}}
    headers = {{"Content-Type": "image/png"}}
    body = {base64.b64encode(IMAGE).decode()!r}
    return {{"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}}
"""
WHERE = """
import os
def handler(event, context):
    return [os.path.realpath(__file__), os.getpid(), os.getpgrp()]
"""
SILENT = "def handler(event, context):\n    return 1\n"

UNMENDED = pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="when it passes, the mend can go"
)
BOTH = [pytest.param((), id="mended"), pytest.param(("--unmended",), marks=UNMENDED, id="as it is")]


@pytest.fixture(scope="module", params=BOTH)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    with running(tmp_path_factory.mktemp("engine"), *request.param) as started:
        create_function(started, "where", WHERE)
        create_function(started, "silent", SILENT)
        yield started


@pytest.fixture(scope="module")
def api(engine: Engine) -> str:
    """The path of an API whose function answers with an image."""
    number, stage = create_api(engine, SHOWING)
    return f"/restapis/{number}/{stage}/_user_request_/v1"


def test_an_image_comes_out_of_an_api_as_bytes(engine: Engine, api: str) -> None:
    _, _, body = engine.ask("GET", f"{api}/image", headers={"Accept": "image/png"})
    assert body == IMAGE


def test_a_page_of_another_origin_may_use_an_api_that_allows_it(engine: Engine, api: str) -> None:
    _, headers, _ = engine.ask("OPTIONS", f"{api}/reports")
    assert headers.get("access-control-allow-origin") == "https://city.example"


def test_a_large_answer_is_compressed_for_who_asks_for_it(engine: Engine, api: str) -> None:
    text = b"jalan rusak " * 100
    asking = {"Accept-Encoding": "gzip", "Content-Type": "text/plain"}
    _, headers, body = engine.ask("POST", f"{api}/reports", text, asking)
    assert headers.get("content-encoding") == "gzip"
    assert gzip.decompress(body) == text


def test_a_compressed_request_reaches_the_function_as_it_was_before(
    engine: Engine, api: str
) -> None:
    sent = {"Content-Encoding": "gzip", "Content-Type": "text/plain"}
    _, _, body = engine.ask("POST", f"{api}/reports", gzip.compress(b"jalan rusak"), sent)
    assert body == b"jalan rusak"


def test_calling_a_silent_function_takes_less_than_50_ms(engine: Engine) -> None:
    def seconds() -> float:
        begun = time.perf_counter()
        engine.client("lambda").invoke(FunctionName="silent")
        return time.perf_counter() - begun

    assert min(seconds() for _ in range(10)) < 0.05


def test_workers_do_not_unpack_a_function_of_their_own(engine: Engine) -> None:
    file, _, _ = json.load(engine.client("lambda").invoke(FunctionName="where")["Payload"])
    assert Path(file).parent.parent == engine.data / "tmp"


def test_ctrl_c_in_the_terminal_reaches_no_function(engine: Engine) -> None:
    _, process, group = json.load(engine.client("lambda").invoke(FunctionName="where")["Payload"])
    assert group == process


def test_the_log_streams_of_a_function_do_not_grow_for_ever(engine: Engine) -> None:
    for _ in range(51):
        engine.client("lambda").invoke(FunctionName="where")
    pages = engine.client("logs").get_paginator("describe_log_streams")
    found = list(pages.paginate(logGroupName="/aws/lambda/where").search("logStreams[]"))
    assert len(found) == 50


def test_nobody_deletes_or_shortens_what_a_template_locks(engine: Engine) -> None:
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
    bucket = {
        "BucketName": "sealed",
        "VersioningConfiguration": {"Status": "Enabled"},
        "ObjectLockEnabled": True,
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": rule},
    }
    template = {"Resources": {"Sealed": {"Type": "AWS::S3::Bucket", "Properties": bucket}}}
    stacks, s3 = engine.client("cloudformation"), engine.client("s3")
    stacks.create_stack(StackName="sealed", TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName="sealed", WaiterConfig={"Delay": 1})
    version = s3.put_object(Bucket="sealed", Key="head", Body=b"first")["VersionId"]
    named = {"Bucket": "sealed", "Key": "head", "VersionId": version}
    soon = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(seconds=2)}
    for act in (
        lambda: s3.delete_object(**named),
        lambda: s3.put_object_retention(**named, Retention=soon),
    ):
        assert refusal(act) == "AccessDenied"
    assert s3.get_object(**named)["Body"].read() == b"first"


def refusal(act: Callable[[], Any]) -> str | None:
    """The code with which AWS refuses; None when it does what was asked."""
    try:
        act()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


@pytest.mark.parametrize("arguments", BOTH)
def test_a_trigger_goes_on_after_a_restart_where_it_was(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with running(tmp_path, *arguments) as first:
        trigger = create_trigger(first, create_table(first))
        put(first, "read")
        until(lambda: first.printed() == ["printing read"])
        switch(first, trigger, on=False)
        put(first, "unread")
    with running(tmp_path, *arguments) as second:
        switch(second, trigger, on=True)
        put(second, "new")
        expected = ["printing unread", "printing new"]
        until(lambda: second.printed() == expected, seconds=1.5 if arguments else 10)


@pytest.mark.parametrize("arguments", BOTH)
def test_a_schedule_that_fell_due_by_its_own_clock_while_the_engine_was_off_fires_once(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with running(tmp_path, *arguments) as first:
        first.client("sqs").create_queue(QueueName="orders")
        create_schedule(first, "daily")
    pass_an_hour(tmp_path)
    with running(tmp_path, *arguments) as second:
        # MiniStack as it is looks every ten seconds.
        until(lambda: orders(second) == ["daily"], seconds=12)
        create_schedule(second, "later")
    pass_an_hour(tmp_path)
    with running(tmp_path, *arguments) as third:
        until(lambda: "later" in orders(third))
        assert orders(third) == ["daily", "later"]


def create_schedule(engine: Engine, name: str) -> None:
    """It orders its name each day when Jakarta's clocks say what they said half an hour ago; UTC's
    say that some hours later."""
    at = datetime.now(ZoneInfo("Asia/Jakarta")) - timedelta(minutes=30)
    engine.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=f"cron({at.minute} {at.hour} * * ? *)",
        ScheduleExpressionTimezone="Asia/Jakarta",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:sqs:us-east-1:000000000000:orders",
            "RoleArn": "arn:aws:iam::000000000000:role/scheduler",
            "Input": name,
        },
    )


def pass_an_hour(data: Path) -> None:
    """Make the schedules of an engine that is off as if they had been changed an hour earlier."""
    file = data / "state" / "current" / "scheduler.json"
    state = json.loads(file.read_text())
    for schedule in state["payload"]["schedules"]["data"].values():
        schedule["CreationDate"] -= 3600
        schedule["LastModificationDate"] -= 3600
    file.write_text(json.dumps(state))


def orders(engine: Engine) -> list[str]:
    """All that is in the queue, and stays in it."""
    queue = engine.client("sqs").get_queue_url(QueueName="orders")["QueueUrl"]
    asked = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}
    found = engine.client("sqs").receive_message(**asked).get("Messages", [])
    return sorted(message["Body"] for message in found)
