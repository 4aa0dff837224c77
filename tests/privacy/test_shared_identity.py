"""Who sent a report is known to who works on it, if they share it; to nobody else, nowhere."""

from typing import Any

from chalicelib import aws, workers
from chalicelib.clock import now
from chalicelib.events.models import Event
from chalicelib.settings import settings
from chalicelib.web import OPERATIONS
from chalicelib.webhooks import fanout
from infra.local import identity
from tests import permitted
from tests.city import (
    ADMIN,
    CITIZEN,
    MODERATOR,
    ROADS,
    WARD,
    City,
    Person,
    identity_folder,
    new_report,
    officer,
)
from tests.cloud import Cloud
from tests.events import stream
from tests.photos import worker
from tests.privacy.archive import exported
from tests.privacy.lists import lists
from tests.privacy.searching import places_of
from tests.reports.steps import moved

SUB = "akun-Zq81x"
MARKS = ("Ani-Zq81x", "zq81x@example.org", "+62812000081")
CLERK = officer(ROADS)
EVERYBODY: tuple[Person | None, ...] = (None, CITIZEN, CLERK, officer(WARD), MODERATOR, ADMIN)
KNOWING = (CLERK, MODERATOR, ADMIN)


def signed_in() -> dict[str, str]:
    name, email, phone = MARKS
    told = {
        "name": name,
        "email": email,
        "email_verified": True,
        "phone_number": phone,
        "phone_number_verified": True,
    }
    token = identity.token(identity_folder(), "citizen", None, SUB, told)
    return {"authorization": f"Bearer {token}"}


def reported(city: City, shared: bool) -> dict[str, Any]:
    """A report of somebody whose token says all of them, and what follows on it."""
    body = new_report(share_identity=shared, photos=1)
    report: dict[str, Any] = city.post("/v1/reports", body, headers=signed_in()).json
    path = f"/v1/reports/{report['id']}"
    for by, headers in ((None, signed_in()), (CITIZEN, {}), (CLERK, {})):
        said = city.post(f"{path}/comments", {"text": "Betul."}, by=by, headers=headers)
        assert said.status == 201
    assert city.post(f"{path}/flags", {"reason": "other"}, headers=signed_in()).status == 201
    moved(city, report, "acknowledged", by=CLERK, note="Kami lihat.")
    asked = city.post(f"{path}/questions", {"text": "Di mana?"}, by=CLERK)
    assert asked.status == 200, asked.body
    assert city.post(f"{path}/answers", {"text": "Di sana."}, headers=signed_in()).status == 200
    return report


def told_elsewhere(city: City) -> None:
    """Deliveries, counters and a digest of all that happened."""
    hook = city.post("/v1/webhooks", {"url": "http://127.0.0.1:9/x"}, by=CLERK)
    assert hook.status == 201
    for event in Event.scan():
        fanout.publish(event.serialize(), now())
    stream.bring_all()
    asked = {"name": "Harian", "period": "day", "formats": ["html", "csv", "json"]}
    id = city.post("/v1/admin/digests", asked, by=ADMIN).json["id"]
    day = str(now().astimezone(settings.time_zone).date())
    assert city.post(f"/v1/admin/digests/{id}/runs", {"period": day}, by=ADMIN).status == 202
    found = aws.sqs().receive_message(QueueUrl=settings.digest_queue_url)["Messages"]
    records = [worker.message(one["Body"]) for one in found]
    with permitted.as_function("run_digest"):
        assert workers.run_digest({"Records": records})["batchItemFailures"] == []


def answers(city: City, *reports: dict[str, Any]) -> dict[tuple[str, Person | None], str]:
    """What everybody reads on every route, as one text each."""
    paths = lists()
    for one in OPERATIONS:
        if one.method == "GET" and "{report_id}" in one.path:
            ids = {"comment_id": "x", "photo_id": "x"}
            paths += [one.path.format(report_id=report["id"], **ids) for report in reports]
    return {(path, by): city.get(path, by=by).body for path in paths for by in EVERYBODY}


def test_only_who_works_on_a_report_reads_who_shared_their_identity(
    city: City, cloud: Cloud
) -> None:
    shared, unshared = reported(city, True), reported(city, False)
    told_elsewhere(city)
    read = answers(city, shared, unshared)
    named = {call for call, body in read.items() if any(mark in body for mark in MARKS)}
    assert named == {(f"/v1/reports/{shared['id']}", by) for by in KNOWING}
    assert {call for call, body in read.items() if SUB in body} == set()
    archive = b"".join(exported(city, CITIZEN).values()).decode()
    assert not [mark for mark in (*MARKS, SUB) if mark in archive]
    # Of all that is stored, the contact is in this one row, and the account with its own rows.
    (place,) = places_of(cloud, *MARKS)
    assert shared["id"] in place
    stores = {place.partition(":")[0] for place in places_of(cloud, SUB)}
    assert stores <= {settings.reports_table, settings.people_table}
