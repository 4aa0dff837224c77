"""A running system for a bench: the real template on a local AWS with a small directory."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from infra.client import Client, Person
from infra.local import identity

ADMIN = Person("admin", "bench")
WEST, SOUTH, SIDE = 107.0, -5.0, 0.2


class System(NamedTuple):
    """Its base URL, its data folder, and a client of it."""

    url: str
    data: Path
    client: Client


@contextmanager
def running() -> Iterator[System]:
    """A system of one's own with one area, one agency, and the category `flooding`."""
    with tempfile.TemporaryDirectory() as folder, _started(Path(folder)) as url:
        data = Path(folder)
        client = Client(url, lambda *who: identity.token(data, *who), connections=16)
        for path, body in _directory():
            client.call("PUT", f"/v1/admin/{path}", ADMIN, body)
        yield System(url, data, client)


@contextmanager
def _started(data: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PORT": str(port), "DATA_DIR": str(data), "DEMO": "0"}
    command = [sys.executable, "-m", "infra.local.run"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            if not any(line.startswith("ready ") for line in process.stdout):
                raise RuntimeError("the system did not start; try `make run`")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _directory() -> Iterator[tuple[str, dict[str, Any]]]:
    east, north = WEST + SIDE, SOUTH + SIDE
    ring = [[WEST, SOUTH], [east, SOUTH], [east, north], [WEST, north], [WEST, SOUTH]]
    feature = {
        "type": "Feature",
        "id": "city",
        "properties": {"name": "City", "level": 1, "parent": None},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    yield "areas", {"type": "FeatureCollection", "features": [feature]}
    yield "agencies/works", {"name": "Works", "tier": "city"}
    name = {"id": "Banjir", "en": "Flooding"}
    yield "categories/flooding", {"name": name, "group": "water"}
    yield "routes/default", {"category": "*", "area": "*", "agency": "works"}
