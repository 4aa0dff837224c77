"""Recounts all counters from the event log of a stack, or only says where they differ from it.

python -m infra.tools.rebuild_counters --stack tanggap-prod
python -m infra.tools.rebuild_counters --endpoint http://127.0.0.1:8000 --check

Uses the shell's AWS credentials. The city goes on meanwhile; its map is as it was until the new
count is shown. With --check it exits with 1 when anything differs: on a busy system the counters
are some seconds behind the log.
"""

import argparse
import os
import sys
from typing import Any

import botocore.session

FUNCTION = "CountEvents"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", default="tanggap-local")
    parser.add_argument("--endpoint", help="of a local AWS; its credentials are made up")
    parser.add_argument("--check", action="store_true", help="change nothing")
    chosen = parser.parse_args()
    if chosen.endpoint:
        made_up = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        os.environ |= {"AWS_ENDPOINT_URL": chosen.endpoint, "AWS_REGION": "us-east-1", **made_up}
        os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    os.environ |= _environment(botocore.session.get_session(), chosen.stack)
    return _check() if chosen.check else _rebuild()


def _environment(session: Any, stack: str) -> dict[str, str]:
    """What the deployed function finds in its environment: this program works in its place."""
    found = session.create_client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=FUNCTION
    )
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    function = session.create_client("lambda").get_function_configuration(FunctionName=name)
    variables: dict[str, str] = function["Environment"]["Variables"]
    return variables


def _rebuild() -> int:
    # The app reads its environment at import.
    from chalicelib.clock import now
    from chalicelib.stats import counters

    print(f"{counters.rebuild(now()):,} events counted")
    return 0


def _check() -> int:
    from chalicelib.stats import counters

    differences = counters.differences()
    for (series, id), (shown, right) in sorted(differences.items()):
        print(f"{series} {id}: shown {shown}, by the event log {right}")
    print(f"{len(differences):,} counters differ from the event log")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
