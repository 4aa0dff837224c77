"""Import of several thousand areas: what a part, and the last call, take of a Lambda.

A city is made up: a grid of areas whose borders wind, each border drawn once and shared, so that
the outlines have neither gaps nor overlaps. And Jakarta's, when its file lies beside.
`api_handler` has 512 MB, with them 0.29 of a core (AWS gives a whole one for 1,769 MB), and 28 s.
"""

import json
import os
import random
import resource
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import msgspec

from bench.result import Result, Row
from infra.package import placeholders
from infra.tools.import_areas import collection, parts

# chalicelib reads its environment at import; no service that it names is called here.
for _name, _value in placeholders().items():
    os.environ.setdefault(_name, _value)

from chalicelib.agencies import area_changes  # noqa: E402
from chalicelib.agencies.area_changes import Sent  # noqa: E402
from chalicelib.agencies.geojson import AreaCollection  # noqa: E402
from chalicelib.places import area_faults, coverage  # noqa: E402
from chalicelib.places.areas import AreaIndex, AreaShape  # noqa: E402

BESIDE = "shared/data/jakarta/jakarta_kelurahan.geojson"
JAKARTA = Path(os.environ.get("KELURAHAN") or Path(__file__).parents[2] / BESIDE)
SIDE, DISTRICT, WINDING = 70, 7, 12
"""Areas a side of the city and of a district, and edges between two corners."""
STEP = 0.5 / SIDE
SHARE, TIMEOUT_S, MEMORY_MB = 512 / 1769, 28, 512

Corner = tuple[int, int]
Line = list[tuple[float, float]]


def measure() -> Result:
    """Each city in a process of its own, whose peak memory is the city's."""
    cities = {"made up, three levels": made_up()}
    if JAKARTA.exists():
        content = json.loads(JAKARTA.read_text(encoding="utf-8"))
        sent = collection(content, "kode", "nama", 1, None)
        cities["kelurahan of Jakarta"] = sent["features"]
    rows: list[Row] = []
    with ProcessPoolExecutor(1, max_tasks_per_child=1) as pool:
        for name, features in cities.items():
            rows += pool.submit(_measured, name, _bodies(features), _positions(features)).result()
    how = (
        f"Seconds as on `api_handler` ({MEMORY_MB} MB): process time here / {SHARE:.2f}. The same "
        "areas are there before, and are replaced. Without S3, DynamoDB and HTTP; the memory is "
        "the peak of a process that takes all parts and the last call."
    )
    return Result("Areas: importing thousands", how, rows)


def made_up(seed: int = 1) -> list[Any]:
    """GeoJSON features: the city, its districts, and the areas of them."""
    border = _borders(random.Random(seed))
    districts = range(0, SIDE, DISTRICT)
    features = [_feature("c", 1, None, _ring((0, 0), SIDE, border))]
    for x in districts:
        for y in districts:
            features.append(_feature(f"d{x}.{y}", 2, "c", _ring((x, y), DISTRICT, border)))
    for x in range(SIDE):
        for y in range(SIDE):
            parent = f"d{x // DISTRICT * DISTRICT}.{y // DISTRICT * DISTRICT}"
            features.append(_feature(f"w{x}.{y}", 3, parent, _ring((x, y), 1, border)))
    return features


def _borders(draw: random.Random) -> Callable[[Corner, Corner], Line]:
    """From one corner to the next, without the next: the same line in both directions."""
    drawn: dict[tuple[Corner, Corner], Line] = {}

    def moved(at: tuple[float, float], by: float) -> tuple[float, float]:
        return at[0] + draw.uniform(-by, by) * STEP, at[1] + draw.uniform(-by, by) * STEP

    def line(a: Corner, b: Corner) -> Line:
        ends = [(106.5 + x * STEP, -6.5 + y * STEP) for x, y in (a, b)]
        (west, south), (east, north) = ends
        shares = [number / WINDING for number in range(1, WINDING)]
        between = [(west + (east - west) * at, south + (north - south) * at) for at in shares]
        return [ends[0], *(moved(at, 0.1 / WINDING) for at in between), ends[1]]

    def border(a: Corner, b: Corner) -> Line:
        low, high = min(a, b), max(a, b)
        found = drawn.get((low, high)) or drawn.setdefault((low, high), line(low, high))
        return found[:-1] if a < b else found[:0:-1]

    return border


def _ring(at: Corner, size: int, border: Callable[[Corner, Corner], Line]) -> Line:
    """Around a square of `size` areas, anticlockwise from its south-west corner."""
    (west, south), steps = at, range(size)
    corners = [(west + step, south) for step in steps]
    corners += [(west + size, south + step) for step in steps]
    corners += [(west + size - step, south + size) for step in steps]
    corners += [(west, south + size - step) for step in steps]
    line = [point for a, b in pairwise([*corners, at]) for point in border(a, b)]
    return [*line, line[0]]


def _feature(id: str, level: int, parent: str | None, ring: Line) -> Any:
    properties = {"name": f"Area {id}", "level": level, "parent": parent}
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "id": id, "properties": properties, "geometry": geometry}


def _bodies(features: list[Any]) -> list[bytes]:
    """The bodies of the calls that send the parts."""
    bodies = [{"type": "FeatureCollection", "features": part} for part in parts(features)]
    return [json.dumps(body).encode() for body in bodies]


def _positions(features: list[Any]) -> int:
    # Of n numbers, however nested, n - 1 are followed by a comma.
    outlines = (json.dumps(one["geometry"]["coordinates"]) for one in features)
    return sum((outline.count(",") + 1) // 2 for outline in outlines)


def _measured(name: str, bodies: list[bytes], positions: int) -> list[Row]:
    kept, took = zip(*[_timed(_checked, body) for body in bodies], strict=True)
    before = AreaIndex.build(_shapes(list(kept))).dump()
    (count, size, warnings), last = _timed(_committed, list(kept), before)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Row(f"{name}: areas, positions, parts", f"{count:,}, {positions:,}, {len(kept)}"),
        Row(f"{name}: slowest part", f"{max(took) / SHARE:.1f} s", f"<= {TIMEOUT_S} s"),
        Row(f"{name}: last call", f"{last / SHARE:.1f} s", f"<= {TIMEOUT_S} s"),
        Row(f"{name}: memory", f"{memory:.0f} MB", f"<= {MEMORY_MB} MB"),
        Row(f"{name}: stored, warnings", f"{size / 1e6:.1f} MB, {warnings}"),
    ]


def _checked(body: bytes) -> bytes:
    """A part as it is kept."""
    came = msgspec.json.decode(body, type=AreaCollection).features
    part = [area_changes.sent(f"features[{at}]", one) for at, one in enumerate(came)]
    assert not any(one.faults for one in part)
    return zlib.compress(msgspec.msgpack.encode(part), 1)


def _committed(kept: list[bytes], before: bytes) -> tuple[int, int, int]:
    """How many areas there are, in how many bytes, with how many warnings."""
    there, came = AreaIndex.load(before).shapes(), _shapes(kept)
    ids = {shape.id for shape in came}
    merged = [*(shape for shape in there if shape.id not in ids), *came]
    assert not area_faults.among(merged)
    stored = AreaIndex.build(merged).dump()
    return len(merged), len(stored), sum(1 for _ in islice(coverage.flaws(merged), 100))


def _shapes(kept: list[bytes]) -> list[AreaShape]:
    read = (msgspec.msgpack.decode(zlib.decompress(part), type=list[Sent]) for part in kept)
    return [one.shape for part in read for one in part]


def _timed[**Given, Made](
    work: Callable[Given, Made], *given: Given.args, **named: Given.kwargs
) -> tuple[Made, float]:
    began = time.process_time()
    return work(*given, **named), time.process_time() - began
