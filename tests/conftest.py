"""What all tests of the app share: its environment, an AWS in this process, and a city in it."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cloud import Cloud, environment

if TYPE_CHECKING:
    from tests.city import City


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment before any test module imports what reads it."""
    folder = tempfile.TemporaryDirectory(prefix="tanggap-tests-")
    config.add_cleanup(folder.cleanup)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    os.environ.update(environment(Path(folder.name)))


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """One for all tests of this process: the app's clients live as long as it does."""
    running = Cloud()
    yield running
    running.stop()


@pytest.fixture
def city(cloud: Cloud) -> "City":
    """A city as new: its directory, and nothing else."""
    # The app is imported here and not above: at its import it reads the environment.
    from chalicelib.clock import now
    from tests import city

    # The audit seals days: what is furnished on one is not for the next.
    cloud.put_back(city.furnished(cloud, now().date()))
    cloud.empty_queues()
    city.forget()
    city.begin()
    return city.City()
