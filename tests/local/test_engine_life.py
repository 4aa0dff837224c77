"""Starting and stopping the local AWS."""

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.local.engines import create_function, running, start, until

SLOW = """
import time
def handler(event, context):
    print("begun")
    time.sleep(15)
"""
NAPPING = """
import os
def handler(event, context):
    return os.getpid()
"""


def test_it_ends_with_zero_and_leaves_no_process_and_no_unpacked_function(tmp_path: Path) -> None:
    with running(tmp_path) as engine:
        create_function(engine, "napping", NAPPING)
        answer = engine.client("lambda").invoke(FunctionName="napping")
        worker = int(answer["Payload"].read())
        assert engine.stop() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert not list((tmp_path / "tmp").glob("ministack-lambda-*"))


def test_many_first_calls_of_a_function_at_once_are_all_answered(tmp_path: Path) -> None:
    with running(tmp_path) as engine, ThreadPoolExecutor() as callers:
        create_function(engine, "napping", NAPPING)
        client = engine.client("lambda")
        calls = [callers.submit(client.invoke, FunctionName="napping") for _ in range(8)]
        assert not [call for call in calls if "FunctionError" in call.result()]


def test_neither_a_long_poll_nor_a_slow_function_holds_up_the_end(tmp_path: Path) -> None:
    with running(tmp_path) as engine, ThreadPoolExecutor() as callers:
        create_function(engine, "slow", SLOW)
        queue = engine.client("sqs").create_queue(QueueName="letters")["QueueUrl"]
        poll = {"QueueUrl": queue, "WaitTimeSeconds": 15}
        polled = callers.submit(engine.client("sqs").receive_message, **poll)
        called = callers.submit(engine.client("lambda").invoke, FunctionName="slow")
        until(lambda: engine.printed() == ["slow begun"])
        begun = time.monotonic()
        assert engine.stop() == 0
        assert time.monotonic() - begun < 10
    assert polled.exception() or not polled.result().get("Messages")
    assert called.exception() or called.result()["FunctionError"]


def test_what_is_stored_is_there_after_a_stop_on_another_port_too(tmp_path: Path) -> None:
    with running(tmp_path) as engine:
        queue = engine.client("sqs").create_queue(QueueName="letters")["QueueUrl"]
        engine.client("sqs").send_message(QueueUrl=queue, MessageBody="kept")
        engine.client("s3").create_bucket(Bucket="pictures")
        engine.client("s3").put_object(Bucket="pictures", Key="a.txt", Body=b"kept")
    with running(tmp_path) as engine:
        queue = engine.client("sqs").get_queue_url(QueueName="letters")["QueueUrl"]
        (message,) = engine.client("sqs").receive_message(QueueUrl=queue)["Messages"]
        assert message["Body"] == "kept"
        kept = engine.client("s3").get_object(Bucket="pictures", Key="a.txt")
        assert kept["Body"].read() == b"kept"


def test_a_second_one_on_the_same_folder_is_told_who_has_it(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        second = start(tmp_path, "--patience", "0")
        _, complaint = second.communicate(timeout=10)
    assert second.returncode == 2
    assert complaint.startswith(f"{tmp_path} is in use by process {first.process.pid} ")
    assert len(complaint.splitlines()) == 1


def test_a_second_one_waits_for_the_first_that_is_just_ending(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        second = start(tmp_path, "--patience", "20")
        assert first.stop() == 0
    assert second.stdout is not None
    assert "ready" in second.stdout.readline()
    second.terminate()
    second.communicate(timeout=20)
    assert second.returncode == 0


def test_a_port_that_is_taken_is_said_plainly(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        engine = start(tmp_path, port=port)
        _, complaint = engine.communicate(timeout=10)
    assert engine.returncode == 2
    assert complaint.startswith(f"Port {port} is taken")


def test_a_state_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    with running(tmp_path) as engine:
        engine.client("sqs").create_queue(QueueName="letters")
    damaged = (tmp_path / "state" / "current" / "sqs.json").resolve()
    damaged.write_text("{")
    engine_without_state = start(tmp_path)
    _, complaint = engine_without_state.communicate(timeout=10)
    assert engine_without_state.returncode == 1
    assert "The saved state of sqs cannot be read." in complaint
    assert damaged.read_text() == "{"


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's table of sockets")
def test_it_listens_at_one_address_only(tmp_path: Path) -> None:
    with running(tmp_path) as engine:
        engine.client("s3").list_buckets()
        listening = until(lambda: _listening(engine.process.pid))
    assert listening == [f"127.0.0.1:{engine.port}"]


def _listening(process: int) -> list[str]:
    """The addresses at which a process accepts connections (state 0A in Linux's table)."""
    files = Path(f"/proc/{process}/fd").iterdir()
    sockets = {os.readlink(file).strip("socket:[]") for file in files if file.exists()}
    rows = [line.split() for name in ("tcp", "tcp6") for line in _rows(name)]
    return [_address(row[1]) for row in rows if row[3] == "0A" and row[9] in sockets]


def _rows(table: str) -> list[str]:
    file = Path("/proc/net", table)
    return file.read_text().splitlines()[1:] if file.exists() else []


def _address(text: str) -> str:
    """`0100007F:1F40`: the bytes of the host backwards, and the port."""
    host, port = text.split(":")
    numbers = reversed(bytes.fromhex(host[-8:]))
    return f"{'.'.join(map(str, numbers))}:{int(port, 16)}"
