"""Imports go one way: app -> */api -> slice verbs -> */models -> settings, errors, places."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]
KNOWS_CHALICE = {"app.py", "chalicelib/web.py", "chalicelib/docs/api.py"}
SLICES = {one.name for one in (ROOT / "chalicelib").iterdir() if one.is_dir()}


def imports(file: Path, *, lazy: bool = True) -> Iterator[str]:
    """The modules that a file imports; those inside functions too when `lazy`."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree) if lazy else tree.body:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_a_module_imports_only_what_lies_below_it(file: Path) -> None:
    found = set(imports(file))
    if name_of(file) not in KNOWS_CHALICE:
        assert not [one for one in found if one.split(".")[0] == "chalice"]
    if file.name != "app.py":
        assert not [one for one in found if one.startswith("chalicelib.") and one.endswith(".api")]
    if file.name == "models.py":
        own = f"chalicelib.{file.parent.name}."
        verbs = [one for one in found if one.startswith(own) and one.count(".") == 2]
        assert set(verbs) <= {f"{own}models", f"{own}lifecycle", f"{own}heat"}
    if file.parent.name == "places" and file.name != "atlas.py":
        slices = {one.split(".")[1] for one in found if one.startswith("chalicelib.")} & SLICES
        assert slices <= {"places"}


@pytest.mark.parametrize("file", CODE, ids=name_of)
def test_the_environment_is_read_in_one_place(file: Path) -> None:
    if file.name != "settings.py":
        assert not re.search(r"os\.environ\[|os\.environ\.get|getenv", file.read_text())


def test_what_is_heavy_is_not_paid_for_at_a_cold_start() -> None:
    heavy = {"PIL", "pi_heif", "jinja2", "jwt", "cryptography", "boto3", "aws_xray_sdk", "pydantic"}
    program = "import sys, app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "chalicelib.reports.api" in loaded
    assert not heavy & {name.split(".")[0] for name in loaded}


def test_a_function_loads_rare_routes_with_the_first_call_that_needs_one() -> None:
    program = """
import json, sys, app
asked = {"httpMethod": "GET", "resourcePath": "/v1/openapi.json", "requestId": "x", "identity": {}}
event = {"requestContext": asked, "headers": {}, "multiValueQueryStringParameters": None}
event |= {"pathParameters": {}, "body": None, "stageVariables": None, "isBase64Encoded": False}
few, loaded = len(app.app.routes), "chalicelib.webhooks.api" in sys.modules
answer = app.app(event, None)
described = json.loads(answer["body"])["paths"]
print(json.dumps([few, loaded, answer["statusCode"], len(described), len(app.app.routes)]))
"""
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "api_handler"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    few, loaded, status, described, routes = json.loads(found.splitlines()[-1])
    assert (loaded, status) == (False, 200)
    assert few < 50 < described <= routes
