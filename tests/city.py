"""A small invented city, and the way in: the app in this process behind a make-believe gateway.

Two nested levels of square areas: `uji` is the whole city; `melati` and `kenanga` are its south.
"""

import base64
import itertools
import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode, urlparse

import msgspec
from chalice.local import LambdaContext, LambdaEventConverter, LocalChalice, RouteMatcher

from app import app
from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.agencies.models import Edition, Entry
from chalicelib.clock import new_id, now
from chalicelib.events.models import Event
from chalicelib.keys import signing_key
from chalicelib.people import api_keys, banned, budgets, standing
from chalicelib.places.areas import AreaShape
from chalicelib.places.point import Point
from chalicelib.settings import settings
from infra.local import identity
from tests import permitted
from tests.cloud import Cloud, Tables

MELATI = Point(-6.225, 106.825)
KENANGA = Point(-6.225, 106.875)
NORTH = Point(-6.17, 106.85)
OUTSIDE = Point(-6.40, 106.85)

COORDINATOR, ROADS, WARD = "balai-kota", "dinas-jalan", "kelurahan-melati"
ROAD, RUBBISH, FIRE = "jalan-rusak", "sampah", "kebakaran"


class Person(NamedTuple):
    """Who calls; an officer has an agency."""

    role: str
    sub: str
    agency: str | None = None


CITIZEN = Person("citizen", "warga")
MODERATOR = Person("moderator", "moderator")
ADMIN = Person("admin", "admin")


def officer(agency: str, sub: str = "petugas") -> Person:
    return Person("officer", sub, agency)


class Answer(NamedTuple):
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class City:
    """The front door. A body may be any JSON value, or raw bytes."""

    def __init__(self) -> None:
        # Chalice keeps the request on the app; its local server's kind keeps one for each thread.
        app.__class__ = LocalChalice  # type: ignore[assignment]  # its routes are loaded
        permitted.watch(aws.dynamodb(), aws.s3(), aws.sqs())
        self._events = LambdaEventConverter(RouteMatcher(list(app.routes)))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: Person | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"content-type": "application/json", **(headers or {})}
        if by:
            sent["authorization"] = f"Bearer {_token(by)}"
        raw = body if isinstance(body, bytes | None) else _raw(body, sent["content-type"])
        event = self._event(method, path, sent, raw)
        event["requestContext"]["requestId"] = new_id(now())
        # API Gateway hands them on decoded; Chalice's own gateway leaves that out.
        captured = event["pathParameters"].items()
        event["pathParameters"] = {name: unquote(value) for name, value in captured}
        with permitted.as_function("api_handler"):
            answer = app(event, LambdaContext("api_handler", 512))
        joined = {**answer["headers"], **answer["multiValueHeaders"]}
        return Answer(
            answer["statusCode"],
            {name.lower(): value for name, value in joined.items()},
            answer["body"],
        )

    def _event(self, method: str, path: str, sent: dict[str, str], raw: bytes | None) -> Any:
        try:
            event: Any = self._events.create_lambda_event(method, path, sent, raw)
        except ValueError:
            # Chalice's own gateway knows the greedy route for one segment only.
            event = self._events.create_lambda_event(method, "/elsewhere", sent, raw)
            event["pathParameters"] = {"proxy": path.partition("?")[0][1:]}
        if raw and sent["content-type"].startswith("multipart/"):
            event |= {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
        return event

    def get(self, path: str, **facts: Any) -> Answer:
        return self.call("GET", path, **facts)

    def post(self, path: str, body: Any = None, **facts: Any) -> Answer:
        return self.call("POST", path, body, **facts)

    def report(self, at: Point = KENANGA, *, by: Person | None = CITIZEN, **facts: Any) -> Any:
        """The answer to a report that must be taken; a broken road unless said otherwise."""
        answer = self.post("/v1/reports", new_report(at, **facts), by=by)
        assert answer.status == 201, answer.body
        return answer.json


def _raw(body: Any, content_type: str) -> bytes:
    """The value as JSON, or as the form that the type says."""
    if content_type.startswith("application/x-www-form-urlencoded"):
        return urlencode(body, doseq=True).encode()
    return json.dumps(body).encode()


def new_report(at: Point = KENANGA, **facts: Any) -> dict[str, Any]:
    """A report's body that is taken as it is; a fact of None leaves the field out."""
    body = {
        "category": ROAD,
        "description": "Lubang besar di tengah jalan.",
        "location": {"lat": at.lat, "lon": at.lon},
        **facts,
    }
    return {name: value for name, value in body.items() if value is not None}


def told(report_id: str) -> list[Any]:
    """The envelopes of all events about a report, the oldest first."""
    envelopes = [json.loads(event.body) for event in Event.scan(Event.report_id == report_id)]
    return sorted(envelopes, key=lambda envelope: envelope["data"]["version"])


def forget() -> None:
    """What this process keeps in memory of rows that are no more."""
    signing_key.cache_clear()
    api_keys.known.clear()
    standing.known.clear()
    budgets.seen_spent.clear()
    banned.known.clear()


_editions = itertools.count(1_000, 1_000)


def begin() -> None:
    """Let the directory have no edition that an earlier test had: what is in memory is read again.

    Its areas are kept.
    """
    Edition("directory", "edition").update([Edition.number.set(next(_editions))])


@cache
def furnished(cloud: Cloud, day: date) -> Tables:
    """All tables with a full directory and nothing else, made once a day."""
    cloud.empty_tables()
    forget()
    furnish()
    return cloud.tables()


def furnish() -> None:
    """Fill the empty directory."""
    signing_key()
    begin()
    assert directory.replace_areas(AREAS)
    with Entry.batch_write() as batch:
        for kind, entries in DIRECTORY.items():
            for id, entry in entries.items():
                checked = msgspec.convert(entry, directory.KINDS[kind])
                batch.save(Entry(kind=kind, id=id, body=msgspec.json.encode(checked).decode()))


def _square(
    id: str, level: int, parent: str | None, west: float, south: float, side: float
) -> AreaShape:
    east, north = west + side, south + side
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return AreaShape(id=id, name=id.title(), level=level, parent=parent, geometry=[[ring]])


AREAS = [
    _square("uji", 1, None, 106.8, -6.25, 0.1),
    _square("melati", 2, "uji", 106.8, -6.25, 0.05),
    _square("kenanga", 2, "uji", 106.85, -6.25, 0.05),
]


def _both(indonesian: str, english: str) -> dict[str, str]:
    return {"id": indonesian, "en": english}


DIRECTORY: dict[str, dict[str, Any]] = {
    "agency": {
        COORDINATOR: {"name": "Balai Kota", "tier": "city", "coordinator": True},
        ROADS: {"name": "Dinas Jalan", "tier": "city"},
        WARD: {"name": "Kelurahan Melati", "tier": "ward"},
    },
    "category": {
        ROAD: {
            "name": _both("Jalan rusak", "Broken road"),
            "group": "jalan",
            "first_response_hours": 24,
            "resolve_hours": 72,
            "proof_required": True,
        },
        RUBBISH: {
            "name": _both("Sampah", "Rubbish"),
            "group": "kebersihan",
            "questions": [
                {"id": "sejak", "type": "number", "label": _both("Hari", "Days"), "required": True},
                {
                    "id": "jenis",
                    "type": "choice",
                    "label": _both("Jenis", "Kind"),
                    "choices": [
                        {"id": "plastik", "label": _both("Plastik", "Plastic")},
                        {"id": "puing", "label": _both("Puing", "Rubble")},
                    ],
                },
                {"id": "patokan", "type": "text", "label": _both("Patokan", "Landmark")},
            ],
        },
        FIRE: {
            "name": _both("Kebakaran", "Fire"),
            "group": "darurat",
            "emergency": {"number": "113", "message": _both("Telepon 113.", "Call 113.")},
        },
    },
    "template": {
        "terima-kasih": {
            "name": "Terima kasih",
            "text": _both("Terima kasih atas {number}. {agency}", "Thanks for {number}. {agency}"),
        }
    },
    # In Melati everything is the ward's; elsewhere roads have their agency; the rest has none.
    "route": {
        "jalan": {"category": ROAD, "area": "*", "agency": ROADS},
        "melati": {"category": "*", "area": "melati", "agency": WARD},
    },
}


@cache
def _token(person: Person) -> str:
    return identity.token(identity_folder(), person.role, person.agency, person.sub)


def identity_folder() -> Path:
    """Where the local issuer has its keys."""
    return Path(unquote(urlparse(settings.identity_jwks_url).path)).parents[1]
