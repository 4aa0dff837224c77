"""What a bench gives back, and the page that all of them make."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One measured figure; `aim` is empty where there is none."""

    what: str
    measured: str
    aim: str = ""


@dataclass(frozen=True)
class Result:
    """One table: how it was measured, in a sentence or two, and its rows."""

    title: str
    how: str
    rows: list[Row]

    def markdown(self) -> str:
        """The table with its heading."""
        lines = [
            f"## {self.title}",
            "",
            self.how,
            "",
            "| | measured | aim |",
            "| --- | --- | --- |",
        ]
        lines += [f"| {row.what} | {row.measured} | {row.aim} |" for row in self.rows]
        return "\n".join(lines) + f"\n\n<small>{stamp()}</small>\n"


def stamp() -> str:
    """When and on what: date, processor, cores, system, Python."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_processor()}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def write(file: Path, results: list[Result]) -> None:
    """Put the results into the page, each in the place of its earlier run; others stay."""
    sections = _sections(file)
    for result in results:
        sections[result.title] = result.markdown()
    head = (
        "# Benchmarks\n\nWritten by `make bench`, which measures on the machine that it runs on; "
        "each table says when and where. Timings on a shared machine are noisy: compare ratios.\n"
    )
    file.write_text("\n".join([head, *sections.values()]), encoding="utf-8")


def _sections(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    parts = file.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.split("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.machine()
