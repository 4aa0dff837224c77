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
AGAIN = 10_000
FILE = Path(os.environ.get("CASES") or Path(__file__).parents[2] / BESIDE)


def measure() -> Result:
    """Compared where there is a file."""
    rows = _rows(_run()) if FILE.exists() else [Row("not measured: no file of cases", "-")]
    return Result(
        "A city's history",
        "The cases of Boston's 311 from January to September 2015 as an import, the whole way: "
        "slices of the file, transactions, the event log, its stream in batches of 1,000, "
        "counters, in the local AWS's tables in this process. Figures by month and for the "
        "year, of the city and of each department, beside a plain recount of the CSV (medians "
        f"as NumPy has them, above 36 s). Then the first {AGAIN:,} once more.",
        rows,
    )


def _rows(run: dict[str, Any]) -> list[Row]:
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
        Row("added", f"{run['fresh_added']:,}, {run['fresh_events']:,} events counted"),
        Row(
            "once more: added, known, events",
            f"{run['again_added']:,}, {run['again_known']:,}, {run['again_events']:,}",
            f"0, {AGAIN:,}, 0",
        ),
        Row("lines a second of CPU, counted, with the database's", f"{1 / run['fresh_cpu']:,.0f}"),
        Row("lines a second of CPU that are known", f"{1 / run['again_cpu']:,.0f}"),
        Row("write units a line, rows, indexes and counting", f"{run['fresh_writes']:.1f}"),
    ]


def _run() -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.history_run", str(FILE)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    print(measure().markdown())
