"""HTTP of Open311 GeoReport v2: each document as `.json`, as `.xml`, and without either as JSON.

What makes the documents is loaded with the first call: most callers speak our own protocol.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.errors import (
    CallEmergency,
    IllegalTransition,
    NotInDirectory,
    Problem,
    ReportChanged,
    ReportNotFound,
    TooManyRequests,
    Unprocessable,
)
from chalicelib.open311.dialect import DIALECT
from chalicelib.open311.forms import BYTES_LIMIT
from chalicelib.people.identity import Caller
from chalicelib.web import Asked, Reply, Routes, View

routes = Routes(__name__, "Open311", DIALECT)

BASE = "/open311/v2"
FORMATS = (".json", ".xml", "")


def in_formats(
    register: Callable[..., Callable[[View], View]],
    path: str,
    *problems: type[Problem],
    **facts: Any,
) -> Callable[[View], View]:
    """Register a view once for each format, each time under a name of its own."""

    def each(view: View) -> View:
        for ending in FORMATS:
            place = "" if path.startswith(BASE) else "_city"
            name = f"{view.__name__}{place}{ending.replace('.', '_')}"
            register(f"{path}{ending}", problems=problems, **facts)(_named(view, name))
        return view

    return each


def _named(view: View, name: str) -> View:
    def one(**parameters: Any) -> Any:
        return view(**parameters)

    one.__name__, one.__doc__, one.__annotations__ = name, view.__doc__, view.__annotations__
    return one


@in_formats(routes.get, f"{BASE}/discovery")
@in_formats(routes.get, "/open311/discovery")
def discover(asked: Asked) -> Reply[Any]:
    """Where this city's Open311 endpoints are."""
    from chalicelib.open311 import reading

    return reading.discovery(asked)


@in_formats(routes.get, f"{BASE}/services")
def list_services(asked: Asked) -> Reply[Any]:
    """The kinds of problems that reports can be about."""
    from chalicelib.open311 import reading

    return reading.service_list(asked)


@routes.get(BASE + "/services/{document}", problems=(NotInDirectory,))
def show_service(document: str, asked: Asked) -> Reply[Any]:
    """What else is asked about a kind of problem."""
    from chalicelib.open311 import reading

    return reading.service_definition(document, asked)


@in_formats(routes.get, f"{BASE}/requests")
def list_requests(asked: Asked) -> Reply[Any]:
    """Public reports of 90 days or less, the newest or nearest first; 1,000 at most."""
    from chalicelib.open311 import reading

    return reading.request_list(asked)


@in_formats(
    routes.post,
    f"{BASE}/requests",
    NotInDirectory,
    Unprocessable,
    CallEmergency,
    TooManyRequests,
    status=201,
    body_limit=BYTES_LIMIT,
)
def send_request(asked: Asked, caller: Caller) -> Reply[Any]:
    """Send a report, as a form with an API key."""
    from chalicelib.open311 import sending

    return sending.send(asked, caller)


@routes.get(BASE + "/requests/{document}", problems=(ReportNotFound,))
def show_request(document: str, asked: Asked) -> Reply[Any]:
    """One public report."""
    from chalicelib.open311 import reading

    return reading.request(document, asked)


@routes.get(BASE + "/tokens/{document}", problems=(ReportNotFound,))
def show_token(document: str, asked: Asked) -> Reply[Any]:
    """The report that a token stands for."""
    from chalicelib.open311 import reading

    return reading.token(document, asked)


@in_formats(routes.get, f"{BASE}/servicerequestupdates")
def list_request_updates(asked: Asked) -> Reply[Any]:
    """What agencies did and said in a period of 7 days or less, the oldest first; 1,000 at most."""
    from chalicelib.open311 import reading

    return reading.update_list(asked)


@in_formats(
    routes.post,
    f"{BASE}/servicerequestupdates",
    ReportNotFound,
    ReportChanged,
    IllegalTransition,
    Unprocessable,
    status=201,
    body_limit=BYTES_LIMIT,
)
def send_request_update(asked: Asked, caller: Caller) -> Reply[Any]:
    """Send an update, as a form with an API key: an agency's step, or somebody's comment."""
    from chalicelib.open311 import receiving

    return receiving.receive(asked, caller)
