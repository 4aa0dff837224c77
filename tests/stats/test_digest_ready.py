"""A new revision is told to the webhooks that chose it; runs at once never make the same one."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.agencies import directory
from chalicelib.clock import first_id, moment, new_id, now, text
from chalicelib.events import log, models
from chalicelib.events.models import DIGEST_READY, Event
from chalicelib.settings import settings
from chalicelib.stats import planning
from chalicelib.stats.models import Digest, Revision, find
from chalicelib.webhooks import delivery, fanout, reconciling, sealing, signature
from chalicelib.webhooks.models import Delivery, Endpoint, add, owner_of
from chalicelib.webhooks.outbound import Answer
from tests import permitted
from tests.city import ADMIN, KENANGA, ROAD, ROADS, WARD, City
from tests.events.stream import bring_all
from tests.stats.test_digests import MONTH, digest, files, ran, work

SECRET = signature.new_secret()


def endpoint(agency: str | None = None, *types: str, **facts: Any) -> Endpoint:
    id = new_id(now())
    row = Endpoint(
        owner=owner_of(agency),
        item=f"endpoint#{id}",
        id=id,
        agency=agency,
        url="https://receiver.example/",
        event_types=list(types),
        secrets=[sealing.sealed(SECRET, id)],
        created_at=text(now()),
        created_by="admin",
        **{"state": "active", "active_from": "0", **facts},
    )
    add(row)
    return row


def told() -> list[Event]:
    return [event for event in Event.scan() if event.type == DIGEST_READY]


def brought(event: Event) -> None:
    key = {"hour": {"S": event.hour}, "id": {"S": event.id}}
    found = aws.dynamodb().get_item(TableName=settings.events_table, Key=key)
    fanout.publish(found["Item"], now())


def test_a_new_revision_goes_signed_to_the_webhooks_that_chose_it(city: City) -> None:
    chosen, everything = endpoint(None, DIGEST_READY), endpoint()
    of_agency, of_other = endpoint(ROADS, DIGEST_READY), endpoint(WARD, DIGEST_READY)
    elsewhere = endpoint(None, DIGEST_READY, areas=["melati"])
    city.report(KENANGA)
    id = digest(city, filters={"agency": ROADS}, formats=["html", "pdf"])
    run = ran(city, id)
    # Neither a run that finds nothing new nor one that is ordered twice tells anything.
    ran(city, id)
    assert work(id, run["id"]) == []
    (event,) = told()
    brought(event)
    got = {row.endpoint_id for row in Delivery.scan(Delivery.item == event.id)}
    assert got == {chosen.id, of_agency.id}
    assert not got & {everything.id, of_other.id, elsewhere.id}
    sent: list[tuple[bytes, dict[str, str]]] = []

    def post(url: str, body: bytes, headers: dict[str, str], **_: Any) -> Answer:
        sent.append((body, headers))
        return Answer(204, "", 1, None)

    pointer = json.dumps({"owner": f"deliveries#{chosen.id}", "item": event.id})
    with permitted.as_function("deliver_webhook"):
        delivery.deliver(pointer, now(), post)
    ((body, headers),) = sent
    at = int(headers["webhook-timestamp"])
    assert headers == headers | signature.headers([SECRET], event.id, at, body)
    data = json.loads(body)["data"]
    assert (data["run_id"], data["revision"], data["period"]) == (run["id"], 1, MONTH)
    assert data["scope"] == {"area": None, "agency": ROADS, "category": None}
    assert data["figures"] == run["figures"]
    assert data["figures"]["submitted"] == 1
    assert sorted(data["files"]) == ["html", "pdf"]
    assert all("X-Amz-Signature=" in link for link in data["files"].values())
    assert data["url"].endswith(f"/v1/admin/digests/{id}/runs/{run['id']}")


def test_who_was_away_gets_it_later_and_readers_of_reports_never(city: City) -> None:
    to = endpoint(None, DIGEST_READY)
    city.report()
    ran(city, digest(city))
    (event,) = told()
    later = moment(text(now())) + reconciling.LAG * 2
    assert reconciling.reconcile(later).missing == 1
    assert Delivery.get(f"deliveries#{to.id}", event.id).state == "pending"
    bring_all()
    first, last = first_id(now() - reconciling.LAG), first_id(later)
    assert [one.type for one in log.between(first, last)] == ["report.created", DIGEST_READY]
    read = log.read(first, last, 10, None, set()).events
    assert [one.type for one in read] == ["report.created"]
    assert [envelope.type for _, envelope in models.everything()] == ["report.created"]


@pytest.mark.parametrize("reports", [1, 2])
def test_of_runs_at_once_each_revision_has_one(city: City, reports: int) -> None:
    city.report()
    id = digest(city, formats=["json"])
    bring_all()
    runs = [planning.plan(find(id), MONTH, f"run-{one}", now()).id for one in range(6)]
    with ThreadPoolExecutor(6) as pool:
        done = pool.map(lambda run: work(id, run), runs[:3])
        if reports == 2:
            city.report()
            bring_all()
        failures = [*done, *pool.map(lambda run: work(id, run), runs[3:])]
    assert failures == [[]] * 6
    shown = [city.get(f"/v1/admin/digests/{id}/runs/{run}", by=ADMIN).json for run in runs]
    assert {one["state"] for one in shown} == {"done"}
    numbers = [int(row.number) for row in Revision.query(f"revisions#{id}")]
    assert numbers == list(range(1, max(numbers) + 1))
    assert len(told()) == len(numbers)
    assert reports == 2 or numbers == [1]
    contents = {(one["revision"], files(one)["json"]) for one in shown}
    assert sorted(number for number, _ in contents) == sorted({one["revision"] for one in shown})


def test_a_run_whose_digest_was_deleted_fails_without_alarm(city: City) -> None:
    id = digest(city)
    run = planning.plan(find(id), MONTH, "run-1", now())
    Digest("digests", id).delete()
    assert work(id, run.id) == []
    assert told() == []


def test_what_was_deleted_from_the_directory_keeps_its_figures(city: City) -> None:
    city.report()
    id = digest(city, filters={"category": ROAD})
    directory.remove("category", ROAD)
    run = ran(city, id)
    assert run["figures"]["submitted"] == 1
    published = json.loads(files(run)["json"])
    assert [one["name"] for one in published["by_category"]] == [ROAD]
