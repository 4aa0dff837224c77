"""What a photo costs, beside Pillow's `thumbnail()` as tutorials use it and beside libvips.

PHOTOS=folder adds real pictures. pyvips, and pillow_heif to make HEIC files, are used where they
can be imported; the project needs neither.
"""

import importlib
import importlib.util
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from PIL import Image

from bench.result import Result, Row

SIZES = {8: (3264, 2448), 12: (4032, 3024), 24: (6000, 4000), 48: (8064, 6048)}
ROUNDS = 3
HOW = (
    "CPU (user and system, child processes included) and peak memory of one photo, median of "
    f"{ROUNDS} rounds in new processes, each warmed up on a small picture; rounds alternate the "
    "ways, and ratios are medians within rounds. All make 1600.jpg, 640.jpg, 640.avif and 240.avif "
    "with the same qualities. Ours alone also checks the file, converts colours to sRGB, drops "
    "every comment and profile, and makes ThumbHash, dHash and evidence. The tutorial: `open`, "
    "`exif_transpose`, `thumbnail` to each size, `save`. libvips (pyvips) encodes AVIF at its "
    "fastest, speed 9 (ours: 10), and its wheel cannot read HEIC. HEIC is decoded by ours in a "
    "process of its own, start included. Made pictures are enlarged noise, as heavy as photos."
)


class Cost(NamedTuple):
    """One run: seconds of processor, and peak memory in MB."""

    cpu_s: float
    peak_mb: float


Costs = dict[str, list[Cost]]


def measure() -> Result:
    """Every made picture by every way that is there; then the heaviest accepted files, by ours."""
    with tempfile.TemporaryDirectory() as folder:
        files = list(_made(Path(folder)))
        measured = {name: _rounds(file) for name, file in files}
        rows = [Row(name, _costs(costs)) for name, costs in measured.items()]
        rows += list(_aims(measured))
        rows += list(_real(Path(folder)))
        rows.append(_heaviest(Path(folder)))
    return Result("Photos", HOW, rows)


def _aims(measured: dict[str, Costs]) -> Iterator[Row]:
    twelve, most = measured["12 MP JPEG"], measured["48 MP JPEG"]
    yield Row("12 MP JPEG: CPU, ratio to the tutorial", _ratio(twelve, "tutorial"), "0.6")
    yield Row("12 MP JPEG: CPU, ratio to libvips", _ratio(twelve, "libvips"), "1.3")
    peak = median(cost.peak_mb for cost in most["ours"])
    yield Row("48 MP JPEG: peak memory", f"{peak:.0f} MB", "80 MB")


def _costs(costs: Costs) -> str:
    return "; ".join(f"{way} {_told(runs)}" for way, runs in costs.items())


def _told(runs: list[Cost]) -> str:
    if not runs:
        return "cannot"
    cpu, peak = median(run.cpu_s for run in runs), median(run.peak_mb for run in runs)
    return f"{1000 * cpu:.0f} ms, {peak:.0f} MB"


def _ratio(costs: Costs, other: str) -> str:
    if not costs.get(other):
        return "not measured: pyvips cannot be imported"
    pairs = zip(costs["ours"], costs[other], strict=True)
    return f"{median(mine.cpu_s / theirs.cpu_s for mine, theirs in pairs):.2f}"


def _ways() -> list[str]:
    return ["ours", "tutorial", *(["libvips"] if importlib.util.find_spec("pyvips") else [])]


def _rounds(file: Path, rounds: int = ROUNDS) -> Costs:
    costs: Costs = {way: [] for way in _ways()}
    for number in range(rounds):
        for way in _ways() if number % 2 else reversed(_ways()):
            if (cost := _run(way, file)) is not None:
                costs[way].append(cost)
    return costs


def _run(way: str, file: Path) -> Cost | None:
    """What one run cost; None when this way cannot make all pictures of this file."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.photo_pipelines", way, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return None
    answer = json.loads(done.stdout)
    return Cost(answer["cpu_s"], answer["peak_mb"])


def _made(folder: Path) -> Iterator[tuple[str, Path]]:
    """Pictures of each size and kind, and beside them a small one of each kind."""
    for megapixels, size in (0, (320, 240)), *SIZES.items():
        picture = _picture(*size)
        for kind, suffix, options in (
            ("JPEG", ".jpg", {"quality": 86}),
            ("progressive JPEG", ".jpeg", {"quality": 86, "progressive": True}),
        ):
            file = folder / f"{megapixels or 'small'}{suffix}"
            picture.save(file, "JPEG", **options)
            if megapixels:
                yield f"{megapixels} MP {kind}", file
        if importlib.util.find_spec("pillow_heif"):
            file = folder / f"{megapixels or 'small'}.heic"
            _save_heic(picture, file)
            if megapixels:
                yield f"{megapixels} MP HEIC", file


def _save_heic(picture: Image.Image, file: Path) -> None:
    # By name: it is no dependency, and no type checker has to know it.
    heif: Any = importlib.import_module("pillow_heif")
    heif.from_pillow(picture).save(file, quality=60, enc_params={"preset": "ultrafast"})


def _picture(width: int, height: int) -> Image.Image:
    """Noise, enlarged eight times: as many bytes a pixel as a phone's photo of a street."""
    small = width // 8, height // 8
    noise = random.Random(1).randbytes(3 * small[0] * small[1])
    return Image.frombytes("RGB", small, noise).resize((width, height), Image.Resampling.BICUBIC)


def _real(folder: Path) -> Iterator[Row]:
    """The pictures of PHOTOS: total CPU of those that each way can make, and how many it cannot."""
    given = os.environ.get("PHOTOS")
    if not given:
        return
    # Copied beside the small pictures, which warm up.
    files = [
        Path(shutil.copy(file, folder / f"real-{file.name}"))
        for file in sorted(Path(given).iterdir())
        if file.is_file() and file.suffix != ".md"
    ]
    costs = [_rounds(file, rounds=3) for file in files]
    common = [one for one in costs if one["ours"] and one["tutorial"]]
    for way in _ways():
        total = sum(median(run.cpu_s for run in one[way]) for one in common if one[way])
        peak = max(run.peak_mb for one in costs for run in one[way])
        failed = sum(not one[way] for one in costs)
        told = f"{1000 * total:.0f} ms in all, at most {peak:.0f} MB; {failed} refused or failed"
        yield Row(
            f"{len(files)} real files ({len(common)} that ours and tutorial serve): {way}", told
        )


def _heaviest(folder: Path) -> Row:
    """The most memory that a file at the limits of its format takes."""
    peaks = {}
    for name, file in _at_the_limits(folder):
        cost = _run("ours", file)
        if cost is None:
            raise RuntimeError(f"refused, though within the limits: {name}")
        peaks[name] = cost.peak_mb
    worst = max(peaks, key=lambda name: peaks[name])
    told = ", ".join(f"{name} {peak:.0f} MB" for name, peak in peaks.items())
    return Row(f"at the limits: {told}; the worst", f"{peaks[worst]:.0f} MB ({worst})", "1024 MB")


def _at_the_limits(folder: Path) -> Iterator[tuple[str, Path]]:
    square = _picture(4992, 4992)
    for name, kind, options in (
        ("PNG", "PNG", {"compress_level": 1}),
        ("WebP", "WEBP", {"quality": 30, "method": 0}),
        ("AVIF", "AVIF", {"quality": 30, "speed": 10}),
    ):
        file = folder / f"limit.{kind.lower()}"
        square.convert("RGBA").save(file, kind, **options)
        yield f"25 MP {name} with alpha", file
    file = folder / "limit.jpeg"
    # Four components, none of them subsampled: all coefficients are held at once.
    _picture(8000, 7992).convert("CMYK").save(file, "JPEG", quality=15, progressive=True)
    yield "64 MP progressive CMYK JPEG", file
    if importlib.util.find_spec("pillow_heif"):
        file = folder / "limit.heic"
        _save_heic(_picture(8160, 6112), file)
        yield "50 MP HEIC", file
