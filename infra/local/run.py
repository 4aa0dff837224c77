"""`make run`: local AWS, package, stack, demo city, and the API until Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from infra.demo.seed import seed
from infra.local import home, identity, stack
from infra.local.front import Site, publish
from infra.package import package

SENDER = "tanggap@example.org"


def main() -> int:
    data = Path(os.environ.get("DATA_DIR", ".local")).resolve()
    port = int(os.environ.get("PORT", "8000"))
    signal.signal(signal.SIGTERM, _interrupt)
    _end_with(os.environ.get("OWNER"))
    engine = subprocess.Popen(
        [
            *(sys.executable, "-m", "infra.local.engine"),
            *("--tied", "--port", str(port), "--data", str(data)),
        ],
        # Open as long as we live: the engine saves and ends with us, whatever ends us.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C is ours: the engine stops when we tell it, and once.
        start_new_session=True,
    )
    try:
        return _serve(engine, data, f"http://127.0.0.1:{port}")
    except KeyboardInterrupt:
        _say(f"\nStopping; the data stay in {data}\n", sys.stderr)
        return 0
    finally:
        engine.terminate()
        engine.wait()


def _serve(engine: "subprocess.Popen[str]", data: Path, url: str) -> int:
    assert engine.stdout is not None
    if not (line := engine.stdout.readline()):
        return engine.wait()
    _say(line)
    started = time.monotonic()
    # Beside the data, so that two systems on one machine never build over each other.
    built = package("local", dependencies=False, build=data / "package")
    outputs = stack.bring_up(built, url, _parameters(data, url))
    _publish(outputs, data, url)
    _say(f"Stack is up ({time.monotonic() - started:.1f} s)\n")
    if not (data / "seeded").exists() and os.environ.get("DEMO") != "0":
        _seed(data, url)
    _say(
        f"\nready {url}\n\n"
        f"  map         {url}/\n"
        f"  API         {url}/v1/docs\n"
        f"  e-mails     {url}/_ministack/ses/messages\n"
        f"  near        curl '{url}/v1/reports?near=-5.2,107.9&radius=5000'\n"
        "  a token     make token ROLE=admin\n\n"
    )
    return engine.wait()


def _parameters(data: Path, url: str) -> dict[str, str]:
    return {
        "Stage": "local",
        "Local": "true",
        "PublicUrl": url,
        "PhotosUrl": url,
        "CityName": "Kota Teluk Kirana",
        # The invented city takes reports from everywhere, so that a newcomer can try one at home.
        "OutsideAccepted": os.environ.get("OUTSIDE_ACCEPTED", "true"),
        "SenderEmail": SENDER,
        # Here one person plays all citizens, and whole days are sent in minutes.
        **{
            f"Budget{of.title()}": os.environ.get(f"BUDGET_{of}", "1000000")
            for of in ("ACCOUNT", "DEVICE", "ADDRESS", "AREA")
        },
        "IdentityIssuer": identity.ISSUER,
        "IdentityAudience": identity.AUDIENCE,
        "IdentityJwksUrl": identity.jwks_url(data),
    }


def _publish(outputs: dict[str, str], data: Path, url: str) -> None:
    ses: Any = stack.client("ses", url)
    ses.verify_email_identity(EmailAddress=SENDER)
    api_id = outputs["EndpointURL"].removeprefix("https://").split(".")[0]
    page = data / "home.html"
    home.write(page, _has_demo(data), _make_arguments())
    publish(Site(api_id, "api", outputs["PhotosBucket"], str(page)), data / "front.json")


def _has_demo(data: Path) -> bool:
    return os.environ.get("DEMO") != "0" or (data / "seeded").exists()


def _make_arguments() -> str:
    """What differs from the Makefile's own defaults, so that its commands find this system."""
    usual = {"PORT": "8000", "DATA_DIR": ".local"}
    given = {name: os.environ.get(name, value) for name, value in usual.items()}
    return " ".join(f"{name}={value}" for name, value in given.items() if value != usual[name])


def _seed(data: Path, url: str) -> None:
    def tokens(role: str, agency: str | None, sub: str) -> str:
        return identity.token(data, role, agency, sub)

    def progress(done: int, total: int, what: str) -> None:
        _say(f"\rDemo city: {done} of {total}, {what}\033[K")

    seed(url, tokens, progress)
    _say("\n")
    (data / "seeded").touch()


def _say(text: str, to: TextIO = sys.stdout) -> None:
    """Print to stdout at once. When nobody reads it any more (`make run | head -3`), the system
    serves on in silence."""
    try:
        print(text, end="", file=to, flush=True)
    except BrokenPipeError:
        # What it could not write it keeps, and writes at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), to.fileno())


def _end_with(owner: str | None) -> None:
    """End as by Ctrl-C when `owner`, the process that started us, has ended."""
    if owner is None or os.getppid() != int(owner):
        return

    def watch() -> None:
        while os.getppid() == int(owner):
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
