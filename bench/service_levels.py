"""Whether our verdict on a service level is the city's own: on real cases, where there is a file.

CASES=file.csv.gz, or ../shared/data/boston/boston311_2015_jan_sep.csv.gz beside the repository: the
columns TARGET_DT, CLOSED_DT and OnTime_Status, with times of the clock on the wall in Boston.
"""

import csv
import gzip
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench.result import Result, Row
from infra.package import placeholders

# chalicelib reads its environment at import; no service that it names is called here.
for _name, _value in placeholders().items():
    os.environ.setdefault(_name, _value)

from chalicelib.agencies.directory import USUAL_HOURS  # noqa: E402
from chalicelib.clock import text  # noqa: E402
from chalicelib.reports.service_level import kept  # noqa: E402
from chalicelib.working_time import Calendar, after, between  # noqa: E402

BESIDE = "shared/data/boston/boston311_2015_jan_sep.csv.gz"
FILE = Path(os.environ.get("CASES") or Path(__file__).parents[2] / BESIDE)
ZONE, FORM = ZoneInfo("America/New_York"), "%m/%d/%Y %I:%M:%S %p"
SUMS = 2_000


class Case(NamedTuple):
    """When it was due, when it was closed, and what the city says; None where it does not."""

    due: datetime
    closed: datetime
    on_time: bool | None


def measure() -> Result:
    """The verdicts compared, and what sums in working time cost."""
    rows = [*(_compared(list(_cases())) if FILE.exists() else _not_here()), _sums()]
    how = (
        "The cases of Boston's 311 from January to September 2015 whose target and closing are "
        "known: the target is taken as `due`, and the verdict of "
        "`service_level.kept` is compared with the city's own. "
        f"Then {SUMS:,} times 80 working hours are added, and counted again."
    )
    return Result("Service levels", how, rows)


def _cases() -> Iterator[Case]:
    said = {"ONTIME": True, "OVERDUE": False}
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["TARGET_DT"] and row["CLOSED_DT"]:
                due, closed = _moment(row["TARGET_DT"]), _moment(row["CLOSED_DT"])
                yield Case(due, closed, said.get(row["OnTime_Status"]))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, FORM).replace(tzinfo=ZONE).astimezone(UTC)


def _compared(cases: list[Case]) -> list[Row]:
    judged = [case for case in cases if case.on_time is not None]
    ours = [kept(text(case.due), text(case.closed)) for case in judged]
    other = sum(our is not case.on_time for our, case in zip(ours, judged, strict=True))
    return [
        Row("cases whose target and closing are known", f"{len(cases):,}"),
        Row("of these with the city's own verdict", f"{len(judged):,}"),
        Row("kept, by our verdict", f"{sum(ours):,}"),
        Row("breached, by our verdict", f"{len(ours) - sum(ours):,}"),
        Row("verdicts other than the city's", f"{other:,}", "0"),
    ]


def _not_here() -> list[Row]:
    return [Row("cases", f"no file: give CASES=, or put it at ../{BESIDE}")]


def _sums() -> Row:
    calendar = Calendar(ZONE, USUAL_HOURS.week())
    first, amount = datetime(2015, 1, 1, tzinfo=UTC), timedelta(hours=80)
    began = time.process_time()
    for hour in range(SUMS):
        start = first + timedelta(hours=hour)
        assert between(start, after(start, amount, calendar), calendar) == amount
    spent = (time.process_time() - began) / (2 * SUMS)
    return Row("CPU for a sum of 80 working hours", f"{spent * 1e6:.0f} µs")
