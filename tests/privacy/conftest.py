"""Here buckets begin as empty as the tables: what is found is of this very test."""

from typing import TYPE_CHECKING

import pytest

from tests.privacy.searching import empty_buckets

if TYPE_CHECKING:
    from tests.city import City


@pytest.fixture
def city(city: "City") -> "City":
    empty_buckets()
    return city
