"""`python -m infra.deploy`, run as a user runs it, against the local AWS."""

import dataclasses
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.package import package
from tests.local.engines import ROOT, Engine, running

# Its tests share an engine and a package.
pytestmark = pytest.mark.xdist_group("deploy")

BUCKET = "artefacts"


@dataclasses.dataclass(frozen=True)
class Answer:
    code: int
    said: str
    refused: str


@dataclasses.dataclass(frozen=True)
class Account:
    """An AWS account with an artefact bucket, and one package to deploy to it."""

    engine: Engine
    package: Path

    def deploy(self, stage: str, *arguments: str, package: Path | None = None) -> Answer:
        command = [sys.executable, "-m", "infra.deploy", "--stage", stage, "--bucket", BUCKET]
        shell = {
            **os.environ,
            "AWS_ENDPOINT_URL": self.engine.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        done = subprocess.run(
            [*command, "--package", package or self.package, *arguments],
            env=shell,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def stacks(self) -> dict[str, str]:
        found = self.engine.client("cloudformation").describe_stacks()["Stacks"]
        return {one["StackName"]: one["StackStatus"] for one in found}

    def parameters(self, stage: str) -> dict[str, str]:
        stack = self._stack(stage)
        return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}

    def outputs(self, stage: str) -> dict[str, str]:
        return {one["OutputKey"]: one["OutputValue"] for one in self._stack(stage)["Outputs"]}

    def waiting(self, stage: str) -> list[Any]:
        """Change sets of the stage that could still be executed, or are of no use."""
        client = self.engine.client("cloudformation")
        made = client.list_change_sets(StackName=f"tanggap-{stage}")["Summaries"]
        return [one for one in made if one["ExecutionStatus"] != "EXECUTE_COMPLETE"]

    def environment(self, stage: str) -> dict[str, str]:
        """What the API's function is told."""
        name = self.outputs(stage)["APIHandlerName"]
        found = self.engine.client("lambda").get_function_configuration(FunctionName=name)
        variables: dict[str, str] = found["Environment"]["Variables"]
        return variables

    def _stack(self, stage: str) -> dict[str, Any]:
        client = self.engine.client("cloudformation")
        found: dict[str, Any] = client.describe_stacks(StackName=f"tanggap-{stage}")["Stacks"][0]
        return found


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    built = package("test", dependencies=False, build=tmp_path_factory.mktemp("build"))
    with running(tmp_path_factory.mktemp("engine")) as engine:
        engine.client("s3").create_bucket(Bucket=BUCKET)
        yield Account(engine, built)


@pytest.fixture(scope="module")
def deployed(account: Account) -> Account:
    """The account after the first deployment of the stage `first`."""
    answer = account.deploy("first")
    assert answer.code == 0, answer.refused
    return account


def test_the_first_deployment_creates_the_stack_and_shows_it(account: Account) -> None:
    answer = account.deploy("shown", "--parameter", "AlarmEmail=ops@example.org")
    assert answer.code == 0, answer.refused
    assert account.stacks()["tanggap-shown"] == "UPDATE_COMPLETE"
    assert "  Add     AWS::DynamoDB::Table                   ReportsTable\n" in answer.said
    assert "CREATE_COMPLETE              ReportsTable\n" in answer.said
    assert account.parameters("shown")["Stage"] == "shown"


def test_the_functions_are_told_the_address_of_their_api(deployed: Account) -> None:
    api = deployed.engine.client("apigateway").get_rest_apis()["items"]
    base = deployed.environment("first")["PUBLIC_URL"]
    assert base in [f"https://{one['id']}.execute-api.us-east-1.amazonaws.com/api" for one in api]
    assert f"{base}/" == deployed.outputs("first")["EndpointURL"]


def test_a_second_deployment_of_the_same_has_nothing_to_change(deployed: Account) -> None:
    before = deployed.parameters("first")
    answer = deployed.deploy("first")
    assert (answer.code, answer.refused) == (0, "")
    assert "Nothing to change\n" in answer.said
    assert before["PublicUrl"] + "/v1/docs" in answer.said
    assert deployed.parameters("first") == before
    assert deployed.waiting("first") == []


def test_a_changed_parameter_changes_the_functions_and_the_others_stay(deployed: Account) -> None:
    before = deployed.parameters("first")
    answer = deployed.deploy("first", "--parameter", "CityName=Kota = Baru")
    assert "  Modify  AWS::Lambda::Function                  APIHandler\n" in answer.said
    assert deployed.parameters("first") == {**before, "CityName": "Kota = Baru"}
    assert deployed.environment("first")["CITY_NAME"] == "Kota = Baru"


def test_an_address_of_ones_own_is_kept(account: Account) -> None:
    url = "https://api.example.org"
    account.deploy("own", "--parameter", f"PublicUrl={url}")
    assert account.environment("own")["PUBLIC_URL"] == url
    account.deploy("own", "--parameter", "CityName=Kota Baru")
    assert account.environment("own")["PUBLIC_URL"] == url


def test_a_dry_run_of_a_first_deployment_leaves_no_stack(account: Account) -> None:
    answer = account.deploy("dry", "--dry-run")
    assert answer.code == 0, answer.refused
    assert "  Add     AWS::DynamoDB::Table                   ReportsTable\n" in answer.said
    assert "tanggap-dry" not in account.stacks()


def test_a_dry_run_of_a_change_shows_it_and_changes_nothing(deployed: Account) -> None:
    before = deployed.parameters("first")
    answer = deployed.deploy("first", "--dry-run", "--parameter", "NumberPrefix=ABC")
    assert "  Modify  AWS::Lambda::Function                  APIHandler\n" in answer.said
    assert deployed.parameters("first") == before
    assert deployed.waiting("first") == []


def test_a_deployment_goes_on_where_only_a_review_was_begun(account: Account) -> None:
    begun = {"ChangeSetName": "begun", "ChangeSetType": "CREATE"}
    body = json.dumps(sketch())
    stage = [{"ParameterKey": "Stage", "ParameterValue": "begun"}]
    account.engine.client("cloudformation").create_change_set(
        StackName="tanggap-begun", TemplateBody=body, Parameters=stage, **begun
    )
    account.deploy("begun", "--dry-run")
    assert account.stacks()["tanggap-begun"] == "REVIEW_IN_PROGRESS"
    assert account.deploy("begun").code == 0


def test_a_first_deployment_that_fails_says_why_and_keeps_nothing(
    account: Account, tmp_path: Path
) -> None:
    answer = account.deploy("failing", "--parameter", "Api=none", package=draw(tmp_path))
    assert answer.code == 1
    assert answer.refused.startswith("ROLLBACK_COMPLETE\n  Deployment: ")
    assert "Invalid API identifier" in answer.refused
    # Also what the template retains: its fixed name would stand in the way of the next attempt.
    buckets = account.engine.client("s3").list_buckets()["Buckets"]
    assert "tanggap-failing-kept" not in [one["Name"] for one in buckets]

    again = account.deploy("failing", package=draw(tmp_path))
    assert again.code == 1
    assert "delete-stack --region us-east-1 --stack-name tanggap-failing" in again.refused


def test_a_change_that_fails_is_undone(account: Account, tmp_path: Path) -> None:
    out = draw(tmp_path)
    assert account.deploy("undone", package=out).code == 0
    answer = account.deploy("undone", "--parameter", "Api=none", package=out)
    assert answer.code == 1
    assert answer.refused.startswith("UPDATE_ROLLBACK_COMPLETE\n  Deployment: ")
    assert account.parameters("undone")["Api"] == ""


def test_code_is_sent_once_and_found_under_its_hash(deployed: Account) -> None:
    store = deployed.engine.client("s3")
    keys = [one["Key"] for one in store.list_objects_v2(Bucket=BUCKET)["Contents"]]
    before = {key: store.head_object(Bucket=BUCKET, Key=key)["LastModified"] for key in keys}
    deployed.deploy("first")
    after = {key: store.head_object(Bucket=BUCKET, Key=key)["LastModified"] for key in keys}
    assert after == before
    name = deployed.outputs("first")["APIHandlerName"]
    function = deployed.engine.client("lambda").get_function(FunctionName=name)
    assert function["Configuration"]["CodeSize"] == size(deployed.package)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--parameter", "Citty=Kota"), 1, "There is no parameter Citty; there are AlarmEmail,"),
        (("--parameter", "NumberPrefix=abc"), 1, "NumberPrefix"),
        (("--bucket", "none"), 1, "There is no bucket none that you may use"),
        (("--parameter", "Stage=other"), 2, "the stage is --stage"),
        (("--parameter", "CityName"), 2, "'CityName' is not Key=Value"),
        (("--stage", "local"), 2, "local is the stage of one machine"),
        (("--stage", ""), 2, "name a stage"),
        (("--bucket", ""), 2, "name a bucket"),
        (("--package", "tests"), 2, "tests is not a folder that infra.package has made"),
    ],
)
def test_what_cannot_be_is_refused_in_plain_words(
    account: Account, arguments: tuple[str, ...], code: int, words: str
) -> None:
    answer = account.deploy("refused", *arguments)
    assert answer.code == code
    assert words in answer.refused
    assert "Traceback" not in answer.refused
    assert "tanggap-refused" not in account.stacks()


def draw(folder: Path) -> Path:
    """A package of a bucket that is kept, and of a part that fails when parameter Api says so."""
    (folder / "sam.json").write_text(json.dumps(sketch()))
    with zipfile.ZipFile(folder / "deployment.zip", "w") as file:
        file.writestr("app.py", "")
    return folder


def sketch() -> dict[str, Any]:
    text = {"Type": "String", "Default": ""}
    kept = {"BucketName": {"Fn::Sub": "${AWS::StackName}-kept"}}
    return {
        "Parameters": {"Stage": {"Type": "String"}, "PublicUrl": text, "Api": text},
        "Conditions": {"Failing": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Api"}, ""]}]}},
        "Resources": {
            "Kept": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": kept},
            "Deployment": {
                "Type": "AWS::ApiGateway::Deployment",
                "DependsOn": "Kept",
                "Condition": "Failing",
                "Properties": {"RestApiId": {"Ref": "Api"}},
            },
        },
        "Outputs": {"EndpointURL": {"Value": "https://example.org/api/"}},
    }


def size(out: Path) -> int:
    return (out / "deployment.zip").stat().st_size
