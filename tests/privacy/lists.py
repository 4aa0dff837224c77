"""Every list of the API as it can be asked for, from the list of routes."""

from chalicelib.web import OPERATIONS
from tests.city import KENANGA, ROAD

# What each list wants to be asked; all others want nothing.
PLACE = f"bbox={KENANGA.lon - 0.01},{KENANGA.lat - 0.01},{KENANGA.lon + 0.01},{KENANGA.lat + 0.01}"
NEAR = f"near={KENANGA.lat},{KENANGA.lon}"
ASKED: dict[str, list[str]] = {
    "/v1/reports": [
        NEAR,
        PLACE,
        f"{PLACE}&sort=trending",
        "area=kenanga",
        f"area=uji&category={ROAD}",
    ],
    "/v1/reports/duplicates": [f"{NEAR}&category={ROAD}"],
    "/v1/map": [f"{PLACE}&zoom=10", f"{PLACE}&zoom=20"],
    "/v1/areas": [NEAR],
}
# The figures count every report, as they must, and tell of none; the others are of the code.
OTHERS = (
    "/v1/stats",
    "/v1/stats/cells",
    "/v1/docs",
    "/v1/openapi.json",
    "/v1/health",
    "/v1/reasons",
)


def lists() -> list[str]:
    """Paths with their queries, of all that names nothing in its path."""
    paths = [one.path for one in OPERATIONS if one.method == "GET" and "{" not in one.path]
    return [
        f"{path}?{query}" if query else path
        for path in paths
        if path not in OTHERS
        for query in ASKED.get(path, [""])
    ]
