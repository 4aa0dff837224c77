"""`digest.ready`: the event that tells webhooks of a new revision of a scheduled report."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.clock import new_id, text
from chalicelib.events.models import DIGEST_READY, Event, hour_of
from chalicelib.settings import settings
from chalicelib.stats import links
from chalicelib.stats.models import Digest, Run

LINK_SECONDS = 7 * 86400
"""The longest that S3 takes. A link also ends with the session that signed it: in some hours."""


class DigestData(Struct, frozen=True):
    """What is told of a revision.

    `files` has, by format, where each is in the bucket; with_links makes links of that. `url` gives
    new links at any time.
    """

    digest_id: str
    run_id: str
    name: str
    period: str
    time_zone: str
    revision: int
    scope: dict[str, str | None]
    figures: dict[str, Any]
    rates: dict[str, float | None]
    files: dict[str, str]
    url: str


class DigestEnvelope(Struct, frozen=True):
    """The body of the request."""

    type: str
    timestamp: str
    data: DigestData


def event(digest: Digest, run: Run, at: datetime) -> Event:
    """What a run that has made a revision tells: the city, and the agency that it is about."""
    id, scope = new_id(at), {kind: digest.filters.get(kind) for kind in _KINDS}
    data = DigestData(
        digest_id=digest.id,
        run_id=run.id,
        name=digest.name,
        period=run.period,
        time_zone=digest.time_zone,
        revision=int(run.revision),
        scope=scope,
        **run.figures,
        files={format: run.files[format] for format in digest.formats},
        url=f"{settings.public_url}/v1/admin/digests/{digest.id}/runs/{run.id}",
    )
    return Event(
        hour=hour_of(id),
        id=id,
        type=DIGEST_READY,
        category=scope["category"] or "",
        agency_ids={scope["agency"]} if scope["agency"] else None,
        body=msgspec.json.encode(DigestEnvelope(DIGEST_READY, text(at), data)).decode(),
    )


def with_links(body: str) -> str:
    """The body with signed links to the files."""
    told = msgspec.json.decode(body, type=DigestEnvelope)
    files = {format: links.link(key, LINK_SECONDS) for format, key in told.data.files.items()}
    return msgspec.json.encode(replace(told, data=replace(told.data, files=files))).decode()


def areas(body: str) -> set[str]:
    """The area that the digest is about, if it is about one."""
    area = msgspec.json.decode(body, type=DigestEnvelope).data.scope["area"]
    return {area} if area else set()


_KINDS = ("area", "agency", "category")
