"""HTTP of the API about itself: health, description, page, and the answer to unknown paths."""

from typing import Any, Literal

from chalice.app import Blueprint, Response
from msgspec import Struct

from chalicelib import web
from chalicelib.errors import NoSuchPath
from chalicelib.version import VERSION
from chalicelib.web import Asked, Reply, Routes

routes = Routes(__name__, "about")
unknown = Blueprint(__name__)

HTML = "text/html"


class Health(Struct, frozen=True):
    """The API answers."""

    status: Literal["ok"]
    version: str


@routes.get("/v1/health")
def show_health() -> Health:
    """Whether the API answers, and its version."""
    return Health("ok", VERSION)


@routes.get("/v1/openapi.json")
def show_openapi() -> Reply[Any]:
    """This description, as OpenAPI 3.1."""
    # Only these two calls describe the API; all others need not load what does.
    from chalicelib.docs import openapi

    return Reply(openapi.document(), headers={"Access-Control-Allow-Origin": "*"})


@routes.get("/v1/docs")
def show_docs(asked: Asked) -> Reply[Any]:
    """This description, as a page."""
    from chalicelib.docs import page

    return Reply(page.page(asked.language), media_type=HTML)


def no_such_path(proxy: str = "") -> Response:
    """Whatever no route knows is refused in our own form."""
    return web.refused(NoSuchPath(), unknown.current_request)


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    unknown.route("/{proxy+}", methods=[_method], name="no_such_path", content_types=["*/*"])(
        no_such_path
    )
