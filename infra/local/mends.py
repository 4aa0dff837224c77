"""Where MiniStack 1.5.33 differs from AWS and it matters here: one function per defect.

`tests/local/test_engine_mends.py` runs the engine with and without them, and fails when a new
MiniStack no longer needs one, or no longer takes it: they reach into its private names.
"""

import hashlib
import os
import subprocess
import tempfile
import threading
import zipfile
import zlib
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import apigateway_v1, cloudwatch_logs, dynamodb, lambda_svc, s3, scheduler
from ministack.services.cloudformation import provisioners

from infra.local import schedules
from infra.local.compression import Headers, packed, unpacked

STREAMS_KEPT = 50
"""CloudWatch log streams that each function keeps; one stream is one invocation."""


def mend_all() -> None:
    for mend in MENDS:
        mend()


def save_stream_records() -> None:
    """Of a table's stream the readers' positions are saved, but not the records: after a restart
    the unread ones are lost, and a trigger is silent until as many new ones have come."""
    get_state, load = dynamodb.get_state, dynamodb.load_persisted_state

    def get_state_with_streams() -> dict[str, Any]:
        records, trimmed = _unread_records()
        streams = {"records": records, "trimmed": trimmed, "counter": dynamodb._stream_seq_counter}
        return {**get_state(), "streams": streams}

    def load_with_streams(state: dict[str, Any]) -> None:
        load(state)
        if streams := state.get("streams"):
            dynamodb._stream_records.update(streams["records"])
            dynamodb._stream_trimmed.update(streams["trimmed"])
            dynamodb._stream_seq_counter = streams["counter"]

    dynamodb.get_state, dynamodb.load_persisted_state = get_state_with_streams, load_with_streams


def _unread_records() -> tuple[Any, Any]:
    """Per table what some trigger has still to read (everything, if none reads it), and the
    position of the first such record."""
    unread, trimmed = AccountRegionScopedDict(), AccountRegionScopedDict()
    for table, records in dynamodb._stream_records.all_items():
        horizon = dynamodb._stream_trimmed._data.get(table, 0)
        position = max(horizon, _slowest_reader(table, horizon))
        unread._data[table] = records[position - horizon :]
        trimmed._data[table] = position
    return unread, trimmed


def _slowest_reader(table: tuple[str, str, str], horizon: int) -> int:
    stream = dynamodb._tables._data.get(table, {}).get("LatestStreamArn")
    mappings = lambda_svc._esms.all_items()
    readers = [key for key, mapping in mappings if mapping.get("EventSourceArn") == stream]
    positions = lambda_svc._dynamodb_stream_positions._data
    return min((positions.get(reader, horizon) for reader in readers), default=horizon)


def import_binary_media_types() -> None:
    """A template's `x-amazon-apigateway-binary-media-types` is ignored: an image comes out of the
    API as base64 text."""
    import_api = apigateway_v1._import_rest_api

    def import_with_media_types(
        document: dict[str, Any], base: dict[str, Any] | None = None
    ) -> str:
        declared = document.get("x-amazon-apigateway-binary-media-types", [])
        given = (base or {}).get("binaryMediaTypes")
        api_id: str = import_api(document, {**(base or {}), "binaryMediaTypes": given or declared})
        return api_id

    apigateway_v1._import_rest_api = import_with_media_types


def import_mock_answers() -> None:
    """What a mock integration is to answer is not imported: a browser that asks first (OPTIONS)
    gets no CORS headers, and no page of another origin can use the API."""
    import_operation = apigateway_v1._import_operation
    put_answer = apigateway_v1._put_integration_response

    def import_with_answers(
        api: str, resource: str, method: str, operation: dict[str, Any] | None, *rest: Any
    ) -> None:
        import_operation(api, resource, method, operation, *rest)
        integration = (operation or {}).get("x-amazon-apigateway-integration") or {}
        for pattern, answer in (integration.get("responses") or {}).items():
            selected = {"selectionPattern": "" if pattern == "default" else pattern}
            put_answer(api, resource, method, str(answer["statusCode"]), {**answer, **selected})

    apigateway_v1._import_operation = import_with_answers


def compress_as_apis_say() -> None:
    """An API's `minimumCompressionSize` has no effect: no answer is compressed, and a compressed
    request reaches the function as rubbish."""
    execute = apigateway_v1.handle_execute

    async def execute_compressing(
        api: str, stage: str, method: str, path: str, headers: Headers, body: bytes, query: Any
    ) -> Any:
        if (least := _least_bytes_compressed(api)) is None:
            return await execute(api, stage, method, path, headers, body, query)
        try:
            plain = unpacked(headers, body)
        except (OSError, EOFError, zlib.error):
            return 400, {"Content-Type": "application/json"}, b'{"message": "Bad Request"}'
        answer = await execute(api, stage, method, path, *plain, query)
        return packed(headers, answer, least)

    apigateway_v1.handle_execute = execute_compressing


def _least_bytes_compressed(api: str) -> int | None:
    scope = apigateway_v1.find_api_scope(api)
    settings = apigateway_v1._rest_apis.get_scoped(*scope, api) if scope else {}
    least = settings.get("minimumCompressionSize")
    return None if least in (None, "") else int(least)


def wait_less_for_log_lines() -> None:
    """Each call of a function that prints nothing waits 50 ms for a first line. Lines are in the
    pipe before the answer is: a turn of the reading thread is enough."""
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.001, 0.001, 0.250)


def unpack_code_once() -> None:
    """Each worker unpacks the function's zip for itself, and Python compiles it there again."""
    names = {**vars(zipfile), "ZipFile": _UnpackedOnce}
    lambda_runtime.zipfile = SimpleNamespace(**names)


UNPACKING = threading.Lock()


class _UnpackedOnce(zipfile.ZipFile):
    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        digest = hashlib.sha256(Path(self.filename or "").read_bytes()).hexdigest()
        unpacked = Path(tempfile.gettempdir(), f"code-{digest[:20]}")
        with UNPACKING:
            if not unpacked.exists():
                super().extractall(unpacked.with_suffix(".part"), members, pwd)
                unpacked.with_suffix(".part").rename(unpacked)
        os.rmdir(path)
        os.symlink(unpacked, path)


def shield_workers_from_ctrl_c() -> None:
    """Ctrl-C in the terminal interrupts every running function, each with a traceback."""
    names = {**vars(subprocess), "Popen": partial(subprocess.Popen, process_group=0)}
    lambda_runtime.subprocess = SimpleNamespace(**names)


def forget_old_log_streams() -> None:
    """Each invocation adds a log stream that stays for ever, in memory and in every snapshot."""
    emit = lambda_svc._emit_lambda_logs

    def emit_and_forget(*args: Any, **kwargs: Any) -> None:
        emit(*args, **kwargs)
        for (_, _, group), content in cloudwatch_logs._log_groups.all_items():
            if group.startswith("/aws/lambda/"):
                for old in list(content["streams"])[:-STREAMS_KEPT]:
                    content["streams"].pop(old, None)

    lambda_svc._emit_lambda_logs = emit_and_forget


def lock_objects_as_templates_say() -> None:
    """A template's bucket gets no object lock: what nobody can delete on AWS, anybody can here."""
    configure = provisioners._s3_apply_configurations

    def configure_with_lock(name: str, properties: dict[str, Any], *before: Any) -> None:
        configure(name, properties, *before)
        if properties.get("ObjectLockEnabled"):
            rule = properties.get("ObjectLockConfiguration", {}).get("Rule", {})
            kept = dict(rule.get("DefaultRetention", {}))
            kept |= {unit: int(kept[unit]) for unit in ("Days", "Years") if unit in kept}
            s3._bucket_object_lock[name] = {"enabled": True, "default_retention": kept or None}

    provisioners._s3_apply_configurations = configure_with_lock


def fire_schedules_by_their_own_clocks() -> None:
    """The time zone of a schedule is kept and not obeyed, and what fell due while the engine was
    off never fires."""
    scheduler._tick_schedules = schedules.fire_due
    scheduler._SCHEDULE_TICK_INTERVAL = 1


MENDS = (
    save_stream_records,
    import_binary_media_types,
    import_mock_answers,
    compress_as_apis_say,
    wait_less_for_log_lines,
    unpack_code_once,
    shield_workers_from_ctrl_c,
    forget_old_log_streams,
    lock_objects_as_templates_say,
    fire_schedules_by_their_own_clocks,
)
