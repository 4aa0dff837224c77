"""`python -m infra.local.engine --port 8000 --data DIR`: an AWS on 127.0.0.1 with its data in DIR.

Says on stdout when it is ready. Serves until SIGINT or SIGTERM, with `--tied` also until its stdin
closes; saves, ends its Lambda workers and exits with 0. Exits with 2 and one sentence on stderr
when DIR or the port is taken, with 1 when the saved state cannot be read (it stays as it is).

    DIR/state/         every service's state, in generations (see snapshots.py)
    DIR/objects/       S3 objects, written through
    DIR/front.json     where the clean addresses lead (see front.py): whoever deploys writes it
    DIR/functions.log  every line that a Lambda function prints, after the function's name
    DIR/engine.log     warnings and errors of the engine itself
    DIR/tmp/           the functions' unpacked code; emptied at every start
"""

import argparse
import asyncio
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Any, TextIO

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.utils import LifespanFailureError

from infra.local.front import Front
from infra.local.ownership import Taken, take

HOST = "127.0.0.1"


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    data = options.data = options.data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    try:
        owner = take(data / "engine.lock", f"port {options.port}", options.patience)
        listener = _listen(options.port)
    except Taken as refusal:
        print(refusal, file=sys.stderr)
        return 2
    _prepare(data, listener.getsockname()[1])
    terminal = _log_to(data / "engine.log")
    try:
        asyncio.run(_serve(listener, owner, options))
    except LifespanFailureError as failure:
        print(f"The saved state cannot be used. {failure} See {data / 'engine.log'}", file=terminal)
        return 1
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local.engine", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=int, default=8000, help="0 takes any free one")
    parser.add_argument("--data", type=Path, required=True, help="the folder that keeps everything")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between snapshots")
    parser.add_argument("--patience", type=float, default=10.0, help="seconds to wait for DIR")
    parser.add_argument("--tied", action="store_true", help="stop when stdin closes")
    parser.add_argument("--unmended", action="store_true", help="MiniStack with all its defects")
    return parser.parse_args(arguments)


def _listen(port: int) -> socket.socket:
    """Listens at once: a client that comes during the start waits instead of being refused."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        raise Taken(f"Port {port} is taken ({error.strerror}). Choose another one.") from error
    listener.listen(1024)
    return listener


def _prepare(data: Path, port: int) -> None:
    for name in ("engine.log", "functions.log"):
        if (data / name).exists():
            (data / name).replace(data / f"{name}.old")
    shutil.rmtree(data / "tmp", ignore_errors=True)
    (data / "tmp").mkdir()
    # Neither the caller's AWS account nor another emulator's settings may reach the functions.
    foreign = ("AWS_", "LAMBDA_", "LOCALSTACK_", "MINISTACK_")
    for name in [name for name in os.environ if name.startswith(foreign)]:
        del os.environ[name]
    os.environ.update(_environment(data, port))


def _log_to(file: Path) -> TextIO:
    """Lead stderr to `file`, also for the snapshots' processes; returns where it led before."""
    terminal = os.fdopen(os.dup(2), "w", buffering=1)
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 2)
    os.close(log)
    return terminal


def _environment(data: Path, port: int) -> dict[str, str]:
    """What MiniStack reads when it is imported."""
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        # Queue addresses name this host; `localhost` could reach another program over IPv6.
        "MINISTACK_HOST": HOST,
        # Without it forged signatures and anonymous reads pass.
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "objects"),
        "TMPDIR": str(data / "tmp"),
        "LOG_LEVEL": "WARNING",
        "SERVICES": "",
        "USE_SSL": "0",
        # Both would open a port on every address.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # MiniStack would remove containers that other MiniStacks left.
        "DOCKER_HOST": f"unix://{data / 'no-docker'}",
    }


async def _serve(listener: socket.socket, owner: int, options: argparse.Namespace) -> None:
    stop = _stopped_by_signal()
    if options.tied:
        asyncio.get_running_loop().add_reader(sys.stdin, _stop_at_the_end_of_stdin, stop)
    # MiniStack reads the environment when it is imported: not before now.
    from infra.local.emulator import Emulator

    aws = Emulator(options.data, owner, mended=not options.unmended)
    address = f"http://{HOST}:{listener.getsockname()[1]}"

    async def until_stopped() -> None:
        print(f"AWS is ready at {address}, its data in {options.data}", flush=True)
        await aws.keep(options.every, stop)

    front: Any = Front(aws, options.data / "front.json")
    await serve(front, _config(listener), shutdown_trigger=until_stopped, mode="asgi")
    aws.end()


def _stopped_by_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _stop_at_the_end_of_stdin(stop: asyncio.Event) -> None:
    # Its other end closes when whoever started us ends, even by SIGKILL.
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin)
        stop.set()


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    return config


if __name__ == "__main__":
    sys.exit(main())
