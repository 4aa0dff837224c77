"""The served description is valid OpenAPI 3.1 and has every route."""

from openapi_spec_validator import OpenAPIV31SpecValidator

from app import app
from chalicelib.docs import openapi
from chalicelib.web import OPERATIONS
from tests.city import City


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(openapi.document()).validate()


def test_every_route_is_described() -> None:
    described = {
        (method.upper(), path)
        for path, methods in openapi.document()["paths"].items()
        for method in methods
    }
    served = {(method, path) for path, methods in app.routes.items() for method in methods}
    assert described == {one for one in served if one[1] != "/{proxy+}"}


def test_every_operation_says_what_it_does_in_a_sentence() -> None:
    for operation in OPERATIONS:
        assert (operation.view.__doc__ or "").strip().endswith("."), operation.path


def test_operation_ids_are_unique() -> None:
    names = [operation.view.__name__ for operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_the_page_and_the_document_are_served(city: City) -> None:
    assert city.get("/v1/openapi.json").json["openapi"] == "3.1.0"
    page = city.get("/v1/docs", headers={"accept-language": "id"})
    assert page.headers["content-type"].startswith("text/html")
    assert 'lang="id"' in page.body
