"""Who leaves, leaves without a trace; what the city counts stays as it was."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clock import now
from chalicelib.events.models import Event, hour_of
from chalicelib.keys import signing_key
from chalicelib.notifications import telling, wishes
from chalicelib.notifications.waking import Pointer
from chalicelib.notifications.wishes import WishChanges
from chalicelib.open_data import publishing
from chalicelib.photos.models import photos_of
from chalicelib.privacy import erasing
from chalicelib.reports.models import Report
from chalicelib.reputation import points
from chalicelib.settings import settings
from chalicelib.stats import counters
from chalicelib.webhooks import fanout
from chalicelib.webhooks.models import Delivery, Endpoint, Try, endpoint, endpoints_of, owner_of
from tests import permitted
from tests.city import CITIZEN, COORDINATOR, NORTH, RUBBISH, City, Person, officer
from tests.city import told as told_of
from tests.cloud import Cloud
from tests.events import stream
from tests.photos import pictures, worker
from tests.privacy import archive, marks
from tests.privacy.marks import CLIENT_ID, MARK, SUB
from tests.privacy.searching import logged, places_of
from tests.reports.steps import confirm, moved

LEAVER = Person("citizen", SUB)
CLERK = officer(COORDINATOR, "juru-tulis")
EDITOR = Person("moderator", "penengah")
SECRET = pictures.SECRET.decode()
SAID = (
    *("Tumpukan", "Gang", "dekat", "Lebih", "Salah", "Belum", "Di", "Warga", "Saya", "Lihat"),
    "Disunting",
)
"""What stands before the mark in each text of the person that is kept."""
TOLD = ("submitted", "claimed_resolved", "withdrawn")
ALL = "/v1/me?confirm=erase&reports=delete"


def erase(city: City, path: str = ALL, **by: Any) -> None:
    """Order it, and let the minutes pass until it is done."""
    answer = city.call("DELETE", path, **(by or {"by": LEAVER}))
    assert answer.status == 202, answer.body
    work_off()


def work_off() -> None:
    for minute in range(1, 5):
        # As in a process that has just begun.
        signing_key.cache_clear()
        with permitted.as_function("erase_people"):
            left = erasing.work_off(now() + timedelta(minutes=minute), lambda: True).left
        if left == 0:
            return
    raise AssertionError("the erasure does not end")


def marked(city: City, by: Person | None = LEAVER, **facts: Any) -> Any:
    """A report with a mark in every text, and one photo that says a secret."""
    report = city.report(
        NORTH,
        by=by,
        category=RUBBISH,
        description=f"Tumpukan {MARK}",
        address=f"Gang {MARK}",
        answers={"sejak": 2, "patokan": f"dekat {MARK}"},
        photos=1,
        **facts,
    )
    worker.send(report["uploads"][0], pictures.laden("JPEG"))
    return report


def echoed(city: City) -> None:
    """An endpoint of the agency that answers with what it got, to every event there is."""
    asked = {"url": "http://127.0.0.1:9/gema"}
    id = city.post("/v1/webhooks", asked, by=CLERK).json["id"]
    endpoint(owner_of(COORDINATOR), id).update([Endpoint.state.set("active")])
    for event in Event.scan():
        fanout.publish(event.serialize(), now())
    for to in endpoints_of(owner_of(COORDINATOR)):
        for row in Delivery.query(f"deliveries#{to.id}"):
            if row.ping is None:
                body = Event.get(hour_of(row.event_id), row.event_id).body
                row.tries = [_echo(row.created_at, body)]
                row.save()


def _echo(at: str, body: str) -> Try:
    return Try(number=1, at=at, duration_ms=1, excerpt=body)  # type: ignore[no-untyped-call]


def figures(city: City) -> Any:
    stream.bring_all()
    return city.get(f"/v1/stats?period={now().astimezone(settings.time_zone).date()}").json[
        "figures"
    ]


def test_nothing_that_a_person_sent_is_left_anywhere(city: City, cloud: Cloud) -> None:
    assert marks.text_fields() == marks.PLANTED
    with logged() as log:
        sent = marked(city, client_id=CLIENT_ID)
        private = marked(city, private=True)
        nameless = marked(city, by=None)
        change = {"description": f"Lebih {MARK}", "address": MARK, "answers": {"sejak": 1}}
        assert city.call("PATCH", f"/v1/reports/{private['id']}", change, by=LEAVER).status == 200
        note = {"note": f"Salah {MARK}"}
        withdrawn = marked(city)
        assert city.post(f"/v1/reports/{withdrawn['id']}/withdraw", note, by=LEAVER).status == 200
        moved(city, sent, "resolved", by=CLERK)
        confirm(city, sent, False, by=LEAVER, body={"comment": f"Belum {MARK}"})
        theirs = city.report(NORTH, category=RUBBISH, answers={"sejak": 1})
        for kind in ("support", "follow"):
            path = f"/v1/reports/{theirs['id']}/{kind}"
            assert city.call("PUT", path, by=LEAVER).status == 200
        taken_part(city, sent, theirs)
        told_and_ranked(city)
        echoed(city)
        # Everything was there to be found; also the very account.
        places = " ".join(places_of(cloud, MARK, SUB, CLIENT_ID, SECRET))
        for place in ("reports", "events", "webhooks", "uploads", "alerts@", "points@", "award#"):
            assert place in places

        has_it_all(archive.exported(city, LEAVER), nameless)
        erase(city)
        erase(city, f"/v1/reports/{nameless['id']}", headers=code_of(nameless))
        assert places_of(cloud, MARK, SUB, CLIENT_ID, SECRET) == []
        assert worker.pictures() == set()
        shown = city.get(f"/v1/reports/{theirs['id']}").json
        counts = ("support_count", "follower_count", "comment_count")
        assert [shown[name] for name in counts] == [0, 0, 1]
        # What is left are counters of budgets, under keyed hashes, for another hour or two.
        rows = cloud.dynamodb.scan(TableName=settings.replays_table)["Items"]
        assert [row for row in rows if "spent" not in row] == []
    said = log.getvalue()
    assert said
    assert MARK not in said
    assert SUB not in said
    assert SECRET not in said


def has_it_all(files: dict[str, bytes], nameless: Any) -> None:
    """The archive has every text and picture of the account, and names nobody else."""
    text = b"".join(body for name, body in files.items() if name.endswith(".json")).decode()
    missing = [words for words in SAID if f"{words} {MARK}" not in text]
    assert missing == []
    account = files["account.json"].decode()
    kept = (f"{MARK}@example.org", "preferences", "alert#", "notification#", "award#", "daily")
    assert [one for one in kept if one not in account] == []
    assert len([name for name in files if name.endswith(".jpg")]) == 4
    assert pictures.laden("JPEG") in files.values()
    for foreign in (CITIZEN.sub, CLERK.sub, EDITOR.sub, nameless["id"], nameless["number"]):
        assert f'"{foreign}"' not in text


def taken_part(city: City, own: Any, theirs: Any) -> None:
    """All that a person can say beside reports; moderators have been there, too."""
    name = {"display_name": f"Warga {MARK}"}
    assert city.call("PATCH", "/v1/me", name, by=LEAVER).status == 200
    own_path, path = (f"/v1/reports/{one['id']}" for one in (own, theirs))
    assert city.post(f"{own_path}/questions", {"text": "Di mana?"}, by=CLERK).status < 300
    assert city.post(f"{own_path}/answers", {"text": f"Di {MARK}"}, by=LEAVER).status < 300
    said = city.post(f"{path}/comments", {"text": f"Saya {MARK}"}, by=LEAVER).json
    comment = f"{path}/comments/{said['comment_id']}"
    flag = {"reason": "other", "text": f"Lihat {MARK}"}
    for place, by in ((path, LEAVER), (own_path, CITIZEN), (comment, CITIZEN)):
        assert city.post(f"{place}/flags", flag, by=by).status < 300
    other = city.post(f"{path}/comments", {"text": "Sama."}, by=CITIZEN).json["comment_id"]
    assert city.post(f"{path}/comments/{other}/flags", flag, by=LEAVER).status < 300
    ids = f"{theirs['id']}/{said['comment_id']}"
    for thing, field in ((f"comments/{ids}", "text"), (f"reports/{own['id']}", "description")):
        edit = {"action": "edit", field: f"Disunting {MARK}"}
        answer = city.post(f"/v1/admin/moderation/{thing}", edit, by=EDITOR)
        assert answer.status < 300, answer.body


def told_and_ranked(city: City) -> None:
    """What is kept of who was told, wants to be told, and has points."""
    assert city.post("/v1/me/alerts", {"area": "uji"}, by=LEAVER).status == 201
    phone = {"platform": "fcm", "token": f"ponsel:{MARK}"}
    assert city.call("PUT", "/v1/me/devices", phone, by=LEAVER).status == 200
    wishes.change(SUB, WishChanges(mail="daily"), now())
    wishes.confirm(SUB, f"{MARK}@example.org")
    fixed = marked(city)
    moved(city, fixed, "resolved", by=CLERK)
    confirm(city, fixed, True, by=LEAVER)
    events = list(Event.scan(Event.report_id == fixed["id"]))
    with permitted.as_function("notify_people"):
        points.settle(fixed["id"], now())
        for event in events:
            telling.tell(Pointer(event=event.id, hour=event.hour), now())


def code_of(report: Any) -> dict[str, str]:
    return {"x-tracking-code": report["tracking_code"]}


def test_figures_stay_and_the_map_forgets(city: City, cloud: Cloud) -> None:
    one, other = marked(city), marked(city)
    moved(city, one, "resolved", by=CLERK)
    before = figures(city)
    publishing.publish(now() + timedelta(minutes=1), lambda: True)
    assert any("open-data" in place for place in places_of(cloud, one["id"]))
    erase(city)
    after = figures(city)
    assert counters.differences() == {}
    # Also where reports themselves are counted anew: figures by another clock, and open data.
    accounts = [Report.get(report["id"], "report").account() for report in (one, other)]
    assert [account["status"] for account in accounts] == ["resolved", "withdrawn"]
    publishing.publish(now() + timedelta(minutes=10), lambda: True)
    assert places_of(cloud, MARK, SUB) == []
    # What is done stays done; what was still open is as if it had been withdrawn.
    assert [before[name] for name in TOLD] == [2, 1, 0]
    assert [after[name] for name in TOLD] == [1, 1, 1]
    assert city.get("/v1/map?bbox=106.8,-6.25,106.9,-6.15&zoom=10").json["cells"] == []
    box = "/v1/reports?bbox=106.8,-6.25,106.9,-6.15"
    assert city.get(box).json["items"] == []
    for report in (one, other):
        stranger = city.get(f"/v1/reports/{report['id']}")
        clerk = city.get(f"/v1/reports/{report['id']}", by=CLERK)
        nothing = city.get("/v1/reports/01M84GZ9T5X2Q8K3V7B6N4D1JE")
        assert stranger.status == clerk.status == 404
        assert without_id(stranger) == without_id(clerk) == without_id(nothing)
        last = told_of(report["id"])[-1]
        assert last["type"] == "report.erased"
    assert city.get("/v1/me/data", by=LEAVER).json == {
        "reports": 0,
        "at_reports": {},
        "account": {},
        "erasure": None,
    }


def without_id(answer: Any) -> Any:
    return {name: value for name, value in answer.json.items() if name != "request_id"}


@pytest.mark.parametrize("how", ["unlink", "keep_text"])
def test_a_report_can_stay_without_its_person(city: City, cloud: Cloud, how: str) -> None:
    report = marked(city, share_identity=True)
    moved(city, report, "acknowledged", by=CLERK, note="Kami lihat.")
    erase(city, f"/v1/me?confirm=erase&reports={how}")
    shown = city.get(f"/v1/reports/{report['id']}", by=CLERK).json
    assert (shown["status"], shown["number"]) == ("acknowledged", report["number"])
    kept = how == "keep_text"
    assert bool(shown["description"]) == bool(shown["photos"]) == bool(shown["answers"]) == kept
    assert "Kami lihat." in city.get(f"/v1/reports/{report['id']}/updates").body
    assert places_of(cloud, SUB, SECRET) == []
    assert bool(places_of(cloud, MARK)) == bool(worker.pictures()) == kept
    assert city.get("/v1/me/reports", by=LEAVER).json["items"] == []
    assert told_of(report["id"])[-1]["type"] == "report.edited"


def test_a_photo_that_comes_too_late_is_not_kept(city: City) -> None:
    before = worker.pictures()
    late = city.report(NORTH, by=LEAVER, category=RUBBISH, answers={"sejak": 1}, photos=2)
    arrived, under_way = late["uploads"]
    message = worker.message(worker.put(arrived, pictures.laden("JPEG")))
    city.call("DELETE", f"/v1/reports/{late['id']}", by=LEAVER)
    # The worker wakes between the first cut and the rest, then after all of it.
    assert worker.work(message) == []
    work_off()
    worker.send(under_way, pictures.laden("JPEG"))
    assert worker.work(message) == []
    assert worker.pictures() == before
    assert not worker.original(arrived)
    assert not worker.original(under_way)
    assert photos_of(late["id"]) == []


def test_a_duplicate_of_what_was_erased_can_be_taken_apart(city: City) -> None:
    original = city.report(NORTH, by=LEAVER, category=RUBBISH, answers={"sejak": 1})
    report = city.report(NORTH, category=RUBBISH, answers={"sejak": 1})
    path = f"/v1/reports/{report['id']}"
    assert city.post(f"{path}/merge", {"duplicate_of": original["id"]}, by=CLERK).status == 200
    erase(city, f"/v1/reports/{original['id']}", by=LEAVER)
    assert city.post(f"{path}/unmerge", {}, by=CLERK).json["status"] == "submitted"


def test_erasing_has_to_be_meant_and_is_for_oneself(city: City) -> None:
    report = city.report()
    assert city.call("DELETE", "/v1/me", by=CITIZEN).status == 400
    assert city.call("DELETE", "/v1/me?confirm=yes", by=CITIZEN).status == 400
    stranger = city.call("DELETE", f"/v1/reports/{report['id']}", by=LEAVER)
    assert stranger.status == 403
    erase(city)
    assert city.get(f"/v1/reports/{report['id']}").status == 200
    assert Report.get(report["id"], "report").reporter == CITIZEN.sub
