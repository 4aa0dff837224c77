"""Build a deployment: Chalice's package merged with resources.yaml, and a zip with compiled code.

python -m infra.package --stage prod          the real thing: arm64 wheels, bytecode
python -m infra.package --stage local --no-dependencies
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

from infra import archive

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
# The zip holds bytecode and libraries of this Python, so that Lambda has to run the same one.
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


def package(stage: str, *, dependencies: bool = True, build: Path = BUILD) -> Path:
    """Build `BUILD/STAGE/out` with sam.json and deployment.zip, and return its path.

    Without dependencies the zip has only our code, for a place that has the libraries already.
    SystemExit with the reason when a library cannot be had for Lambda, or the zip would not run.
    """
    home = build / stage
    shutil.rmtree(home, ignore_errors=True)
    project = _staged(home / "project", dependencies)
    out = home / "out"
    _chalice(project, stage, out)
    template = yaml_parse((out / "sam.yaml").read_text())
    (out / "sam.json").write_text(json.dumps(template, indent=1))
    (out / "sam.yaml").unlink()
    archive.finish(out / "deployment.zip", architecture(template))
    return out


def architecture(template: dict[str, Any]) -> str:
    """The architecture that all functions run on.

    SystemExit when they run on two, or on a Python that is not the one that packs.
    """
    runtimes = {one["Runtime"] for one in _functions(template)}
    if runtimes != {RUNTIME}:
        asked = ", ".join(sorted(runtimes))
        raise SystemExit(f"The template asks for {asked}, and this is {RUNTIME}; they must agree")
    machines = {one["Architectures"][0] for one in _functions(template)}
    if len(machines) != 1:
        raise SystemExit(f"One zip cannot be for {' and '.join(sorted(machines))}")
    return str(machines.pop())


def lint(out: Path) -> None:
    """cfn-lint over the merged template; SystemExit when it finds anything."""
    found = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), out / "sam.json"], check=False
    )
    if found.returncode:
        raise SystemExit(f"cfn-lint says no ({found.returncode})")


def _staged(project: Path, dependencies: bool) -> Path:
    """A copy of what ships and nothing else: Chalice packs whatever lies in chalicelib/."""
    skip = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "chalicelib", project / "chalicelib", ignore=skip)
    shutil.copytree(ROOT / ".chalice", project / ".chalice", ignore=skip)
    shutil.copy(ROOT / "app.py", project)
    if dependencies:
        shutil.copy(ROOT / "requirements.txt", project)
    else:
        (project / "requirements.txt").touch()
    return project


def _chalice(project: Path, stage: str, out: Path) -> None:
    template = project.parent / "resources.yaml"
    # Chalice joins the files without understanding YAML aliases; loaded once, they are gone.
    merged = yaml_parse((ROOT / "infra" / "resources.yaml").read_text())
    template.write_text(yaml.safe_dump(json.loads(json.dumps(merged)), sort_keys=False))
    done = subprocess.run(
        [
            Path(sys.executable).with_name("chalice"),
            "--project-dir",
            project,
            "package",
            "--stage",
            stage,
            "--template-format",
            "yaml",
            "--merge-template",
            template,
            out,
        ],
        env={**os.environ, **placeholders(), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    # Chalice goes on without a library that it could not install; the function would not start.
    if done.returncode or "Could not install" in done.stdout:
        raise SystemExit(done.stdout)


def placeholders() -> dict[str, str]:
    """Settings for Chalice's import of app.py, which makes no call to anything they name."""
    names: dict[str, Any] = yaml_parse((ROOT / "infra" / "resources.yaml").read_text())
    variables = names["Globals"]["Function"]["Environment"]["Variables"]
    return {
        "AWS_DEFAULT_REGION": "us-east-1",
        # A name and a number alike.
        **dict.fromkeys(variables, "0"),
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def _functions(template: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = template["Resources"].values()
    return [one["Properties"] for one in kinds if one["Type"] == "AWS::Serverless::Function"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--stage", required=True)
    parser.add_argument("--no-dependencies", action="store_true")
    parser.add_argument("--lint", action="store_true")
    chosen = parser.parse_args()
    if not chosen.stage:
        parser.error("name the stage: make package STAGE=prod")
    out = package(chosen.stage, dependencies=not chosen.no_dependencies)
    if chosen.lint:
        lint(out)
    sizes = archive.sizes(out / "deployment.zip")
    print(f"Packaged {chosen.stage} in {out.relative_to(ROOT)}: {sizes}")


if __name__ == "__main__":
    main()
