"""Properties are tried on 150 cases, or with `--hypothesis-profile=thorough` on 10,000."""

import pytest
from hypothesis import settings

settings.register_profile("normal", deadline=None, max_examples=150)
settings.register_profile("thorough", deadline=None, max_examples=10_000)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile(config.getoption("--hypothesis-profile") or "normal")
