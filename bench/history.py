"""A city's history imported: is what comes out what an independent recount says, and how fast.

CASES=file.csv.gz, or ../shared/data/boston/boston311_2015_jan_sep.csv.gz beside the repository.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.result import Result, Row

BESIDE = "shared/data/boston/boston311_2015_jan_sep.csv.gz"
FILE = Path(os.environ.get("CASES") or Path(__file__).parents[2] / BESIDE)
STORED = 2_000


def measure() -> Result:
    """Compared where there is a file."""
    rows = _rows(_run()) if FILE.exists() else [Row("not measured: no file of cases", "-")]
    return Result(
        "A city's history",
        "The cases of Boston's 311 from January to September 2015 as an import: read, checked, "
        "made into reports and events, and counted by the real code, the counters in memory. "
        "Figures by month and for the year, of the city and of each department, beside a plain "
        f"recount of the CSV (medians as NumPy has them, above 36 s). {STORED:,} of the cases go "
        "the whole way, through the local AWS's DynamoDB in this process.",
        rows,
    )


def _rows(run: dict[str, Any]) -> list[Row]:
    whole = f"{run['fresh_added']:,} added, then {run['again_known']:,} known"
    return [
        Row("cases, and closed before they were opened", f"{run['cases']:,}, {run['skewed']:,}"),
        Row("submitted", f"{run['submitted']:,}", f"{run['cases']:,}"),
        Row("on time", f"{run['kept']:,} of {run['of']:,}"),
        Row("counts that differ", f"{run['wrong']} of {run['compared']:,}", "0"),
        Row(
            "median or 90th percentile, worst",
            f"{100 * run['worst']:.2f} % of {run['spreads']:,}",
            "2 %",
        ),
        Row("lines a second without the database", f"{run['cases'] / run['memory_seconds']:,.0f}"),
        Row("the whole way, twice", whole, f"{STORED:,} each"),
        Row("lines a second, the whole way", f"{run['stored'] / run['fresh_seconds']:,.0f}"),
        Row("lines a second that are known", f"{run['stored'] / run['again_seconds']:,.0f}"),
        Row("write units a line, without counting", f"{run['fresh_writes']:.1f}"),
    ]


def _run() -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.history_run", str(FILE), str(STORED)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    print(measure().markdown())
