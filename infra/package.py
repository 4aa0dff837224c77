"""Build a deployment: Chalice's package merged with resources.yaml, and a zip with compiled code.

python -m infra.package --stage prod          the real thing: arm64 wheels, bytecode
python -m infra.package --stage local --no-dependencies
"""

import argparse
import importlib._bootstrap_external as bytecode  # the only door to PEP 552 files
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
EPOCH = (1980, 1, 1, 0, 0, 0)


def package(stage: str, *, dependencies: bool = True) -> Path:
    """Build `.build/STAGE/out` with sam.json and deployment.zip, and return its path.

    Without dependencies the zip has only our code, for a place that has the libraries already.
    """
    home = BUILD / stage
    shutil.rmtree(home, ignore_errors=True)
    project = _staged(home / "project", dependencies)
    out = home / "out"
    _chalice(project, stage, out)
    template = yaml_parse((out / "sam.yaml").read_text())
    (out / "sam.json").write_text(json.dumps(template, indent=1))
    (out / "sam.yaml").unlink()
    _compile(out / "deployment.zip")
    return out


def lint(out: Path) -> None:
    """cfn-lint over the merged template; SystemExit when it finds anything."""
    found = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--info", out / "sam.json"], check=False
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
        env={**os.environ, **_placeholders(), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    # Chalice goes on without a library that it could not install; the function would not start.
    if done.returncode or "Could not install" in done.stdout:
        raise SystemExit(done.stdout)


def _placeholders() -> dict[str, str]:
    """Settings for Chalice's import of app.py, which makes no call to anything they name."""
    names: dict[str, Any] = yaml_parse((ROOT / "infra" / "resources.yaml").read_text())
    variables = names["Globals"]["Function"]["Environment"]["Variables"]
    return {
        "AWS_DEFAULT_REGION": "us-east-1",
        **dict.fromkeys(variables, "placeholder"),
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def _compile(archive: Path) -> None:
    """Put bytecode beside each module: Lambda's disk is read-only, so that every cold start would
    compile everything again. Unchecked-hash files (PEP 552) are valid whatever the dates say."""
    source = archive.rename(archive.with_suffix(".source.zip"))
    with (
        zipfile.ZipFile(source) as before,
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for entry in before.infolist():
            body = before.read(entry)
            after.writestr(_info(entry.filename, entry.external_attr), body)
            if entry.filename.endswith(".py"):
                after.writestr(_info(_cached(entry.filename), 0o644 << 16), _bytecode(entry, body))
    source.unlink()


def _info(name: str, attributes: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EPOCH)
    info.external_attr = attributes
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _cached(name: str) -> str:
    path = Path(name)
    return str(path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc")


def _bytecode(entry: zipfile.ZipInfo, body: bytes) -> bytes:
    code = compile(body, f"/var/task/{entry.filename}", "exec", dont_inherit=True)
    packed: bytes = bytecode._code_to_hash_pyc(  # type: ignore[attr-defined]
        code, importlib.util.source_hash(body), checked=False
    )
    return packed


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
    size = (out / "deployment.zip").stat().st_size / 1e6
    print(f"Packaged {chosen.stage} in {out.relative_to(ROOT)}: zip of {size:.1f} MB")


if __name__ == "__main__":
    main()
