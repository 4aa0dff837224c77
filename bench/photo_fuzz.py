"""Thousands of damaged pictures: none may do more than be refused or shown.

python -m bench.photo_fuzz KIND FIRST COUNT  tries that many, and prints the outcomes as JSON
"""

import json
import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from bench.result import Result, Row

# A HEIC is decoded in a process of its own, which takes ten times as long as the others.
CASES = {
    "JPEG": 2000,
    "progressive JPEG": 2000,
    "PNG": 2000,
    "WEBP": 2000,
    "AVIF": 2000,
    "HEIF": 200,
}
AT_ONCE = 100
SHOWN = "shown"


def measure() -> Result:
    """All kinds, in processes of a hundred cases each: one that ends otherwise is a failure."""
    jobs = [
        (kind, first, min(AT_ONCE, count - first))
        for kind, count in CASES.items()
        for first in range(0, count, AT_ONCE)
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda job: _outcomes(*job), jobs))
    found = {kind: Counter[str]() for kind in CASES}
    for (kind, _, _), outcomes in zip(jobs, answers, strict=True):
        found[kind] += outcomes
    rows = [Row(f"{kind}: {CASES[kind]} cases", _told(found[kind])) for kind in CASES]
    wrong = sum(count for one in found.values() for what, count in one.items() if _wrong(what))
    return Result(
        "Damaged photos",
        "Pictures full of metadata with one to eight bytes changed, the same ones in every run, "
        "given to what the photo worker calls. Anything but pictures or a reason counts as wrong, "
        "and so does a process that ends.",
        [*rows, Row("unhandled exceptions and ended processes", str(wrong), "0")],
    )


def _told(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in outcomes.most_common())


def _wrong(outcome: str) -> bool:
    return outcome.startswith("wrong:")


def _outcomes(kind: str, first: int, count: int) -> Counter[str]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.photo_fuzz", kind, str(first), str(count)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return Counter({f"wrong: a process ended with {done.returncode}": 1})
    return Counter(json.loads(done.stdout))


def _try(kind: str, first: int, count: int) -> Counter[str]:
    # The tests' own pictures, which the child alone needs.
    from tests.photos.pictures import encoded, flipped, laden, scene

    body = (
        encoded(scene(), "JPEG", progressive=True)
        if kind.startswith("progressive")
        else laden(kind)
    )
    seeds = range(first, first + count)
    return Counter(_outcome(flipped(body, random.Random(f"{kind} {seed}"))) for seed in seeds)


def _outcome(body: bytes) -> str:
    from chalicelib.photos.derivatives import Rejected, derive

    try:
        derive(body)
    except Rejected as refusal:
        return refusal.reason.value
    except Exception as error:
        # What this bench looks for.
        return f"wrong: {type(error).__name__}"
    return SHOWN


if __name__ == "__main__":
    print(json.dumps(_try(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
