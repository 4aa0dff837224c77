"""HTTP: typed views on Chalice routes, problem+json for every refusal, facts for OpenAPI.

A view is a plain function. Its parameters say what it needs, by name: path parameters as `str`,
`body` and `query` as msgspec structs, `caller` as Caller, `asked` as Asked. Its answer is a struct,
or a Reply where status, headers or media type are its own affair.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast, get_args, get_origin, get_type_hints

import msgspec
from chalice.app import Blueprint, Chalice, Request, Response

from chalicelib import idempotency, pages, texts
from chalicelib.audit import acting, recording
from chalicelib.audit.acting import Acting
from chalicelib.errors import (
    BodyTooLarge,
    Fault,
    InternalError,
    InvalidInput,
    MethodNotAllowed,
    NoSuchPath,
    PreconditionFailed,
    Problem,
    RequestInProgress,
    TooManyRequests,
    WrongMediaType,
)
from chalicelib.observability import logger
from chalicelib.people import doing
from chalicelib.people.gate import admitted
from chalicelib.people.identity import Caller
from chalicelib.people.permissions import Rule, rule_of
from chalicelib.settings import settings
from chalicelib.validation import parse, parse_form, parse_query

BODY_LIMIT = 64 * 1024
JSON = "application/json"
GEOJSON = "application/geo+json"
FORM = "application/x-www-form-urlencoded"
HTML = "text/html"
PROBLEM = "application/problem+json"
OURS = (JSON, GEOJSON)

View = Callable[..., Any]


class Asked(msgspec.Struct, frozen=True):
    """What a view may want of the request beside its body and query."""

    headers: Mapping[str, str]
    body: bytes
    language: str
    address: str = ""
    path: str = ""
    query: Mapping[str, list[str]] = {}

    @property
    def wants_page(self) -> bool:
        """Whether it is a browser that shows the answer to somebody."""
        return HTML in self.headers.get("accept", "")


class Reply[Shape](msgspec.Struct, frozen=True):
    """An answer with its own status, headers or media type; `Shape` is what is documented.

    `kept` is how long a repeated POST gets this very answer; after that the view is asked again.
    """

    content: Any
    status: int = 200
    media_type: str = JSON
    headers: dict[str, str] = {}
    kept: timedelta = idempotency.KEPT


class Dialect(msgspec.Struct, frozen=True):
    """Another protocol than ours, spoken below a path: its query and body are the views' own.

    `credentials` gives the headers that say who calls, `key` by what else than the header a POST is
    done once, whatever else it says; `refusal` answers in the protocol's form, with `status_of`
    the problem. `language` is that of callers who ask for none.
    """

    prefix: str
    language: str
    content_types: tuple[str, ...]
    credentials: Callable[[Asked, str], Mapping[str, str]]
    key: Callable[[Asked], str | None]
    refusal: Callable[[Problem, Asked], Reply[Any]]
    status_of: Callable[[Problem], int]


class Operation(msgspec.Struct, frozen=True):
    """One method of one path, as served and as documented.

    A `page` is opened in browsers: it takes forms as well, and for them its refusals are pages too.
    """

    method: str
    path: str
    view: View
    tag: str
    status: int
    body: Any
    body_limit: int
    query: Any
    answer: Any
    rule: Rule
    wants: tuple[str, ...]
    problems: tuple[type[Problem], ...]
    page: bool = False
    dialect: Dialect | None = None


class App(Chalice):
    """A Chalice app that registers its rare routes when the first call comes that needs one.

    OPERATIONS and DIALECTS are whole only then.
    """

    def __init__(self, name: str, rest: Callable[[Chalice], None]) -> None:
        super().__init__(app_name=name, configure_logs=False)
        self._rest: Callable[[Chalice], None] | None = rest

    def load_rest(self) -> None:
        """Register the rare routes, unless that was done."""
        if self._rest is not None:
            rest, self._rest = self._rest, None
            rest(self)

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """API Gateway's event in, its answer out."""
        asked = event.get("requestContext", {})
        if asked.get("httpMethod") not in self.routes.get(asked.get("resourcePath", ""), ()):
            self.load_rest()
        answer: dict[str, Any] = super().__call__(event, context)
        return answer


OPERATIONS: list[Operation] = []
DIALECTS: list[Dialect] = []


class Routes:
    """The routes of one slice: a Chalice blueprint that knows types."""

    def __init__(self, import_name: str, tag: str, dialect: Dialect | None = None) -> None:
        self.blueprint = Blueprint(import_name)
        self.tag = tag
        self.dialect = dialect
        if dialect is not None:
            DIALECTS.append(dialect)

    def get(self, path: str, **facts: Any) -> Callable[[View], View]:
        """Register a view for GET."""
        return self._route("GET", path, **facts)

    def post(self, path: str, **facts: Any) -> Callable[[View], View]:
        """Register a view for POST."""
        return self._route("POST", path, **facts)

    def put(self, path: str, **facts: Any) -> Callable[[View], View]:
        """Register a view for PUT."""
        return self._route("PUT", path, **facts)

    def patch(self, path: str, **facts: Any) -> Callable[[View], View]:
        """Register a view for PATCH."""
        return self._route("PATCH", path, **facts)

    def delete(self, path: str, **facts: Any) -> Callable[[View], View]:
        """Register a view for DELETE."""
        return self._route("DELETE", path, **facts)

    def _route(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        body_limit: int = BODY_LIMIT,
        problems: tuple[type[Problem], ...] = (),
        page: bool = False,
    ) -> Callable[[View], View]:
        def register(view: View) -> View:
            hints = get_type_hints(view, include_extras=True)
            operation = Operation(
                method=method,
                path=path,
                view=view,
                tag=self.tag,
                status=status,
                body=hints.get("body"),
                body_limit=body_limit,
                query=hints.get("query"),
                answer=_shape(hints.get("return")),
                rule=rule_of(method, path),
                wants=tuple(name for name in hints if name != "return"),
                problems=problems,
                page=page,
                dialect=self.dialect,
            )
            OPERATIONS.append(operation)
            self.blueprint.route(
                path,
                methods=[method],
                name=view.__name__,
                content_types=[
                    *(self.dialect.content_types if self.dialect else OURS),
                    *((FORM,) if page else ()),
                ],
            )(lambda **parameters: _serve(operation, self.blueprint.current_request, parameters))
            return view

        return register


def _serve(operation: Operation, request: Request, parameters: dict[str, str]) -> Response:
    headers: Mapping[str, str] = request.headers
    try:
        asked = _asked(request, cast(bytes, request.raw_body))
        if operation.dialect is not None:
            headers = operation.dialect.credentials(asked, operation.method)
        caller = admitted(headers, operation.method, operation.path, operation.rule)
        key = _idempotency_key(operation, asked)
        if key is not None:
            return _once(key, operation, asked, parameters, caller)
        reply = _acted(operation, asked, parameters, caller)
        return _conditional(operation.method, asked.headers, reply)
    except Problem as problem:
        return refused(problem, request, operation.page)
    except Exception:
        logger.exception("request failed", path=operation.path, method=operation.method)
        return refused(InternalError(), request, operation.page)


def _idempotency_key(operation: Operation, asked: Asked) -> str | None:
    """By which a POST is done once: the header, or the `client_id` of a body that has one."""
    if operation.method != "POST":
        return None
    key = idempotency.key_in(asked.headers)
    if key is None and operation.dialect is not None:
        return operation.dialect.key(asked)
    if key is None and "client_id" in getattr(operation.body, "__struct_fields__", ()):
        return _client_id(asked.body)
    return key


class _Named(msgspec.Struct, frozen=True):
    client_id: str | None = None


def _client_id(body: bytes) -> str | None:
    try:
        return msgspec.json.decode(body, type=_Named).client_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # The view's own reading refuses it with all its faults.
        return None


def _once(
    key: str, operation: Operation, asked: Asked, parameters: dict[str, str], caller: Caller
) -> Response:
    target = [operation.method, operation.path, sorted(parameters.items())]
    sent = [sorted(asked.query.items()), asked.body]
    if operation.dialect is not None and idempotency.key_in(asked.headers) is None:
        # Named by the protocol's own id: forms may bring the same in another order.
        sent = []

    def act() -> idempotency.Answer:
        reply = _acted(operation, asked, parameters, caller)
        response = _conditional(operation.method, asked.headers, reply)
        return idempotency.Answer(response.status_code, response.headers, response.body, reply.kept)

    answer = idempotency.once(idempotency.Call(caller, target, key, sent), act)
    return Response(answer.body, answer.headers, answer.status)


def _acted(
    operation: Operation, asked: Asked, parameters: dict[str, str], caller: Caller
) -> Reply[Any]:
    arguments = _arguments(operation, asked, parameters, caller)
    by = _acting(operation, parameters, caller)
    with acting.during(by), doing.by(caller.account):
        reply = _reply(operation.view(**arguments), operation.status)
        if by is not None and not by.recorded:
            _record(by, reply)
    return reply


def _acting(operation: Operation, parameters: dict[str, str], caller: Caller) -> Acting | None:
    """What the audit says of this call; None when it is no deed of staff."""
    if operation.method == "GET" or not (caller.staff and operation.rule.of_staff):
        return None
    object = operation.path.format(**parameters).removeprefix("/v1/")
    action = operation.view.__name__
    return Acting(str(caller.sub), str(caller.role), caller.agency_id, action, object)


def _record(by: Acting, reply: Reply[Any]) -> None:
    """The entry of a change that was not a transaction; of what is new, with its id."""
    if reply.status == 201 and isinstance(id := getattr(reply.content, "id", None), str):
        by.object = f"{by.object}/{id}"
    with recording.transaction():
        pass


def _arguments(
    operation: Operation, asked: Asked, parameters: dict[str, str], caller: Caller
) -> dict[str, Any]:
    arguments: dict[str, Any] = {**parameters}
    if operation.query is not None:
        arguments["query"] = parse_query(asked.query, operation.query)
    elif asked.query and operation.dialect is None:
        raise InvalidInput(*(Fault(name, "fault.unknown") for name in asked.query))
    if len(asked.body) > operation.body_limit:
        raise BodyTooLarge(limit=operation.body_limit)
    if operation.body is not None:
        reads = parse_form if operation.page and _is_form(asked) else parse
        arguments["body"] = reads(asked.body, operation.body)
    if "caller" in operation.wants:
        arguments["caller"] = caller
    if "asked" in operation.wants:
        arguments["asked"] = asked
    return arguments


def _is_form(asked: Asked) -> bool:
    return asked.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM


def _asked(request: Request, body: bytes = b"") -> Asked:
    path = _path(request)
    dialect = _dialect_of(path)
    language = texts.language_of(
        request.headers.get("accept-language"), dialect.language if dialect else "en"
    )
    return Asked(request.headers, body, language, _address(request), path, _query(request))


def _path(request: Request) -> str:
    """The path below the stage, put together from the route and its parameters."""
    path: str = request.path
    for name, value in (request.uri_params or {}).items():
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    return path


def _dialect_of(path: str) -> Dialect | None:
    return next((one for one in DIALECTS if path.startswith(one.prefix)), None)


def _address(request: Request) -> str:
    """Where the connection came from, as API Gateway saw it; headers may say anything."""
    context: dict[str, Any] = request.context or {}
    return str((context.get("identity") or {}).get("sourceIp") or "")


def _query(request: Request) -> dict[str, list[str]]:
    parameters = request.query_params
    return {name: parameters.getlist(name) for name in parameters} if parameters else {}


def _shape(annotation: Any) -> Any:
    """The documented answer: `Shape` of a Reply, else the annotation itself."""
    return get_args(annotation)[0] if get_origin(annotation) is Reply else annotation


def _reply(answer: Any, status: int) -> Reply[Any]:
    return answer if isinstance(answer, Reply) else Reply(answer, status)


def _conditional(method: str, headers: Mapping[str, str], reply: Reply[Any]) -> Response:
    """The response, or 304 when the caller has these very bytes (RFC 9110, section 13.1.2)."""
    text = reply.content if isinstance(reply.content, str) else encode(reply.content)
    sent: dict[str, str | list[str]] = {
        "Content-Type": _typed(reply.media_type),
        "X-Content-Type-Options": "nosniff",
    }
    sent |= reply.headers
    if method == "GET" and reply.status == 200:
        sent["ETag"] = etag(text, getattr(reply.content, "version", None))
        if sent["ETag"] in _tags(headers.get("if-none-match")):
            return Response(body="", status_code=304, headers={"ETag": sent["ETag"]})
    return Response(body=text, status_code=reply.status, headers=sent)


def encode(content: Any) -> str:
    """JSON text of structs, lists and dicts of them; empty for None."""
    return "" if content is None else msgspec.json.encode(content).decode()


def etag(text: str, version: int | None = None) -> str:
    """A strong entity tag of the very bytes; of what has versions it begins with the version."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:20]
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def match(headers: Mapping[str, str], version: int) -> None:
    """PreconditionFailed when `If-Match` names another version.

    What changes without a version, as the count of supporters does, stops nobody from writing.
    """
    named = {tag.strip('"').split("-")[0] for tag in _tags(headers.get("if-match"))}
    if "if-match" in headers and named.isdisjoint({"*", str(version)}):
        raise PreconditionFailed


def _tags(header: str | None) -> list[str]:
    # API Gateway and proxies that compress turn a tag into its weak form; it is the same state.
    return [tag.strip().removeprefix("W/") for tag in (header or "").split(",")]


def _typed(media_type: str) -> str:
    return f"{media_type}; charset=utf-8"


def refused(problem: Problem, request: Request, page: bool = False) -> Response:
    """The refusal of a request, in the form of the protocol that it speaks: for ours RFC 9457, with
    the stable `code`, the request's id and every fault by field; in a browser the same as a page.
    """
    asked = _asked(request)
    dialect = _dialect_of(asked.path)
    if dialect is not None:
        return _conditional("", asked.headers, dialect.refusal(problem, asked))
    headers: dict[str, str | list[str]] = {"Content-Type": PROBLEM, "Cache-Control": "no-store"}
    headers["Content-Language"] = asked.language
    if isinstance(problem, TooManyRequests | RequestInProgress):
        headers["Retry-After"] = str(problem.facts.get("retry_after", 1))
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    content = problem_content(problem, asked.language, request_id(request))
    body = encode(content)
    if page and asked.wants_page:
        headers |= {"Content-Type": _typed(HTML), **pages.HEADERS}
        body = pages.refusal(content, asked.language)
    return Response(body=body, status_code=problem.status, headers=headers)


def problem_content(problem: Problem, language: str, request: str) -> dict[str, Any]:
    """The members of a refusal; `request` is the id of the request."""
    code = type(problem).__name__
    facts = {"limit": "", **problem.facts}
    content: dict[str, Any] = {
        # First, so that no fact can take the place of a member that RFC 9457 defines.
        **problem.facts,
        "type": f"{settings.public_url}/v1/docs#{code}",
        "title": texts.say(f"{code}.title", language),
        "status": problem.status,
        "detail": texts.say(code, language, **facts),
        "code": code,
        "request_id": request,
    }
    if problem.faults:
        content["errors"] = [fault_content(fault, language) for fault in problem.faults]
    return content


def fault_content(fault: Fault, language: str) -> dict[str, str]:
    """A fault as refusals have it."""
    return {"field": fault.field, "message": texts.say(fault.key, language, **fault.facts)}


def request_id(request: Request) -> str:
    """API Gateway's id of the request, which its logs know too."""
    context: dict[str, Any] = request.context or {}
    return str(context.get("requestId", ""))


# Chalice answers some requests itself, before any view: with these codes in its own form.
_OF_CHALICE: dict[int, type[Problem]] = {
    403: NoSuchPath,
    404: NoSuchPath,
    405: MethodNotAllowed,
    415: WrongMediaType,
}


def problems_only(event: Any, get_response: Callable[[Any], Response]) -> Response:
    """Middleware: Chalice's own `{"Code", "Message"}` answers become problem+json too."""
    response = get_response(event)
    if response.status_code < 400 or isinstance(response.body, str):
        return response
    kind = _OF_CHALICE.get(response.status_code, InternalError)
    return refused(kind(), event)
