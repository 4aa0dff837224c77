"""Deploy to AWS with the credentials of the shell: package, upload, show what changes, change it.

python -m infra.deploy --stage prod --bucket my-artefacts --parameter CityName="Kota Contoh"

docs/deploy.md says which permissions it needs and what the parameters mean. Exits with 1 and the
reason when the stack could not be brought to what was asked; CloudFormation has then put it back.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from infra import archive, artefacts, stacks
from infra.package import package

REPLACED = {"True": "REPLACED", "Conditional": "may be replaced"}


class Refused(Exception):
    """The deployment was not begun; the text says why."""


class Deployment:
    """The stack of one stage. `values` are parameters that the user gives, by name."""

    def __init__(
        self, session: Any, region: str | None, stage: str, values: dict[str, str]
    ) -> None:
        self.s3 = session.create_client("s3", region_name=region)
        self.cloudformation = session.create_client("cloudformation", region_name=region)
        self.name = f"tanggap-{stage}"
        self.values = {"Stage": stage, **values}

    def check(self, bucket: str) -> None:
        """Refused when it is plain before any work that it cannot be done."""
        try:
            where = self.s3.head_bucket(Bucket=bucket).get("BucketRegion")
        except ClientError as error:
            raise Refused(f"There is no bucket {bucket} that you may use ({error})") from error
        here = self.cloudformation.meta.region_name
        # Lambda reads code only from a bucket in its own region.
        if where not in (None, here):
            raise Refused(f"The bucket {bucket} is in {where}, and the stack would be in {here}")
        stack = stacks.find(self.cloudformation, self.name)
        if stack and stack["StackStatus"] == "ROLLBACK_COMPLETE":
            raise Refused(
                f"The first deployment of {self.name} failed; delete what is left of it:\n"
                f"  aws cloudformation delete-stack --region {here} --stack-name {self.name}"
            )

    def preview(self, out: Path, bucket: str) -> None:
        """Show what deploying the package `out` would change, and change nothing but the bucket."""
        proposal = self._proposed(out, bucket, self.values)
        stacks.discard(self.cloudformation, proposal)
        print("Nothing was changed: this was a dry run")

    def run(self, out: Path, bucket: str) -> str:
        """The public base URL, once the stack is as the package `out` says."""
        stack = self._brought(out, bucket, self.values)
        if not stacks.parameters(stack)["PublicUrl"]:
            # Known only now, and the functions cannot refer to the API that refers to them.
            base = stacks.outputs(stack)["EndpointURL"].rstrip("/")
            print(f"Telling the functions their address, {base}")
            stack = self._brought(out, bucket, {**self.values, "PublicUrl": base})
        return stacks.parameters(stack)["PublicUrl"]

    def _brought(self, out: Path, bucket: str, values: dict[str, str]) -> dict[str, Any]:
        proposal = self._proposed(out, bucket, values)
        if not proposal.nothing:
            return stacks.execute(self.cloudformation, proposal, _tell)
        stacks.discard(self.cloudformation, proposal)
        stack = stacks.find(self.cloudformation, self.name)
        assert stack is not None, "a new stack always changes something"
        return stack

    def _proposed(self, out: Path, bucket: str, values: dict[str, str]) -> stacks.Proposal:
        template = artefacts.publish(out, self.s3, bucket)
        proposal = stacks.propose(
            self.cloudformation, self.name, template, self._parameters(out, values)
        )
        _show(proposal)
        return proposal

    def _parameters(self, out: Path, values: dict[str, str]) -> list[dict[str, Any]]:
        """CloudFormation's `Parameters`: what is given, and else what the last deployment had."""
        known = json.loads((out / "sam.json").read_text())["Parameters"]
        if strange := values.keys() - known.keys():
            raise Refused(
                f"There is no parameter {', '.join(sorted(strange))}; there are {', '.join(known)}"
            )
        stack = stacks.find(self.cloudformation, self.name)
        kept = stacks.parameters(stack or {}).keys() & known.keys() - values.keys()
        return [
            *({"ParameterKey": key, "ParameterValue": value} for key, value in values.items()),
            *({"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)),
        ]


def main() -> int:
    chosen = _options()
    try:
        deployment = Deployment(
            botocore.session.get_session(), chosen.region, chosen.stage, dict(chosen.parameter)
        )
        deployment.check(chosen.bucket)
        out = chosen.package or package(chosen.stage)
        print(f"Deploying {deployment.name}: {archive.sizes(out / 'deployment.zip')}", flush=True)
        if chosen.dry_run:
            deployment.preview(out, chosen.bucket)
        else:
            print(f"\nThe API is at {deployment.run(out, chosen.bucket)}/v1/docs")
    except (Refused, stacks.StackFailed, BotoCoreError, ClientError) as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped looking; what CloudFormation has begun, it finishes", file=sys.stderr)
        return 130
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--stage", type=_stage, required=True, help="name of the deployment")
    parser.add_argument("--bucket", type=_named, required=True, help="takes template and code")
    parser.add_argument("--region", help="instead of the one that your shell is set to")
    parser.add_argument("--parameter", type=_pair, action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, only")
    parser.add_argument(
        "--package", type=_package, help="folder that infra.package has made already"
    )
    return parser.parse_args()


def _stage(text: str) -> str:
    # The bucket names have the stage, the account and "exports" in at most 63 characters.
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,33}", text):
        raise argparse.ArgumentTypeError("name a stage: small letters, digits, -; at most 34")
    if text == "local":
        # Code of this stage lets webhooks reach the machine it runs on.
        raise argparse.ArgumentTypeError("local is the stage of one machine: make run")
    return text


def _named(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("name a bucket of yours")
    return text


def _package(text: str) -> Path:
    if not (Path(text) / "sam.json").exists():
        raise argparse.ArgumentTypeError(f"{text} is not a folder that infra.package has made")
    return Path(text)


def _pair(text: str) -> tuple[str, str]:
    key, given, value = text.partition("=")
    if not given or key == "Stage":
        raise argparse.ArgumentTypeError(f"{text!r} is not Key=Value; the stage is --stage")
    return key, value


def _show(proposal: stacks.Proposal) -> None:
    if proposal.nothing:
        print("Nothing to change")
    for change in proposal.changes:
        replaced = REPLACED.get(change.get("Replacement", ""), "")
        what = f"{change['ResourceType']:<38} {change['LogicalResourceId']}"
        print(f"  {change['Action']:<7} {what}  {replaced}".rstrip(), flush=True)


def _tell(event: stacks.Event) -> None:
    """A line for each beginning and end; the reason where there is one that is not routine."""
    status, reason = event["ResourceStatus"], event.get("ResourceStatusReason", "")
    if status.endswith("IN_PROGRESS") and reason and "ROLLBACK" not in status:
        return
    line = f"  {event['Timestamp']:%H:%M:%S}  {status:<28} {event['LogicalResourceId']}  {reason}"
    print(line.rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
