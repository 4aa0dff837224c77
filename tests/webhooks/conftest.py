"""A post office in an empty city, for tests of deliveries."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.cloud import Cloud

if TYPE_CHECKING:
    from tests.webhooks.postal import Post


@pytest.fixture
def post(cloud: Cloud) -> Iterator["Post"]:
    # The app reads its environment at import: not before the fixtures are asked for.
    from bench.tables import Tables
    from chalicelib import aws
    from tests.webhooks.postal import Post

    tables = {
        name: f"tests-{name.lower()}"
        for name in ("EventsTable", "WebhooksTable", "DirectoryTable", "PeopleTable", "AuditTable")
    }
    with Tables(tables).behind(aws.dynamodb()), Post() as running:
        yield running
