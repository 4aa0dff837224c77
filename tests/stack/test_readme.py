"""What the README tells a newcomer to type works, and survives the worst end."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from infra.local import identity
from tests.stack.calls import call, until
from tests.stack.conftest import City, begun, started

ROOT = Path(__file__).parents[2]


def test_the_readmes_example_and_a_start_after_kill_9(tmp_path: Path) -> None:
    data, begun = tmp_path / "data", time.monotonic()
    with started(data) as (city, running):
        first = time.monotonic() - begun
        _walk(city, tmp_path)
        id = json.loads((tmp_path / "report.json").read_text())["id"]
        path = f"/v1/reports/{id}"
        assert call(city.url, "GET", path)["status"] == "confirmed"
        admin = identity.token(data, "admin")
        digest = json.loads((tmp_path / "digest.json").read_text())["id"]
        runs = f"/v1/admin/digests/{digest}/runs"
        until(lambda: call(city.url, "GET", runs, admin)["items"][0]["state"] == "done")
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    begun = time.monotonic()
    with started(data) as (again, _):
        # What the first start did is there: only packaging and the stack's update remain.
        assert time.monotonic() - begun < first / 2
        assert call(again.url, "GET", path)["status"] == "confirmed"
        assert len(call(again.url, "GET", "/v1/reports?near=-5.2,107.9&radius=20000")["items"]) > 30


def test_it_serves_on_when_nobody_reads_any_more_what_it_prints(tmp_path: Path) -> None:
    with begun(tmp_path / "data", DEMO="0") as (city, running):
        assert running.stdout is not None
        assert running.stdout.readline().startswith("AWS is ready")
        running.stdout.close()
        until(lambda: running.poll() is not None or _serves(city))
        running.terminate()
        assert running.wait() == 0


def _serves(city: City) -> bool:
    try:
        return bool(call(city.url, "GET", "/v1/health"))
    except (OSError, AssertionError):
        return False


def _walk(city: City, folder: Path) -> None:
    """Type the README's example into a shell; `make token` is the module that it calls."""
    readme = (ROOT / "README.md").read_text()
    (example,) = re.findall(r"```\n(url=.*?)```", readme, re.DOTALL)
    example = example.replace("http://127.0.0.1:8000", city.url)
    example = re.sub(
        r"make -s token ROLE=(\w+)(?: AGENCY=([\w-]+))?",
        r"python -m infra.local.identity --role \1 --agency '\2'",
        example,
    )
    python = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"cd {folder}\n{example}"],
        env={
            **os.environ,
            "DATA_DIR": str(city.data),
            "PYTHONPATH": str(ROOT),
            "PATH": f"{python}:{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"status":"confirmed"' in done.stdout, done.stdout
