"""The addresses people use, as API Gateway's custom domain and CloudFront give them in the cloud.

/v1/..., /open311/...   the REST API that front.json names
/photos/, /open-data/   the objects of that key in the photo bucket, and no others
/                       the home page, or the API's documentation
everything else         the emulated AWS itself, untouched
"""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API = ("/v1/", "/open311/")
PUBLIC = ("/photos/", "/open-data/")
SIGNED_FOR = 60
"""Seconds; the request is made at once."""
ASKED = {b"range", b"if-none-match", b"if-modified-since"}
ANSWERED = {
    b"content-type",
    b"content-length",
    b"content-range",
    b"accept-ranges",
    b"cache-control",
    b"etag",
    b"last-modified",
}
SHOWN = {200, 206, 304, 416}


class Site(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the clean addresses lead to. `home` is the path of an HTML file."""

    api_id: str
    stage: str
    photos_bucket: str
    home: str | None = None


def publish(site: Site, file: Path) -> None:
    """Let a running Front take its addresses from `site` from now on."""
    new = file.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(site))
    new.replace(file)


class Front:
    """An ASGI application in front of `aws`, another one.

    `file` holds a Site and is read again when it changes; until it exists the API answers 503.
    """

    def __init__(self, aws: App, file: Path) -> None:
        self.aws = aws
        self.file = file
        self.read: tuple[int, Site] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] != "http":
            await self.aws(scope, receive, send)
        elif scope["path"].startswith(API):
            await self._api(scope, receive, send)
        elif scope["path"].startswith(PUBLIC) and scope["method"] in ("GET", "HEAD"):
            await self._photo(scope, receive, send)
        elif _is_a_visit(scope):
            await self._home(scope, send)
        else:
            await self.aws(scope, receive, send)

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (site := self._site()) is None:
            await _refuse(send, 503, "The API is being set up. Try again in a moment.")
        else:
            prefix = f"/restapis/{site.api_id}/{site.stage}/_user_request_"
            await self.aws(_below(prefix, _from_peer(scope)), receive, send)

    async def _photo(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (site := self._site()) is None:
            await _refuse(send, 404, "There are no photos yet.")
        else:
            await self.aws(
                _signed(_below(f"/{site.photos_bucket}", scope)), receive, _PhotoSender(send)
            )

    async def _home(self, scope: Scope, send: Send) -> None:
        site = self._site()
        if site is None or site.home is None:
            await _answer(send, 302, {b"location": b"/v1/docs"})
        else:
            page = Path(site.home).read_bytes()
            headers = {b"content-type": b"text/html; charset=utf-8", b"cache-control": b"no-cache"}
            await _answer(send, 200, headers, page, silent=scope["method"] == "HEAD")

    def _site(self) -> Site | None:
        try:
            changed = self.file.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if self.read is None or self.read[0] != changed:
            self.read = changed, msgspec.json.decode(self.file.read_bytes(), type=Site)
        return self.read[1]


def _is_a_visit(scope: Scope) -> bool:
    """AWS clients also ask for `/`, but sign it; the signature is a header or in the query."""
    signed = scope["query_string"] or any(name == b"authorization" for name, _ in scope["headers"])
    return scope["path"] == "/" and scope["method"] in ("GET", "HEAD") and not signed


def _below(prefix: str, scope: Scope) -> Scope:
    """The same request at `prefix` + its path, whose bytes stay as the client sent them."""
    raw_path = prefix.encode() + scope["raw_path"]
    return {**scope, "path": prefix + scope["path"], "raw_path": raw_path}


def _from_peer(scope: Scope) -> Scope:
    """The request with the address that it really came from, as API Gateway tells it.

    The engine takes a visitor's word for it.
    """
    headers = [one for one in scope["headers"] if one[0] != b"x-forwarded-for"]
    address = (scope.get("client") or ("127.0.0.1",))[0]
    return {**scope, "headers": [*headers, (b"x-forwarded-for", address.encode())]}


def _signed(scope: Scope) -> Scope:
    """The same request made by the bucket's owner, as CloudFront's origin access control makes it.

    Of the visitor's headers only those pass that ask for a part or for news; of the query nothing.
    """
    # Costs 60 ms, and only who looks at photos needs it.
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    host = b"127.0.0.1"
    request = AWSRequest(scope["method"], f"http://{host.decode()}{scope['raw_path'].decode()}")
    S3SigV4QueryAuth(Credentials("test", "test"), "s3", "us-east-1", SIGNED_FOR).add_auth(request)
    asked = [(name, value) for name, value in scope["headers"] if name in ASKED]
    query = request.url.partition("?")[2].encode()
    return {**scope, "query_string": query, "headers": [(b"host", host), *asked]}


class _PhotoSender:
    """Passes on what a visitor may see of S3's answer. All refusals look alike: no such photo."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.refused = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.refused = message["status"] not in SHOWN
            if self.refused:
                await _refuse(self.send, 404, "There is no such photo.")
                return
            headers = [
                (name, value) for name, value in message["headers"] if name.lower() in ANSWERED
            ]
            message = {**message, "headers": [*headers, (b"x-content-type-options", b"nosniff")]}
        if not self.refused:
            await self.send(message)


async def _refuse(send: Send, status: int, detail: str) -> None:
    """A problem document (RFC 9457)."""
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    headers = {b"content-type": b"application/problem+json", b"cache-control": b"no-store"}
    await _answer(send, status, headers, msgspec.json.encode(problem))


async def _answer(
    send: Send, status: int, headers: dict[bytes, bytes], body: bytes = b"", *, silent: bool = False
) -> None:
    """`silent`: say how long the body is but do not send it (HEAD)."""
    sized = {**headers, b"content-length": str(len(body)).encode()}
    await send({"type": "http.response.start", "status": status, "headers": list(sized.items())})
    await send({"type": "http.response.body", "body": b"" if silent else body})
