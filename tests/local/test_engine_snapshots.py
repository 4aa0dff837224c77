"""What is left after the local AWS was killed."""

from functools import partial
from pathlib import Path
from typing import Any

from tests.local.engines import Engine, create_function, running, until

PRINTING = """
def handler(event, context):
    for record in event["Records"]:
        print(record["dynamodb"]["Keys"]["id"]["S"])
"""
FAST = ("--every", "0.1")


def create_table(engine: Engine) -> str:
    """A table with a stream, its ARN."""
    description: dict[str, Any] = engine.client("dynamodb").create_table(
        TableName="reports",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    stream: str = description["TableDescription"]["LatestStreamArn"]
    return stream


def put(engine: Engine, *names: str) -> None:
    for name in names:
        engine.client("dynamodb").put_item(TableName="reports", Item={"id": {"S": name}})


def names_in(engine: Engine) -> set[str]:
    items = engine.client("dynamodb").scan(TableName="reports")["Items"]
    return {item["id"]["S"] for item in items}


def create_trigger(engine: Engine, stream: str) -> str:
    """A function that prints what the stream brings; the trigger's number."""
    create_function(engine, "printing", PRINTING)
    mapping: dict[str, str] = engine.client("lambda").create_event_source_mapping(
        FunctionName="printing", EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )
    return mapping["UUID"]


def switch(engine: Engine, trigger: str, *, on: bool) -> None:
    engine.client("lambda").update_event_source_mapping(UUID=trigger, Enabled=on)


def saved(engine: Engine) -> None:
    """Wait for two complete snapshots: the second one was begun after this call."""
    for _ in range(2):
        before = engine.generation()
        engine.client("sts").get_caller_identity()
        until(partial(_newer, engine, before))


def _newer(engine: Engine, generation: str) -> bool:
    return engine.generation() != generation


def test_items_messages_and_unread_stream_records_outlive_kill_9(tmp_path: Path) -> None:
    with running(tmp_path, *FAST) as engine:
        stream = create_table(engine)
        trigger = create_trigger(engine, stream)
        put(engine, "read")
        until(lambda: engine.printed() == ["printing read"])
        switch(engine, trigger, on=False)
        put(engine, "unread 1", "unread 2")
        queue = engine.client("sqs").create_queue(QueueName="letters")["QueueUrl"]
        engine.client("sqs").send_message(QueueUrl=queue, MessageBody="kept")
        saved(engine)
        engine.kill()
    with running(tmp_path, *FAST, port=engine.port) as engine:
        assert names_in(engine) == {"read", "unread 1", "unread 2"}
        (message,) = engine.client("sqs").receive_message(QueueUrl=queue)["Messages"]
        assert message["Body"] == "kept"
        switch(engine, trigger, on=True)
        put(engine, "new")
        expected = ["printing unread 1", "printing unread 2", "printing new"]
        until(lambda: engine.printed() == expected)


def test_the_last_code_of_a_function_outlives_kill_9(tmp_path: Path) -> None:
    with running(tmp_path, *FAST) as engine:
        create_function(engine, "version", "def handler(event, context):\n    return 1\n")
        saved(engine)
        engine.client("lambda").delete_function(FunctionName="version")
        create_function(engine, "version", "def handler(event, context):\n    return 2\n")
        saved(engine)
        engine.kill()
    with running(tmp_path) as engine:
        answer = engine.client("lambda").invoke(FunctionName="version")
        assert answer["Payload"].read() == b"2"
    assert len(list((tmp_path / "state" / "current" / "lambda-blobs").iterdir())) == 1


def test_only_the_last_snapshot_is_kept(tmp_path: Path) -> None:
    with running(tmp_path, *FAST) as engine:
        saved(engine)
    assert [folder.name for folder in (tmp_path / "state" / "generations").iterdir()] == [
        engine.generation()
    ]


def test_reading_alone_makes_no_snapshots(tmp_path: Path) -> None:
    with running(tmp_path, "--every", "0.02") as engine:
        create_table(engine)
        until(lambda: _same_after_reading(engine))


def _same_after_reading(engine: Engine) -> bool:
    before = engine.generation()
    for _ in range(100):
        engine.client("dynamodb").scan(TableName="reports")
    return engine.generation() == before
