"""`make bench`: run all benches, or those named, and write docs/benchmarks.md.

python -m bench [main_flow] [cold_start]
"""

import importlib
import sys
from pathlib import Path

from bench.result import Result, write

BENCHES = (
    "main_flow",
    "cold_start",
    "photos",
    "photo_fuzz",
    "geo",
    "webhooks",
    "service_levels",
    "areas",
    "digest",
    "history",
    "year",
)
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def main() -> int:
    wanted = sys.argv[1:] or list(BENCHES)
    if unknown := set(wanted) - set(BENCHES):
        print(f"No bench {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    for name in wanted:
        print(f"{name} ...", flush=True)
        result: Result = importlib.import_module(f"bench.{name}").measure()
        print(result.markdown(), flush=True)
        write(PAGE, [result])
    return 0


if __name__ == "__main__":
    sys.exit(main())
