"""Three ways from an uploaded file to the same four pictures, each run alone in a new process.

python -m bench.photo_pipelines NAME FILE  prints what one run cost, as JSON
"""

import importlib
import io
import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Pictures = dict[str, bytes]

# Long side of each picture, as chalicelib/photos/derivatives.py makes them.
SIDES = {"1600.jpg": 1600, "640.jpg": 640, "640.avif": 640, "240.avif": 240}


def ours(body: bytes) -> Pictures:
    """What the photo worker does: guards, colours, ThumbHash, dHash and evidence included."""
    from chalicelib.photos.derivatives import derive

    return {one.name: one.body for one in derive(body).derivatives}


def tutorial(body: bytes) -> Pictures:
    """Pillow as it is commonly shown: open, turn, `thumbnail()` to each size, save."""
    import pi_heif
    from PIL import Image, ImageOps

    from chalicelib.photos.derivatives import AVIF_QUALITY, AVIF_SPEED, JPEG_QUALITY

    pi_heif.register_heif_opener()
    jpeg: dict[str, Any] = {"format": "JPEG", "quality": JPEG_QUALITY, "optimize": True}
    avif: dict[str, Any] = {
        "format": "AVIF",
        "quality": AVIF_QUALITY,
        "speed": AVIF_SPEED,
        "max_threads": 1,
    }
    made = {}
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(body)))
    for name, side in SIDES.items():
        picture, out = upright.copy(), io.BytesIO()
        picture.thumbnail((side, side))
        picture.save(out, **(jpeg if name.endswith("jpg") else avif))
        made[name] = out.getvalue()
    return made


def libvips(body: bytes) -> Pictures:
    """pyvips by its manual: shrink on load, each size from the one above; AVIF at its fastest."""
    # By name: it is no dependency, and no type checker has to know it.
    pyvips: Any = importlib.import_module("pyvips")
    large = pyvips.Image.thumbnail_buffer(body, 1600, height=1600, size="down").copy_memory()
    medium = large.thumbnail_image(640, height=640, size="down").copy_memory()
    small = medium.thumbnail_image(240, height=240, size="down")
    jpeg = {"Q": 80, "optimize_coding": True, "keep": "none"}
    avif = {"compression": "av1", "Q": 60, "effort": 0, "keep": "none"}
    return {
        "1600.jpg": large.jpegsave_buffer(**jpeg),
        "640.jpg": medium.jpegsave_buffer(**jpeg),
        "640.avif": medium.heifsave_buffer(**avif),
        "240.avif": small.heifsave_buffer(**avif),
    }


PIPELINES: dict[str, Callable[[bytes], Pictures]] = {
    "ours": ours,
    "tutorial": tutorial,
    "libvips": libvips,
}


def main() -> None:
    """Warm up on a small picture of the same kind, then measure one run."""
    run, file = PIPELINES[sys.argv[1]], Path(sys.argv[2])
    if (small := file.with_name(f"small{file.suffix}")).exists():
        run(small.read_bytes())
    body = file.read_bytes()
    started = _cpu()
    made = run(body)
    cpu = _cpu() - started
    sizes = {name: len(picture) for name, picture in made.items()}
    print(json.dumps({"cpu_s": cpu, "peak_mb": _peak_mb(), "bytes": sizes}))


def _cpu() -> float:
    """Seconds of processor so far, user and system, of this process and its children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak_mb() -> float:
    """The most memory in MB (10^6 bytes) that this process held, and its largest child."""
    unit = 1 if sys.platform == "darwin" else 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    return (_own_peak(unit) + child) / 1e6


def _own_peak(unit: int) -> int:
    # On Linux ru_maxrss begins with the size of the process that started this one.
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) * 1024


if __name__ == "__main__":
    main()
