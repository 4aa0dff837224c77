"""A crowd of reports that many tests only read: stored once for each file."""

from typing import TYPE_CHECKING

import pytest

from tests.cloud import Cloud

if TYPE_CHECKING:
    from tests.reports.crowd import Crowd


@pytest.fixture(scope="module")
def crowd(cloud: Cloud) -> "Crowd":
    # The app reads its environment at import: not before the fixtures are asked for.
    from tests.city import furnish
    from tests.reports.crowd import crowd

    cloud.empty_tables()
    furnish()
    return crowd(seed=7)
