"""Every POST of the API: how it is made possible, sent, and seen in what is stored."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

import boto3

from chalicelib.clock import new_id, now, text
from chalicelib.notifications.links import unsubscribe_token
from chalicelib.photos.models import photos_of
from chalicelib.web import OPERATIONS
from chalicelib.webhooks.models import Endpoint, endpoint, owner_of
from tests.city import (
    ADMIN,
    CITIZEN,
    COORDINATOR,
    MODERATOR,
    NORTH,
    RUBBISH,
    City,
    Person,
    new_report,
    officer,
)
from tests.cloud import Cloud

CLERK = officer(COORDINATOR, "juru-tulis")
STRANGER = officer("dinas-jalan", "orang-lain")
# What speaks another protocol refuses otherwise: tests/open311 has the same rules for it.
PATHS = sorted(one.path for one in OPERATIONS if one.method == "POST" and one.dialect is None)


class Post(NamedTuple):
    """A call that is taken: by whom, where, and with which body."""

    by: Person | None
    path: str
    body: dict[str, Any]
    headers: Mapping[str, str] = MappingProxyType({})


def _report(city: City) -> str:
    """A new report whose category demands no proof; the coordinator has it."""
    return str(city.report(NORTH, category=RUBBISH, answers={"sejak": 1})["id"])


def _claimed(city: City) -> Post:
    sent = city.report(NORTH, by=None, category=RUBBISH, answers={"sejak": 1})
    code = {"x-tracking-code": sent["tracking_code"]}
    return Post(CITIZEN, f"/v1/reports/{sent['id']}/claim", {}, code)


def _resolved(city: City) -> str:
    report = _report(city)
    body = {"status": "resolved", "reason": "fixed"}
    answer = city.post(f"/v1/reports/{report}/status", body, by=CLERK)
    assert answer.status == 200, answer.body
    return report


def _asked(city: City) -> str:
    report = _report(city)
    answer = city.post(f"/v1/reports/{report}/questions", {"text": "Di mana?"}, by=CLERK)
    assert answer.status == 200, answer.body
    return report


def _areas_version(city: City) -> int:
    versions = city.get("/v1/admin/areas/versions", by=ADMIN).json["items"]
    return int(versions[-1]["version"])


def _merged(city: City) -> str:
    report, original = _report(city), _report(city)
    answer = city.post(f"/v1/reports/{report}/merge", {"duplicate_of": original}, by=CLERK)
    assert answer.status == 200, answer.body
    return report


def _comment(city: City, between: str = "") -> str:
    """A report's id and the id of a comment on it, as they stand in a path."""
    report = _report(city)
    answer = city.post(f"/v1/reports/{report}/comments", {"text": "Betul."}, by=CITIZEN)
    return "/".join(part for part in (report, between, answer.json["comment_id"]) if part)


def _shown_photo(city: City) -> str:
    """Its report and its id, as they stand in a path."""
    (photo,) = photos_of(city.report(photos=1)["id"])
    photo.state, photo.folder = "ready", "photos/abc"
    photo.save()
    return f"{photo.id}/{photo.photo_id}"


def _endpoint(city: City) -> str:
    answer = city.post("/v1/webhooks", {"url": "http://127.0.0.1:9/terima"}, by=CLERK)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def _active_endpoint(city: City) -> str:
    id = _endpoint(city)
    row = endpoint(owner_of(COORDINATOR), id)
    row.update(actions=[Endpoint.state.set("active")])
    return id


def _last_hour() -> dict[str, Any]:
    return {"from": text(now() - timedelta(hours=1)), "to": text(now())}


def _digest(city: City) -> str:
    answer = city.post("/v1/admin/digests", {"name": "Harian", "period": "day"}, by=ADMIN)
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def _areas_sent(city: City) -> str:
    """An import with one part."""
    id: str = city.post("/v1/admin/areas/imports", {}, by=ADMIN).json["id"]
    ring = [[1, 1], [2, 1], [2, 2], [1, 1]]
    feature = {
        "type": "Feature",
        "id": "pulau",
        "properties": {"name": "Pulau", "level": 1},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    body = {"type": "FeatureCollection", "features": [feature]}
    answer = city.call("PUT", f"/v1/admin/areas/imports/{id}/parts/1", body, by=ADMIN)
    assert answer.status == 200, answer.body
    return id


# A new POST gets a line here: nothing else about it has to be said to prove it.
POSTS: dict[str, Callable[[City], Post]] = {
    "/v1/reports": lambda city: Post(None, "/v1/reports", new_report(photos=2)),
    "/v1/reports/{report_id}/photos": lambda city: Post(
        CITIZEN, f"/v1/reports/{_report(city)}/photos", {"count": 2}
    ),
    "/v1/reports/{report_id}/status": lambda city: Post(
        CLERK, f"/v1/reports/{_report(city)}/status", {"status": "acknowledged"}
    ),
    "/v1/reports/{report_id}/assignee": lambda city: Post(
        CLERK, f"/v1/reports/{_report(city)}/assignee", {"assignee": "juru-tulis"}
    ),
    "/v1/reports/{report_id}/notes": lambda city: Post(
        CLERK, f"/v1/reports/{_report(city)}/notes", {"text": "Menunggu alat."}
    ),
    "/v1/agency/reports/status": lambda city: Post(
        CLERK,
        "/v1/agency/reports/status",
        {"items": [{"id": _report(city), "status": "acknowledged"}, {"id": "x", "status": "y"}]},
    ),
    "/v1/admin/agencies/{id}/status-map/check": lambda city: Post(
        ADMIN, "/v1/admin/agencies/dinas-jalan/status-map/check", {"status_map": {"1": "resolved"}}
    ),
    "/v1/admin/reroute": lambda city: Post(ADMIN, "/v1/admin/reroute", {}),
    "/v1/admin/areas/versions/{version}/restore": lambda city: Post(
        ADMIN, f"/v1/admin/areas/versions/{_areas_version(city)}/restore", {}
    ),
    "/v1/admin/areas/imports": lambda city: Post(ADMIN, "/v1/admin/areas/imports", {}),
    "/v1/admin/areas/imports/{id}/commit": lambda city: Post(
        ADMIN, f"/v1/admin/areas/imports/{_areas_sent(city)}/commit", {}
    ),
    "/v1/reports/{report_id}/confirmation": lambda city: Post(
        CITIZEN, f"/v1/reports/{_resolved(city)}/confirmation", {"fixed": True, "rating": 5}
    ),
    "/v1/reports/{report_id}/questions": lambda city: Post(
        CLERK, f"/v1/reports/{_report(city)}/questions", {"text": "Di sisi mana jalannya?"}
    ),
    "/v1/reports/{report_id}/answers": lambda city: Post(
        CITIZEN, f"/v1/reports/{_asked(city)}/answers", {"text": "Di depan masjid."}
    ),
    "/v1/reports/{report_id}/claim": _claimed,
    "/v1/reports/{report_id}/withdraw": lambda city: Post(
        CITIZEN, f"/v1/reports/{_report(city)}/withdraw", {"note": "Salah lihat."}
    ),
    "/v1/reports/{report_id}/merge": lambda city: Post(
        CLERK, f"/v1/reports/{_report(city)}/merge", {"duplicate_of": _report(city)}
    ),
    "/v1/reports/{report_id}/unmerge": lambda city: Post(
        CLERK, f"/v1/reports/{_merged(city)}/unmerge", {}
    ),
    "/v1/admin/moderation/photos/{report_id}/{photo_id}/redactions": lambda city: Post(
        MODERATOR,
        f"/v1/admin/moderation/photos/{_shown_photo(city)}/redactions",
        {"rectangles": [{"left": 0.1, "top": 0.1, "right": 0.5, "bottom": 0.5}]},
    ),
    "/v1/reports/{report_id}/comments": lambda city: Post(
        CITIZEN, f"/v1/reports/{_report(city)}/comments", {"text": "Masih ada."}
    ),
    "/v1/reports/{report_id}/flags": lambda city: Post(
        CITIZEN, f"/v1/reports/{_report(city)}/flags", {"reason": "spam"}
    ),
    "/v1/reports/{report_id}/comments/{comment_id}/flags": lambda city: Post(
        CITIZEN, f"/v1/reports/{_comment(city, 'comments')}/flags", {"reason": "abuse"}
    ),
    "/v1/admin/moderation/reports/{report_id}": lambda city: Post(
        MODERATOR,
        f"/v1/admin/moderation/reports/{_report(city)}",
        {"action": "hide", "reason": "spam"},
    ),
    "/v1/admin/moderation/comments/{report_id}/{comment_id}": lambda city: Post(
        MODERATOR, f"/v1/admin/moderation/comments/{_comment(city)}", {"action": "hide"}
    ),
    "/v1/admin/moderation/bans": lambda city: Post(
        MODERATOR, "/v1/admin/moderation/bans", {"report_id": _report(city)}
    ),
    "/v1/me/export": lambda city: Post(CITIZEN, "/v1/me/export", {}),
    "/v1/me/alerts": lambda city: Post(
        CITIZEN, "/v1/me/alerts", {"near": {"lat": -6.2, "lon": 106.8}, "radius_m": 500}
    ),
    "/v1/unsubscribe": lambda city: Post(
        None, f"/v1/unsubscribe?token={unsubscribe_token(new_id(now()))}", {}
    ),
    "/v1/webhooks": lambda city: Post(
        CLERK, "/v1/webhooks", {"url": "http://127.0.0.1:9/peristiwa"}
    ),
    "/v1/webhooks/{id}/ping": lambda city: Post(CLERK, f"/v1/webhooks/{_endpoint(city)}/ping", {}),
    "/v1/webhooks/{id}/rotate": lambda city: Post(
        CLERK, f"/v1/webhooks/{_endpoint(city)}/rotate", {}
    ),
    "/v1/webhooks/{id}/replay": lambda city: Post(
        CLERK, f"/v1/webhooks/{_active_endpoint(city)}/replay", _last_hour()
    ),
    "/v1/admin/keys": lambda city: Post(
        ADMIN, "/v1/admin/keys", {"name": "Pusat", "scopes": ["reports:create"]}
    ),
    "/v1/agency/keys": lambda city: Post(
        CLERK, "/v1/agency/keys", {"name": "SIM", "scopes": ["reports:write"]}
    ),
    "/v1/admin/digests": lambda city: Post(
        ADMIN, "/v1/admin/digests", {"name": "Mingguan", "period": "week"}
    ),
    "/v1/admin/imports": lambda city: Post(ADMIN, "/v1/admin/imports", {"name": "Arsip lama"}),
    "/v1/admin/digests/{id}/runs": lambda city: Post(
        ADMIN, f"/v1/admin/digests/{_digest(city)}/runs", {"period": "2026-10"}
    ),
}


def contents(cloud: Cloud) -> list[str]:
    """Every row and the length of every queue, without the memory of requests itself."""
    tables = [name for name in cloud.dynamodb.list_tables()["TableNames"] if "replays" not in name]
    rows = [
        f"{name} {json.dumps(row, sort_keys=True, default=str)}"
        for name in tables
        for row in cloud.dynamodb.scan(TableName=name)["Items"]
        # Beside its entry, the first deed of a chain also opens the chain.
        if not ("audit" in name and (row["item"]["S"] == "head" or row["chain"]["S"] == "days"))
    ]
    return sorted(rows + _queued())


def _queued() -> list[str]:
    sqs = boto3.client("sqs")
    wanted = "ApproximateNumberOfMessages"
    return [
        f"{url} message {number}"
        for url in sqs.list_queues()["QueueUrls"]
        for number in range(
            int(
                sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])["Attributes"][
                    wanted
                ]
            )
        )
    ]
