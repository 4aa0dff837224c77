"""From a category and a chain of areas to the responsible agency. Pure."""

from collections.abc import Mapping, Sequence

from chalicelib.agencies.models import Route
from chalicelib.places.areas import Area


def responsible(
    category: str, chain: Sequence[Area], routes: Mapping[str, Route], otherwise: str | None
) -> str | None:
    """The agency of the most specific route: area before category, deeper area first."""
    depth = {area.id: area.level for area in chain} | {"*": 0}
    matching = [
        (depth[route.area], route.category != "*", id, route.agency)
        for id, route in routes.items()
        if route.area in depth and route.category in (category, "*")
    ]
    # Two equally specific routes are decided by id, so that the answer never depends on order.
    best = min(matching, key=lambda match: (-match[0], not match[1], match[2]), default=None)
    return best[3] if best else otherwise
