"""A running system: the real template on a local AWS, without the demo city."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

SHARED = pytest.mark.xdist_group("shared_city")


class City(NamedTuple):
    """A running system: its base URL and its data folder."""

    url: str
    data: Path


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A system of its own for one test; refuses reports outside its areas."""
    with started(tmp_path / "data", DEMO="0", OUTSIDE_ACCEPTED="false") as (city, _):
        yield city


@pytest.fixture(scope="session")
def shared_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A system for all tests that do not mind what others leave: SHARED keeps them together."""
    data = tmp_path_factory.mktemp("shared") / "data"
    with started(data, DEMO="0", OUTSIDE_ACCEPTED="false") as (city, _):
        yield city


@contextmanager
def started(data: Path, **settings: str) -> Iterator[tuple[City, "subprocess.Popen[str]"]]:
    """`make run` with these settings, once it says that it is ready."""
    with begun(data, **settings) as (city, running):
        assert running.stdout is not None
        told = []
        for line in running.stdout:
            told.append(line)
            if line.startswith("ready "):
                break
        assert told[-1:] == [f"ready {city.url}\n"], told
        yield city, running


@contextmanager
def begun(data: Path, **settings: str) -> Iterator[tuple[City, "subprocess.Popen[str]"]]:
    """`make run` with these settings, from its first moment on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, **settings, "PORT": str(port), "DATA_DIR": str(data)}
    environment.pop("AWS_ENDPOINT_URL", None)
    with subprocess.Popen(
        [sys.executable, "-m", "infra.local.run"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            yield City(f"http://127.0.0.1:{port}", data), running
        finally:
            running.terminate()
