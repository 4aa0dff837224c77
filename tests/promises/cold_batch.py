"""A process that begins with ten threads at once: what it makes to speak with AWS, as JSON."""

import json
import os
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from botocore.session import Session

from tests.cloud import Cloud, environment

AT_ONCE = 10


def main() -> None:
    made: Counter[str] = Counter()
    create, begin = Session.create_client, Session.__init__

    def create_client(self: Any, service: str, *rest: Any, **named: Any) -> Any:
        made[service] += 1
        return create(self, service, *rest, **named)

    def initialize(self: Any, *rest: Any, **named: Any) -> None:
        made["session"] += 1
        begin(self, *rest, **named)

    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(environment(Path(folder)))
        cloud = Cloud()
        # The app reads its environment at import.
        from chalicelib import aws
        from chalicelib.agencies.models import Edition
        from chalicelib.reports.models import Report

        setattr(Session, "create_client", create_client)  # noqa: B010  # mypy knows a method
        setattr(Session, "__init__", initialize)  # noqa: B010
        ready = Barrier(AT_ONCE)

        def work(_: int) -> None:
            ready.wait()
            Edition.seek("directory", "edition")
            aws.kms().describe_key(KeyId="alias/secrets")
            aws.connection().client.list_tables()
            Report.seek("01ARZ3NDEKTSV4RRFFQ69G5FAV", "report")
            aws.sqs().list_queues()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(work, range(AT_ONCE)))
        print(json.dumps(made))
        cloud.stop()


if __name__ == "__main__":
    main()
