"""The year of 102,594 reports that Qlue took in 2018: are its four numbers what people did?

Their shares, as published: followed up 82 %, resolved 61.4 %, trust about 47 %. Takes an hour.
"""

import json
import subprocess
import sys
from typing import Any

from bench.result import Result, Row

REPORTS, LIVED = 102_594, 1_000


def measure() -> Result:
    """All as history, some of them lived through."""
    return result(_run())


def result(run: dict[str, Any]) -> Result:
    """The table of a run."""
    year, lived = run["year"], run["lived"]
    of = year["figures"]
    return Result(
        "A year of a city",
        f"{REPORTS:,} reports of 2018 in a city of 294 areas in three levels, with what people did "
        "about them, drawn with the shares that were published of Qlue's 2018. All of them go "
        "the whole way as a file of history with its own times: slices of the import, "
        "transactions, the event log, its stream in batches of 1,000, counters, and the digest "
        "of the year (page, PDF, CSV, JSON) as by the worker, in the local AWS's tables in this "
        "process. "
        f"{LIVED:,} of them are also lived through on a simulated clock: sent, answered, fixed, "
        "rated, disputed and swept by the verbs of the API, each at its moment. Beside both a "
        "plain recount of what people did.",
        [
            Row("submitted", f"{of['submitted']:,}, the withdrawn left out"),
            Row("followed up", _share(of, "followed_up", "submitted")),
            Row("resolved, as agencies claim", _share(of, "resolved", "submitted")),
            Row("confirmed by the reporter", _share(of, "confirmed", "submitted")),
            Row("trust: satisfied of those who rated", _share(of, "satisfied", "rated")),
            Row("counts that differ from the recount", _wrong(year), "0"),
            Row("of those that were lived through", _wrong(lived), "0"),
            Row("reports imported, and events counted", f"{year['lines']:,}, {year['events']:,}"),
            Row("reports a second, imported and counted", f"{year['lines'] / year['seconds']:.0f}"),
            Row(
                "write units a report, rows, indexes and counting",
                f"{year['writes'] / year['lines']:.0f}",
            ),
            Row("seconds to live through a thousand", f"{1000 * lived['seconds'] / LIVED:.0f}"),
            Row("seconds for the digest of the year", f"{year['digest_seconds']:.1f}"),
            Row("queries for the digest of the year", f"{year['digest_queries']:,}"),
        ],
    )


def _share(of: dict[str, int], part: str, whole: str) -> str:
    return f"{of[part]:,} of {of[whole]:,}: {100 * of[part] / of[whole]:.1f} %"


def _wrong(run: dict[str, int]) -> str:
    return f"{run['wrong']} of {run['compared']:,}"


def _run() -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.year_run", str(REPORTS), str(LIVED)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    print(measure().markdown())
